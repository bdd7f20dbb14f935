#include "media/webvtt.h"

#include <QList>

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr qsizetype kMaxCues = 200'000;
constexpr qsizetype kMaxCueText = 64 * 1024;
constexpr double kMostHours = 100'000;

/// Takes lines off the front; CR, LF and CRLF all end one.
class Lines {
public:
    explicit Lines(QByteArrayView text) : rest_(text) {}
    bool atEnd() const { return rest_.isEmpty(); }
    QByteArrayView next()
    {
        qsizetype end = 0;
        while (end < rest_.size() && rest_[end] != '\n' && rest_[end] != '\r')
            ++end;
        const QByteArrayView line = rest_.first(end);
        if (end < rest_.size())
            end += rest_.sliced(end).startsWith("\r\n") ? 2 : 1;
        rest_ = rest_.sliced(end);
        return line;
    }

private:
    QByteArrayView rest_;
};

std::optional<qint64> digits(QByteArrayView text, qsizetype most)
{
    if (text.isEmpty() || text.size() > most)
        return std::nullopt;
    qint64 value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9')
            return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// "01:02:03.004" or "02:03.004"; some write a comma.
std::optional<double> timestamp(QByteArrayView text)
{
    qsizetype point = text.lastIndexOf('.');
    if (point < 0)
        point = text.lastIndexOf(',');
    if (point < 0)
        return std::nullopt;
    const auto fraction = digits(text.sliced(point + 1), 9);
    const auto colon = text.first(point).lastIndexOf(':');
    if (!fraction || colon < 0)
        return std::nullopt;
    const auto seconds = digits(text.sliced(colon + 1, point - colon - 1), 2);
    QByteArrayView front = text.first(colon);
    qint64 hours = 0;
    if (const qsizetype other = front.indexOf(':'); other >= 0) {
        hours = digits(front.first(other), 6).value_or(-1);
        front = front.sliced(other + 1);
    }
    const auto minutes = digits(front, 2);
    if (!seconds || !minutes || hours < 0 || double(hours) > kMostHours || *minutes > 59 || *seconds > 59)
        return std::nullopt;
    return double(hours) * 3600 + double(*minutes) * 60 + double(*seconds)
        + double(*fraction) / std::pow(10, double(text.size() - point - 1));
}

/// "X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000", in either order.
std::optional<WebVtt::Map> timestampMap(QByteArrayView line)
{
    constexpr QByteArrayView kName("X-TIMESTAMP-MAP=");
    if (!line.startsWith(kName))
        return std::nullopt;
    std::optional<qint64> mpegts;
    std::optional<double> local;
    for (const QByteArray& part : line.sliced(kName.size()).toByteArray().split(',')) {
        const QByteArray field = part.trimmed();
        if (field.startsWith("MPEGTS:"))
            mpegts = digits(QByteArrayView(field).sliced(7).trimmed(), 18);
        else if (field.startsWith("LOCAL:"))
            local = timestamp(QByteArrayView(field).sliced(6).trimmed());
    }
    if (!mpegts || !local)
        return std::nullopt;
    return WebVtt::Map{double(*mpegts & 0x1'ffff'ffffLL) / 90'000, *local};
}

/// The line with the arrow; unset: not one, or nonsense.
std::optional<Cue> timing(QByteArrayView line)
{
    const qsizetype arrow = line.indexOf("-->");
    if (arrow < 0)
        return std::nullopt;
    const QByteArrayView after = line.sliced(arrow + 3).trimmed();
    qsizetype blank = 0;
    while (blank < after.size() && after[blank] != ' ' && after[blank] != '\t')
        ++blank;
    const auto start = timestamp(line.first(arrow).trimmed());
    const auto end = timestamp(after.first(blank));
    if (!start || !end || *end <= *start)
        return std::nullopt;
    return Cue{*start, *end, {}, after.sliced(blank).trimmed().toByteArray(), {}};
}

QByteArray cueText(Lines& lines)
{
    QByteArray text;
    while (!lines.atEnd()) {
        const QByteArrayView line = lines.next();
        if (line.isEmpty())
            break;
        if (text.size() + line.size() < kMaxCueText) {
            if (!text.isEmpty())
                text += '\n';
            text += line;
        }
    }
    text.replace('\0', "\xef\xbf\xbd");
    return text;
}

void appendTime(QByteArray& to, double seconds)
{
    const qint64 ms = std::llround(std::clamp(seconds, 0.0, kMostHours * 3600) * 1000);
    const auto two = [](qint64 number) { return QByteArray::number(number).rightJustified(2, '0'); };
    to += two(ms / 3'600'000) + ':' + two(ms / 60'000 % 60) + ':' + two(ms / 1000 % 60) + '.'
        + QByteArray::number(ms % 1000).rightJustified(3, '0');
}

} // namespace

Result<WebVtt> parseWebVtt(QByteArrayView text)
{
    if (text.startsWith("\xef\xbb\xbf"))
        text = text.sliced(3);
    Lines lines(text);
    const QByteArrayView first = lines.next();
    if (!first.startsWith("WEBVTT") || (first.size() > 6 && first[6] != ' ' && first[6] != '\t'))
        return failure(Code::SegmentDamaged, QStringLiteral("line 1: this is not WebVTT"));

    WebVtt vtt;
    bool header = true;
    while (!lines.atEnd() && qsizetype(vtt.cues.size()) < kMaxCues) {
        QByteArrayView line = lines.next();
        if (header) {
            if (!vtt.map)
                vtt.map = timestampMap(line);
            // Some writers forget the empty line behind the header.
            header = !line.isEmpty() && !line.contains("-->");
            if (header || line.isEmpty())
                continue;
        }
        if (line.isEmpty())
            continue;
        QByteArray id;
        auto cue = timing(line);
        if (!cue && !line.contains("-->")) {
            const bool block = line.startsWith("NOTE") || line == "STYLE" || line == "REGION";
            id = line.toByteArray();
            line = lines.next();
            cue = block ? std::nullopt : timing(line);
            if (!cue) {
                if (!line.isEmpty())
                    cueText(lines); // a comment, a style sheet, or something broken: up to the next empty line
                continue;
            }
        }
        QByteArray body = cueText(lines);
        if (!cue || body.isEmpty())
            continue;
        cue->id = id;
        cue->text = body;
        vtt.cues.push_back(std::move(*cue));
    }
    return vtt;
}

QByteArray webVttHeader() { return QByteArrayLiteral("WEBVTT\n\n"); }

QByteArray toWebVtt(const Cue& cue)
{
    QByteArray out;
    if (!cue.id.isEmpty())
        out += cue.id + '\n';
    appendTime(out, cue.start);
    out += " --> ";
    appendTime(out, cue.end);
    if (!cue.settings.isEmpty())
        out += ' ' + cue.settings;
    return out + '\n' + cue.text + "\n\n";
}

QByteArray plainText(QByteArrayView cueText)
{
    static constexpr struct {
        const char* name;
        const char* text;
    } kEntities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&nbsp;", "\xc2\xa0"}, {"&lrm;", "\xe2\x80\x8e"},
        {"&rlm;", "\xe2\x80\x8f"}, {"&quot;", "\""}, {"&#39;", "'"}};
    QByteArray out;
    out.reserve(cueText.size());
    for (qsizetype i = 0; i < cueText.size(); ++i) {
        if (cueText[i] == '<') {
            const qsizetype end = cueText.indexOf('>', i);
            if (end < 0)
                break;
            i = end;
            continue;
        }
        bool found = false;
        if (cueText[i] == '&')
            for (const auto& entity : kEntities)
                if (cueText.sliced(i).startsWith(entity.name)) {
                    out += entity.text;
                    i += qsizetype(qstrlen(entity.name)) - 1;
                    found = true;
                    break;
                }
        if (!found)
            out += cueText[i];
    }
    return out;
}

void CueFlattener::add(Cue cue)
{
    const auto later = [](double start, const Cue& other) { return start < other.start; };
    coming_.insert(std::upper_bound(coming_.begin(), coming_.end(), cue.start, later), std::move(cue));
}

std::vector<Cue> CueFlattener::flatten(double until)
{
    std::vector<Cue> moments;
    for (;;) {
        if (shown_.empty()) {
            if (coming_.empty() || coming_.front().start >= until)
                return moments;
            at_ = std::max(at_, coming_.front().start);
        }
        for (; !coming_.empty() && coming_.front().start <= at_; coming_.pop_front())
            if (coming_.front().end > at_ && shown_.size() < kMostAtOnce)
                shown_.push_back(std::move(coming_.front()));
        if (at_ >= until)
            return moments;
        if (shown_.empty())
            continue;
        Cue moment{.start = at_, .end = shown_.front().end};
        if (!coming_.empty())
            moment.end = std::min(moment.end, coming_.front().start);
        for (const Cue& cue : shown_) {
            moment.end = std::min(moment.end, cue.end);
            moment.text += moment.text.isEmpty() ? cue.text : '\n' + cue.text;
        }
        if (moment.end > until)
            return moments;
        at_ = moment.end;
        std::erase_if(shown_, [this](const Cue& cue) { return cue.end <= at_; });
        moments.push_back(std::move(moment));
    }
}

} // namespace weir
