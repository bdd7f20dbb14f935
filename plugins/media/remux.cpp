#include "media/remux.h"

#include "media/domain_place.h"
#include "media/part_writer.h"
#include "media/subtitle_reader.h"
#include "media/track_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace weir {

namespace {

constexpr const char* kOtherCodec = "another codec";
constexpr int kQuiet = AV_LOG_FATAL; // libav's own log goes to stderr, where nobody listens

/// Subtitles beside the media.
struct SideFile {
    OutputFile* file = nullptr;
    qint64 size = 0;

    Result<void> append(const QByteArray& text)
    {
        if (const qint64 known = file->size(); known >= 0 && size + text.size() > known)
            if (auto ok = file->setSize(size + text.size()); !ok)
                return ok;
        auto ok = file->write(size, {text.constData(), std::size_t(text.size())});
        size += text.size();
        return ok;
    }
};

/// One merge of all tracks. Every domain begins when all tracks have come to the last one's end.
class Merge {
public:
    Merge(const Spool& spool, const RemuxPlan& plan, const RemuxFiles& files, std::stop_token stop);
    Result<RemuxReport> run();

private:
    struct Input {
        std::unique_ptr<TrackReader> reader;
        double offset = 0; ///< domain's clock to file
        std::optional<int> domain;
        std::map<const TrackReader::Slot*, double> ends; ///< on the file
    };
    struct Head {
        Input* input = nullptr;
        TrackReader::Slot* slot = nullptr;
        double time = std::numeric_limits<double>::infinity();
    };
    struct Subtitles {
        SubtitleReader cues;                    ///< for the media file
        std::optional<SubtitleReader> original; ///< for the file beside, where overlaps may stay
        SideFile side;
    };

    Result<void> fill();
    Head earliest();
    Result<bool> nextDomain();
    void place(int domain, const std::vector<Input*>& inputs);
    Result<void> writeHead(const Head& head);
    Result<void> beginPart(const Head& head, const char* why);
    Result<void> openSubtitles();
    Result<void> writeSubtitles(double time, bool last);
    Result<void> writeCues(Subtitles& subtitles, const std::vector<Cue>& cues);
    Result<RemuxReport> finish();

