#include "media/verify_media.h"

#include "media/sniff.h"

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr qint64 kAtOnce = 1 << 20;
/// Playlists round durations, to whole seconds at worst.
constexpr double kLeastShare = 0.7, kSlackSeconds = 2;
constexpr double kDurationSlack = 0.5;

const char* nameOf(TrackType type)
{
    switch (type) {
    case TrackType::Video: return "video";
    case TrackType::Audio: return "audio";
    case TrackType::Subtitles: return "subtitle";
    }
    return "";
}

/// What is known of one track while its segments are counted.
class TrackCount {
public:
    TrackCount(const Spool& spool, int track, const RemuxTrack& facts) : spool_(spool), track_(track), facts_(facts) {}

    Result<void> add(const SpoolEntry& entry)
    {
        if (entry.kind == SpoolEntry::Kind::Gap) {
            gaps += entry.duration;
            return {};
        }
        if (entry.kind == SpoolEntry::Kind::Media)
            seconds += entry.duration;
        switch (entry.packing) {
        case Packing::Fmp4: return mp4_.add(bytesOf(entry), entry.size);
        case Packing::Matroska: return matroska_.add(bytesOf(entry), entry.size);
        case Packing::PackedAudio: return addPackedAudio(entry);
        case Packing::MpegTs: break;
        default: return {};
        }
        if (entry.kind == SpoolEntry::Kind::Media && last_
            && (entry.discontinuity != last_->discontinuity || entry.init != last_->init))
            ts_.restart();
        if (entry.kind == SpoolEntry::Kind::Media)
            last_ = entry;
        return stream(entry, 0, [this](QByteArrayView bytes) { ts_.add(bytes); });
    }

    PacketCounts wanted() const
    {
        PacketCounts all = mp4_.counts();
        all.add(matroska_.counts());
        all.add(ts_.counts());
        all.add(TrackType::Audio, packedFrames_);
        PacketCounts wanted;
        if (facts_.type == TrackType::Video)
            wanted.of(TrackType::Video) = all.of(TrackType::Video);
        if (facts_.type == TrackType::Audio || facts_.withSound)
            wanted.of(TrackType::Audio) = all.of(TrackType::Audio);
        return wanted;
    }

    double seconds = 0, gaps = 0;
    qsizetype next = 0; ///< entry

private:
    ByteSource bytesOf(const SpoolEntry& entry) const
    {
        return [this, entry](qint64 offset, qint64 size) -> Result<QByteArray> {
            QByteArray bytes(std::clamp<qint64>(size, 0, entry.size - offset), Qt::Uninitialized);
            if (auto ok = spool_.read(track_, entry.offset + offset, {bytes.data(), std::size_t(bytes.size())}); !ok)
                return failure(ok.error());
            return bytes;
        };
    }

    template <class Use> Result<void> stream(const SpoolEntry& entry, qint64 from, Use use)
    {
        for (qint64 at = from; at < entry.size; at += buffer_.size()) {
            buffer_.resize(std::min(kAtOnce, entry.size - at));
            if (auto ok = spool_.read(track_, entry.offset + at, {buffer_.data(), std::size_t(buffer_.size())}); !ok)
                return ok;
            use(QByteArrayView(buffer_));
        }
        return {};
    }

    Result<void> addPackedAudio(const SpoolEntry& entry)
    {
        qint64 begin = 0;
        const char* format = nullptr;
        for (int tags = 0; tags < 8; ++tags) {
            const auto first = bytesOf(entry)(begin, std::min<qint64>(kSniffBytes, entry.size - begin));
            if (!first)
                return failure(first.error());
            const qint64 tag = id3Size(*first);
            format = tag == 0 ? packedAudioFormat(*first) : nullptr;
            if (tag == 0 || tag >= entry.size - begin)
                break;
            begin += tag;
        }
        const QByteArrayView name(format);
        if (name.isEmpty())
            return {};
        AudioFrameCounter counter(name == "aac" ? AudioFrames::Adts
                : name == "mp3"                 ? AudioFrames::Mpeg
                : name == "eac3"                ? AudioFrames::Eac3
                                                : AudioFrames::Ac3);
        auto ok = stream(entry, begin, [&counter](QByteArrayView bytes) { counter.add(bytes); });
        packedFrames_ += counter.frames();
        return ok;
    }

    const Spool& spool_;
    const int track_;
    const RemuxTrack& facts_;
    Mp4Counter mp4_;
    MatroskaCounter matroska_;
    TsCounter ts_;
    std::optional<SpoolEntry> last_;
    qint64 packedFrames_ = 0;
    QByteArray buffer_;
};

} // namespace

