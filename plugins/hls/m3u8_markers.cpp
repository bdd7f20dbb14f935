#include "hls/m3u8_markers.h"

#include "hls/stream_text.h"

#include <QRegularExpression>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMaxDateRanges = 20'000;
constexpr std::size_t kMaxBreaks = 20'000;
constexpr qsizetype kMaxText = 4096, kMaxTitle = 200;

tl::unexpected<Error> bad(const char* reason) { return failure(Code::BadPlaylist, QString::fromLatin1(reason)); }

double secondsBetween(M3u8Markers::WallClock from, M3u8Markers::WallClock to)
{
    return std::chrono::duration<double>(to - from).count();
}

/// How long a break still lasts: "30", "DURATION=30", "10/30", "ElapsedTime=10,Duration=30"; -1: not said.
double remainingOf(QByteArrayView value)
{
    if (const qsizetype slash = value.indexOf('/'); slash > 0 && !value.contains('=')) {
        const auto elapsed = parseDecimal(value.first(slash)), whole = parseDecimal(value.sliced(slash + 1));
        return elapsed && whole ? std::max(0.0, *whole - *elapsed) : -1;
    }
    if (!value.contains('='))
        return std::max(-1.0, parseDecimal(value.trimmed()).value_or(-1));
    const auto tag = Attributes::parse(value, {});
    if (!tag)
        return -1;
    const auto whole = tag->has("DURATION") ? tag->decimal("DURATION") : tag->decimal("Duration");
    return whole ? std::max(0.0, *whole - tag->decimal("ElapsedTime").value_or(0)) : -1;
}

/// "twitch-stitched-ad", "com.example.ads": a word of the class says it.
bool namesAds(const QString& kind)
{
    static const QRegularExpression word(
        QStringLiteral("(?:^|[^a-z])(?:ads?|adverts?|advertisements?)(?:[^a-z]|$)"), QRegularExpression::CaseInsensitiveOption);
    return word.match(kind).hasMatch();
}

/// Marks the segments whose middle lies in one of the stretches, which are sorted by their beginnings.
void markAds(std::vector<Segment>& segments, std::vector<std::pair<double, double>> stretches)
{
    std::sort(stretches.begin(), stretches.end());
    std::size_t next = 0;
    double until = -1;
    for (Segment& segment : segments) {
        const double middle = segment.start + segment.duration / 2;
        for (; next < stretches.size() && stretches[next].first <= middle; ++next)
            until = std::max(until, stretches[next].second);
        segment.ad = segment.ad || middle < until;
    }
}

} // namespace

Result<void> M3u8Markers::dateRange(const Attributes& tag)
{
    const QString id = tag.text("ID");
    if (id.isEmpty())
        return bad("EXT-X-DATERANGE without ID");
    qsizetype at = datedById_.value(id, -1);
    if (at < 0) {
        const auto begin = parseDateTime(tag.value("START-DATE"));
        if (!begin)
            return bad("START-DATE is not a date");
        if (dated_.size() >= kMaxDateRanges)
            return failure(Code::PlaylistTooLarge, QStringLiteral("more than %1 date ranges").arg(kMaxDateRanges));
        at = dated_.size();
        datedById_.insert(id, at);
        const QString kind = tag.text("CLASS");
        dated_.append({{.id = id, .kind = kind}, *begin, std::nullopt, namesAds(kind)});
    }
    // A second tag of the same ID adds what was not known before, mostly the end.
    Dated& dated = dated_[at];
    if (const auto end = parseDateTime(tag.value("END-DATE")))
        dated.end = *end;
    const auto duration = tag.has("DURATION") ? tag.decimal("DURATION") : tag.decimal("PLANNED-DURATION");
    if (duration && *duration >= 0 && *duration < 1e9 && (tag.has("DURATION") || dated.marker.duration < 0))
        dated.marker.duration = *duration;
    for (const char* name : {"SCTE35-OUT", "SCTE35-CMD", "X-TITLE", "X-ASSET-URI", "X-AD-URL"})
        if (tag.has(name) && dated.marker.text.isEmpty())
            dated.marker.text = tag.text(name).left(kMaxText);
    if (tag.has("X-TITLE"))
        dated.marker.title = tag.text("X-TITLE").left(kMaxTitle);
    dated.inserted = dated.inserted || tag.has("SCTE35-OUT");
    return {};
}