    const Spool& spool_;
    const RemuxPlan& plan_;
    const std::stop_token stop_;
    const RemuxFiles& files_;
    RemuxReport report_;
    PartWriter parts_;
    std::vector<Input> inputs_;
    std::vector<Subtitles> subtitles_;
    DomainPlaces places_;
    std::optional<DomainClock> clock_;
    std::optional<double> fileEnd_, shifted_; ///< shifted_: what the manifest's own times are moved by
};

Merge::Merge(const Spool& spool, const RemuxPlan& plan, const RemuxFiles& files, std::stop_token stop)
    : spool_(spool),
      plan_(plan),
      stop_(std::move(stop)),
      files_(files),
      parts_(plan, files, report_)
{
    for (int i = 0; i < int(plan.tracks.size()); ++i) {
        const RemuxTrack& track = plan.tracks[std::size_t(i)];
        if (track.type == TrackType::Subtitles)
            continue;
        const bool pictures = track.type == TrackType::Video;
        const TrackReader::Options options{.pictures = pictures, .sound = !pictures || track.withSound};
        inputs_.push_back({std::make_unique<TrackReader>(spool, i, options, stop_)});
    }
}

Result<void> Merge::fill()
{
    for (Input& input : inputs_)
        while (!input.reader->ready())
            if (auto pulled = input.reader->pull(); !pulled)
                return failure(pulled.error());
    return {};
}

Merge::Head Merge::earliest()
{
    Head best;
    for (Input& input : inputs_)
        for (auto& slot : input.reader->streams())
            if (!slot->queue.empty() && slot->queue.front().dts + input.offset < best.time)
                best = {&input, slot.get(), slot->queue.front().dts + input.offset};
    return best;
}

/// False: there is none.
Result<bool> Merge::nextDomain()
{
    std::optional<int> next;
    for (const Input& input : inputs_)
        if (!input.reader->ended())
            next = std::min(next.value_or(input.reader->nextDomain()), input.reader->nextDomain());
    if (!next)
        return false;
    clock_.emplace();
    std::vector<Input*> entering;
    for (Input& input : inputs_)
        if (!input.reader->ended() && input.reader->nextDomain() == *next) {
            input.reader->enter(*next, *clock_);
            entering.push_back(&input);
        }
    if (auto ok = fill(); !ok)
        return failure(ok.error());
    place(*next, entering);
    const bool newFile =
        std::any_of(entering.begin(), entering.end(), [](Input* input) { return input->reader->seam() == Seam::NewFile; });
    if (const Head head = earliest(); newFile && parts_.isOpen() && head.slot)
        if (auto ok = beginPart(head, "an advertisement, or what follows it,"); !ok)
            return failure(ok.error());
    // A codec that changes here changes for all: the other streams' first packets belong to the new file as well.
    for (Input* input : entering)
        for (const auto& slot : input->reader->streams())
            if (parts_.isOpen() && !slot->queue.empty() && !parts_.takes(*slot, *slot->queue.front().format))
                if (auto ok = beginPart(earliest(), kOtherCodec); !ok)
                    return failure(ok.error());
    return true;
}

void Merge::place(int domain, const std::vector<Input*>& inputs)
{
    std::vector<StreamEdge> edges;
    bool shifted = false, joined = false;
    for (Input* input : inputs) {
        joined = joined || input->reader->seam() == Seam::Joined;
        const double shift = input->reader->timeShift().value_or(0);
        shifted = shifted || input->reader->timeShift().has_value();
        for (const auto& slot : input->reader->streams()) {
            if (slot->queue.empty())
                continue;
            StreamEdge edge{.firstDts = slot->queue.front().dts + shift,
                .firstPts = slot->queue.front().pts + shift,
                .gap = input->reader->gapBefore()};
            for (const auto& queued : slot->queue)
                edge.firstPts = std::min(edge.firstPts, queued.pts + shift);
            if (const auto end = input->ends.find(slot.get()); end != input->ends.end())
                edge.previousEnd = end->second;
            edges.push_back(edge);
        }
    }
    const bool first = !fileEnd_;
    // The manifest counts what was left out.
    const double offset = placeDomain(edges, first || !shifted || joined ? std::nullopt : shifted_, fileEnd_);
    if (shifted && (!shifted_ || joined))
        shifted_ = offset;
    for (Input* input : inputs)
        input->offset = offset + input->reader->timeShift().value_or(0);
    if (edges.empty())
        return;
    double begin = edges.front().firstPts;
    for (const StreamEdge& edge : edges)
        begin = std::min(begin, edge.firstPts);
    places_[domain] = {.offset = offset,
        .playlistStart = inputs.front()->reader->playlistStart(),
        .fileStart = begin + offset,
        .reference = clock_->reference.value_or(0)};
    fileEnd_ = std::max(fileEnd_.value_or(0), 0.0);
}

Result<void> Merge::beginPart(const Head& head, const char* why)
{
    std::vector<PartWriter::Source> sources;
    double start = std::numeric_limits<double>::infinity();
    for (Input& input : inputs_)
        for (auto& slot : input.reader->streams()) {
            const StreamFormat* format = slot->queue.empty() ? slot->format : slot->queue.front().format;
            if (!format || (!slot->active && slot->queue.empty() && slot.get() != head.slot))
                continue;
            sources.push_back({input.reader->track(), slot.get(), format});
            for (const auto& queued : slot->queue)
                start = std::min(start, queued.pts + input.offset);
        }
    if (!parts_.isOpen() && report_.parts.empty())
        start = 0;
    else
        report_.notices.append(
            QStringLiteral("%1 begins at %2 s: a new file").arg(QLatin1String(why)).arg(head.time, 0, 'f', 2));
    return parts_.begin(sources, start);
}

Result<void> Merge::writeHead(const Head& head)
{
    const auto& front = head.slot->queue.front();
    if (!parts_.isOpen() || !parts_.takes(*head.slot, *front.format))
        if (auto ok = beginPart(head, kOtherCodec); !ok)
            return ok;
    auto queued = head.input->reader->take(*head.slot);
    const double end = head.time + queued.duration;
    head.input->ends[head.slot] = end;
    fileEnd_ = std::max(fileEnd_.value_or(0), end);
    auto ok = parts_.write(*head.slot, queued, head.input->offset);
    head.input->reader->recycle(std::move(queued.packet));
    return ok;
}

Result<void> Merge::openSubtitles()
{
    for (int i = 0; i < int(plan_.tracks.size()); ++i) {
        const RemuxTrack& track = plan_.tracks[std::size_t(i)];
        if (track.type != TrackType::Subtitles)
            continue;
        Subtitles subtitles{SubtitleReader(spool_, i, parts_.flatCues()), {}, {}};
        if (files_.subtitles) {
            const auto file = files_.subtitles(i);
            if (!file)
                return failure(file.error());
            subtitles.side.file = *file;
        }
        if (subtitles.side.file) {
            subtitles.original.emplace(spool_, i, false);
            subtitles.side.file->forget({0, std::numeric_limits<qint64>::max()});
            if (auto ok = subtitles.side.append(webVttHeader()); !ok)
                return ok;
        }
        subtitles_.push_back(std::move(subtitles));
    }
    return {};
}

Result<void> Merge::writeCues(Subtitles& subtitles, const std::vector<Cue>& cues)
{
    for (const Cue& cue : cues)
        if (auto ok = parts_.writeCue(subtitles.cues.track(), cue); !ok)
            return ok;
    return {};
}

Result<void> Merge::writeSubtitles(double time, bool last)
{
    for (Subtitles& subtitles : subtitles_) {
        if (last || subtitles.cues.due(time)) {
            const auto cues = last ? subtitles.cues.drain(places_, stop_) : subtitles.cues.collect(time, places_);
            if (!cues)
                return failure(cues.error());
            if (auto ok = writeCues(subtitles, *cues); !ok)
                return ok;
        }
        if (subtitles.original && (last || subtitles.original->due(time))) {
            const auto cues = last ? subtitles.original->drain(places_, stop_) : subtitles.original->collect(time, places_);
            if (!cues)
                return failure(cues.error());
            QByteArray text;
            for (const Cue& cue : *cues)
                text += toWebVtt(cue);
            if (!text.isEmpty())
                if (auto ok = subtitles.side.append(text); !ok)
                    return ok;
        }
    }
    return {};
}

Result<RemuxReport> Merge::finish()
{
    for (const Input& input : inputs_) {
        report_.notices.append(input.reader->notices());
        report_.unreadable += input.reader->lost();
        for (const auto& slot : input.reader->streams())
            for (auto& stream : report_.streams)
                if (stream.track == input.reader->track() && stream.type == slot->type && stream.ordinal == slot->ordinal)
                    stream.packetsRead = slot->read;
    }
    if (!inputs_.empty() && !parts_.isOpen()) {
        const QString why =
            report_.notices.isEmpty() ? QStringLiteral("no sound and no pictures in it") : report_.notices.front();
        return failure(Code::MediaUnreadable, why);
    }
    const bool onlySubtitles = inputs_.empty()
        && std::any_of(plan_.tracks.begin(), plan_.tracks.end(), [](const RemuxTrack& track) { return !track.besideOnly; });
    if (onlySubtitles)
        if (auto ok = parts_.begin({}, 0); !ok)
            return failure(ok.error());
    if (auto ok = writeSubtitles(fileEnd_.value_or(0), true); !ok)
        return failure(ok.error());
    if (auto ok = parts_.close(); !ok)
        return failure(ok.error());
    for (Subtitles& subtitles : subtitles_) {
        report_.notices.append(subtitles.cues.notices());
        for (auto& stream : report_.streams)
            if (stream.track == subtitles.cues.track() && stream.type == AVMEDIA_TYPE_SUBTITLE)
                stream.packetsRead = subtitles.cues.read();
        if (subtitles.side.file)
            if (auto ok = subtitles.side.file->setSize(subtitles.side.size); !ok)
                return failure(ok.error());
    }
    return std::move(report_);
}

Result<RemuxReport> Merge::run()
{
    if (auto ok = openSubtitles(); !ok)
        return failure(ok.error());
    for (;;) {
        if (auto ok = fill(); !ok)
            return failure(ok.error());
        const Head head = earliest();
        if (!head.slot) {
            const auto more = nextDomain();
            if (!more)
                return failure(more.error());
            if (!*more)
                return finish();
            continue;
        }
        if (stop_.stop_requested())
            return failure(Code::Cancelled);
        if (auto ok = writeHead(head); !ok)
            return failure(ok.error());
        if (auto ok = writeSubtitles(head.time, false); !ok)
            return failure(ok.error());
    }
}

} // namespace

Result<RemuxReport> remux(const Spool& spool, const RemuxPlan& plan, const RemuxFiles& files, std::stop_token stop)
{
    if (int(plan.tracks.size()) != spool.tracks() || !files.media)
        return failure(Code::Internal,
            QStringLiteral("a remux of %1 tracks from a spool of %2").arg(plan.tracks.size()).arg(spool.tracks()));
    av_log_set_level(kQuiet);
    return Merge(spool, plan, files, std::move(stop)).run();
}

} // namespace weir