Result<SourceCount> countSource(const Spool& spool, const RemuxPlan& plan, std::stop_token stop)
{
    if (int(plan.tracks.size()) != spool.tracks())
        return failure(Code::Internal,
            QStringLiteral("a count of %1 tracks in a spool of %2").arg(plan.tracks.size()).arg(spool.tracks()));
    std::vector<TrackCount> tracks;
    for (int i = 0; i < spool.tracks(); ++i)
        tracks.emplace_back(spool, i, plan.tracks[std::size_t(i)]);
    for (int waitFor = 0; waitFor < int(tracks.size());) {
        for (int i = 0; i < int(tracks.size()); ++i) {
            TrackCount& track = tracks[std::size_t(i)];
            while (const auto entry = spool.entryNow(i, track.next)) {
                if (stop.stop_requested())
                    return failure(Code::Cancelled);
                if (plan.tracks[std::size_t(i)].type != TrackType::Subtitles)
                    if (auto ok = track.add(*entry); !ok)
                        return failure(ok.error());
                ++track.next;
            }
        }
        const auto more = spool.entry(waitFor, tracks[std::size_t(waitFor)].next, stop);
        if (!more)
            return failure(more.error());
        if (!*more)
            ++waitFor;
    }
    SourceCount count;
    for (const TrackCount& track : tracks) {
        count.wanted.add(track.wanted());
        count.seconds = std::max(count.seconds, track.seconds);
        count.gaps = std::max(count.gaps, track.gaps);
    }
    return count;
}

Result<FileCount> countFile(const OutputFile& file, Container container)
{
    const qint64 size = std::max<qint64>(file.size(), 0);
    const ByteSource bytes = [&](qint64 offset, qint64 length) {
        return file.read({offset, std::min(offset + std::max<qint64>(length, 0), size)});
    };
    if (container == Container::Mkv) {
        MatroskaCounter counter;
        if (auto ok = counter.add(bytes, size); !ok)
            return failure(ok.error());
        return FileCount{counter.counts(), 0};
    }
    if (container != Container::Ts) {
        Mp4Counter counter;
        if (auto ok = counter.add(bytes, size); !ok)
            return failure(ok.error());
        return FileCount{counter.counts(), counter.duration()};
    }
    TsCounter counter;
    for (qint64 at = 0; at < size; at += kAtOnce) {
        const auto block = bytes(at, kAtOnce);
        if (!block)
            return failure(block.error());
        counter.add(*block);
    }
    return FileCount{counter.counts(), 0};
}

Result<MediaCheck> compareMedia(const SourceCount& source, const RemuxReport& report, std::span<const FileCount> files)
{
    MediaCheck check{.expected = source.wanted, .playlistSeconds = source.seconds};
    QStringList wrong;
    for (std::size_t i = 0; i < files.size(); ++i) {
        check.found.add(files[i].packets);
        const double duration = i < report.parts.size() ? report.parts[i].duration : 0;
        check.fileSeconds += duration;
        if (files[i].duration > 0 && files[i].duration < duration - kDurationSlack)
            wrong.append(QStringLiteral("part %1 says that it lasts %2 s of %3")
                             .arg(i)
                             .arg(files[i].duration, 0, 'f', 2)
                             .arg(duration, 0, 'f', 2));
    }
    for (const TrackType type : {TrackType::Video, TrackType::Audio}) {
        qint64 read = 0;
        for (const auto& stream : report.streams)
            if (stream.type == (type == TrackType::Video ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO))
                read += stream.packetsRead;
        // What only a demuxer can count is at least what it did count.
        const qint64 expected = std::max(check.expected.of(type), read), found = check.found.of(type);
        if (found != PacketCounts::kUncounted && found < expected)
            wrong.append(QStringLiteral("%1 of %2 %3 packets").arg(found).arg(expected).arg(QString::fromLatin1(nameOf(type))));
    }
    if (check.fileSeconds < source.seconds * kLeastShare - kSlackSeconds)
        wrong.append(QStringLiteral("%1 of %2 seconds").arg(check.fileSeconds, 0, 'f', 1).arg(source.seconds, 0, 'f', 1));
    if (!wrong.isEmpty())
        return failure(Code::MediaIncomplete, QStringLiteral("there are only ") + wrong.join(QStringLiteral(", ")));
    return check;
}

Result<MediaCheck> verifyMedia(const SourceCount& source, const RemuxReport& report, std::span<OutputFile* const> files)
{
    std::vector<FileCount> counts;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto count = countFile(*files[i], i < report.parts.size() ? report.parts[i].container : Container::Mp4);
        if (!count)
            return failure(count.error());
        counts.push_back(*count);
    }
    return compareMedia(source, report, counts);
}

} // namespace weir
