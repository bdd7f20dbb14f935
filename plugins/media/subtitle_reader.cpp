#include "media/subtitle_reader.h"

#include "media/subtitle_text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {

namespace {

constexpr double kMpegPeriod = double(1LL << 33) / 90'000;
constexpr qint64 kMostBytes = 32 << 20;
constexpr std::size_t kRemembered = 256;
constexpr qsizetype kMostNotices = 20;
/// How often a segment that should have come by now is looked for, in seconds of the file.
constexpr double kLookAgain = 0.25;
constexpr double kForever = std::numeric_limits<double>::infinity();

const DomainPlace* placeOf(const DomainPlaces& places, int domain)
{
    // A subtitle playlist may count its discontinuities otherwise.
    auto after = places.upper_bound(domain);
    return after == places.begin() ? nullptr : &std::prev(after)->second;
}

double onPlaylist(const DomainPlace& place, double seconds) { return place.fileStart + seconds - place.playlistStart; }

} // namespace

SubtitleReader::SubtitleReader(const Spool& spool, int track, bool flat) : spool_(spool), track_(track), flat_(flat) {}

Result<void> SubtitleReader::take(const SpoolEntry& entry, const DomainPlaces& places)
{
    ++index_;
    const DomainPlace* found = placeOf(places, entry.discontinuity);
    const DomainPlace place = found ? *found : places.empty() ? DomainPlace{} : places.begin()->second;
    known_ = std::max(known_, onPlaylist(place, entry.end()));
    if (entry.kind != SpoolEntry::Kind::Media || entry.size == 0)
        return {};
    const auto note = [this, &entry](const QString& what) {
        if (notices_.size() < kMostNotices)
            notices_.append(QStringLiteral("track %1: subtitle segment %2: %3").arg(track_).arg(entry.number).arg(what));
    };
    if (entry.size > kMostBytes) {
        note(QStringLiteral("left out, it has %1 bytes").arg(entry.size));
        return {};
    }
    QByteArray bytes(entry.size, Qt::Uninitialized), init;
    if (auto ok = spool_.read(track_, entry.offset, {bytes.data(), std::size_t(bytes.size())}); !ok)
        return ok;
    if (const auto header = spool_.entryNow(track_, entry.init); header && header->size <= kMostBytes) {
        init.resize(header->size);
        if (auto ok = spool_.read(track_, header->offset, {init.data(), std::size_t(init.size())}); !ok)
            return ok;
    }
    auto text = subtitleText(entry.packing, init, bytes);
    if (!text) {
        note(text.error().detail);
        return {};
    }
    double shift = 0;
    if (text->map) {
        const double media = text->map->mpegts + kMpegPeriod * std::round((place.reference - text->map->mpegts) / kMpegPeriod);
        shift = media - text->map->local + place.offset;
    } else if (entry.timeShift) {
        shift = *entry.timeShift + place.offset;
    } else if (entry.packing == Packing::Fmp4) {
        shift = place.offset;
    } else {
        shift = place.fileStart - place.playlistStart;
    }
    std::stable_sort(text->cues.begin(), text->cues.end(), [](const Cue& a, const Cue& b) { return a.start < b.start; });
    for (Cue& cue : text->cues) {
        cue.start = std::max(cue.start + shift, 0.0);
        cue.end += shift;
        if (cue.end > cue.start)
            add(std::move(cue));
    }
    return {};
}

void SubtitleReader::add(Cue cue)
{
    const auto same = [&cue](const Cue& other) {
        return std::abs(other.start - cue.start) < 0.002 && std::abs(other.end - cue.end) < 0.002 && other.text == cue.text;
    };
    if (std::any_of(recent_.begin(), recent_.end(), same))
        return;
    recent_.push_back(cue);
    if (recent_.size() > kRemembered)
        recent_.pop_front();
    ++read_;
    if (flat_) {
        cue.text = plainText(cue.text);
        flattener_.add(std::move(cue));
        return;
    }
    const auto later = [](double start, const Cue& other) { return start < other.start; };
    waiting_.insert(std::upper_bound(waiting_.begin(), waiting_.end(), cue.start, later), std::move(cue));
}

Result<std::vector<Cue>> SubtitleReader::collect(double fileTime, const DomainPlaces& places)
{
    nextLook_ = fileTime + kLookAgain;
    for (;;) {
        const auto entry = spool_.entryNow(track_, index_);
        if (!entry)
            break;
        const DomainPlace* place = placeOf(places, entry->discontinuity);
        const double begins = place ? onPlaylist(*place, entry->start) : fileTime;
        if (begins > fileTime) {
            nextLook_ = std::min(nextLook_, begins);
            break;
        }
        if (auto ok = take(*entry, places); !ok)
            return failure(ok.error());
    }
    if (flat_)
        for (Cue& moment : flattener_.flatten(known_))
            waiting_.push_back(std::move(moment));
    std::vector<Cue> cues;
    for (; !waiting_.empty() && waiting_.front().start <= fileTime; waiting_.pop_front())
        cues.push_back(std::move(waiting_.front()));
    if (!waiting_.empty())
        nextLook_ = std::min(nextLook_, waiting_.front().start);
    return cues;
}

Result<std::vector<Cue>> SubtitleReader::drain(const DomainPlaces& places, std::stop_token stop)
{
    for (;;) {
        const auto entry = spool_.entry(track_, index_, stop);
        if (!entry)
            return failure(entry.error());
        if (!*entry)
            break;
        if (auto ok = take(**entry, places); !ok)
            return failure(ok.error());
    }
    known_ = kForever;
    return collect(kForever, places);
}

} // namespace weir