void M3u8Markers::cue(QByteArrayView name, QByteArrayView value, double position, std::size_t segment)
{
    const bool open = !breaks_.empty() && breaks_.back().end < 0;
    const bool lasts = !breaks_.empty() && breaks_.back().end > position;
    if (name == "EXT-X-CUE-IN") {
        if (open || lasts)
            breaks_.back().end = position;
        else if (breaks_.empty())
            // Its beginning has left the window.
            breaks_.push_back({-1, position, 0, {}, false});
        return;
    }
    if ((name == "EXT-X-CUE-OUT-CONT" && (open || lasts)) || breaks_.size() >= kMaxBreaks)
        return;
    if (open)
        breaks_.back().end = position;
    const double remaining = remainingOf(value);
    breaks_.push_back({position, remaining < 0 ? -1 : position + remaining, segment,
        QString::fromUtf8(value.first(std::min(value.size(), kMaxText))), name == "EXT-X-CUE-OUT"});
}

void M3u8Markers::scte35(const Attributes& tag, double position, std::size_t segment)
{
    const QByteArray out = tag.value("CUE-OUT");
    if (tag.yes("CUE-IN"))
        return cue("EXT-X-CUE-IN", {}, position, segment);
    if (out != "YES" && out != "CONT")
        return;
    const double whole = tag.decimal("DURATION").value_or(-1), elapsed = tag.decimal("ELAPSED").value_or(0);
    const QByteArray left = whole >= 0 ? QByteArray::number(std::max(0.0, whole - elapsed), 'f', 3) : QByteArray();
    cue(out == "YES" ? "EXT-X-CUE-OUT" : "EXT-X-CUE-OUT-CONT", left, position, segment);
}

void M3u8Markers::anchor(WallClock date, double position) { anchors_.emplace_back(date, position); }

std::optional<double> M3u8Markers::positionOf(WallClock date) const
{
    if (anchors_.empty())
        return std::nullopt;
    auto after = std::upper_bound(
        anchors_.begin(), anchors_.end(), date, [](WallClock left, const auto& right) { return left < right.first; });
    const auto& nearest = after == anchors_.begin() ? *after : *std::prev(after);
    return nearest.second + secondsBetween(nearest.first, date);
}

std::vector<Marker> M3u8Markers::finish(std::vector<Segment>& segments, double end)
{
    std::stable_sort(
        anchors_.begin(), anchors_.end(), [](const auto& left, const auto& right) { return left.first < right.first; });
    std::vector<Marker> markers;
    std::vector<std::pair<double, double>> ads;
    for (Dated& dated : dated_) {
        const auto begin = positionOf(dated.begin);
        if (!begin)
            continue;
        dated.marker.start = *begin;
        if (dated.end)
            dated.marker.duration = std::max(0.0, secondsBetween(dated.begin, *dated.end));
        dated.marker.ad = dated.inserted;
        if (dated.inserted && dated.marker.duration >= 0)
            ads.emplace_back(*begin, *begin + dated.marker.duration);
        markers.push_back(dated.marker);
    }
    for (const Break& each : breaks_) {
        ads.emplace_back(each.begin, each.end < 0 ? end + 1 : each.end);
        if (each.announced && each.segment < segments.size())
            markers.push_back({QStringLiteral("cue %1").arg(segments[each.segment].number), QStringLiteral("CUE-OUT"),
                each.begin, each.end < 0 ? -1 : each.end - each.begin, each.text, true, {}});
        else if (each.begin < 0)
            markers.push_back({{}, QStringLiteral("CUE-IN"), each.end, 0, {}, false, {}});
    }
    markAds(segments, std::move(ads));
    return markers;
}

} // namespace weir
