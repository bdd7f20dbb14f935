#include "media/track_reader.h"

#include "media/sniff.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace weir {

namespace {

constexpr double kMpegPeriod = double(1LL << 33) / 90'000;
constexpr int64_t kMpegTicks = 1LL << 33;
/// Streams inside of one multiplex lie at most so far apart; who is farther behind is taken for silent.
constexpr double kMostSpan = 3;
constexpr qint64 kMostQueued = 24 << 20;
/// A step in time that is more than encoders' clumsiness.
constexpr double kJump = 10;
constexpr int64_t kProbeBytes = 5 << 20;
constexpr int64_t kProbeMicros = 5'000'000;
constexpr qsizetype kMostNotices = 100;
constexpr unsigned kMostStreams = 64;

int refuseToOpen(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) { return AVERROR(EPERM); }

bool complete(const AVCodecParameters& parameters)
{
    if (parameters.codec_id == AV_CODEC_ID_NONE)
        return false;
    if (parameters.codec_type == AVMEDIA_TYPE_AUDIO)
        return parameters.sample_rate > 0 && parameters.ch_layout.nb_channels > 0;
    return parameters.width > 0 && parameters.height > 0;
}

bool sameFormat(const AVCodecParameters& a, const AVCodecParameters& b)
{
    return a.codec_id == b.codec_id && a.extradata_size == b.extradata_size
        && (a.extradata_size == 0 || std::equal(a.extradata, a.extradata + a.extradata_size, b.extradata))
        && a.sample_rate == b.sample_rate && a.ch_layout.nb_channels == b.ch_layout.nb_channels && a.width == b.width
        && a.height == b.height;
}

bool wraps(Packing packing) { return packing == Packing::MpegTs || packing == Packing::PackedAudio; }

} // namespace

TrackReader::TrackReader(const Spool& spool, int track, Options options, std::stop_token stop)
    : track_(track),
      options_(options),
      feed_(spool, track, std::move(stop))
{}

TrackReader::~TrackReader() { closePiece(); }

void TrackReader::notice(const QString& text)
{
    if (notices_.size() < kMostNotices)
        notices_.append(QStringLiteral("track %1: %2").arg(track_).arg(text));
}

int TrackReader::readBytes(void* opaque, uint8_t* into, int size)
{
    auto& self = *static_cast<TrackReader*>(opaque);
    const auto got = self.feed_.read({reinterpret_cast<char*>(into), std::size_t(size)});
    if (!got) {
        self.error_ = got.error();
        return got.error().code == Code::Cancelled ? AVERROR_EXIT : AVERROR(EIO);
    }
    return *got == 0 ? AVERROR_EOF : int(*got);
}

bool TrackReader::ready() const
{
    if (state_ == State::AtDomainEnd || state_ == State::Ended)
        return true;
    if (state_ == State::Between)
        return false;
    bool all = true, any = false;
    double earliest = 0, latest = 0;
    for (const auto& slot : slots_) {
        if (slot->queue.empty()) {
            all = all && !slot->active;
            continue;
        }
        earliest = any ? std::min(earliest, slot->queue.front().dts) : slot->queue.front().dts;
        latest = any ? std::max(latest, slot->queue.back().dts) : slot->queue.back().dts;
        any = true;
    }
    return any && (all || latest - earliest > kMostSpan || queuedBytes_ > kMostQueued);
}

void TrackReader::enter(int domain, DomainClock& clock)
{
    domain_ = domain;
    clock_ = &clock;
    firstOfDomain_ = true;
    seam_ = Seam::None;
    analysedInit_.reset();
    state_ = State::Between;
    for (auto& slot : slots_) {
        slot->last.reset();
        slot->lastEnd.reset();
        slot->correction = 0;
        slot->jumps = 0;
    }
}

Result<TrackReader::Pulled> TrackReader::pull()
{
    for (;;) {
        if (!demuxer_) {
            const auto first = feed_.next();
            for (const QString& what : feed_.takeNotices())
                notice(what);
            if (!first)
                return failure(first.error());
            if (!*first) {
                state_ = State::Ended;
                return Pulled::End;
            }
            if (domain_ != (*first)->discontinuity) {
                nextDomain_ = (*first)->discontinuity;
                state_ = State::AtDomainEnd;
                return Pulled::DomainEnd;
            }
            if (auto ok = openPiece(**first); !ok)
                return failure(ok.error());
            continue;
        }
        AvPacket packet;
        if (spare_.empty()) {
            packet.reset(av_packet_alloc());
            if (!packet)
                return failure(Code::OutOfMemory);
        } else {
            packet = std::move(spare_.back());
            spare_.pop_back();
        }
        const int got = av_read_frame(demuxer_, packet.get());
        if (error_)
            return failure(*std::exchange(error_, {}));
        if (got < 0) {
            if (got != AVERROR_EOF) {
                notice(QStringLiteral("segment %1 is damaged: %2").arg(feed_.number()).arg(avText(got)));
                feed_.skipSegment();
            }
            closePiece();
            recycle(std::move(packet));
            continue;
        }
        if (accept(std::move(packet)))
            return Pulled::Packet;
    }
}

Result<void> TrackReader::openPiece(const SpoolEntry& first)
{
    if (firstOfDomain_) {
        firstOfDomain_ = false;
        timeShift_ = first.timeShift;
        playlistStart_ = first.start;
        seam_ = feed_.takeSeam();
        gapBefore_ = feed_.missing() - feed_.missingBefore();
    }
    if (auto ok = feed_.begin(); !ok)
        return ok;
    const auto opened = openDemuxer(first);
    if (!opened)
        return failure(opened.error());
    if (!*opened) {
        feed_.skipSegment();
        closePiece();
        return {};
    }
    packing_ = first.packing;
    analysedInit_ = first.init;
    byNumber_.clear();
    for (auto& slot : slots_)
        slot->active = false;
    for (unsigned i = 0; i < demuxer_->nb_streams; ++i)
        mapStream(i);
    state_ = State::Reading;
    if (first.packing == Packing::PackedAudio)
        pieceAt_ = feed_.id3() ? *feed_.id3() : slots_.empty() || !slots_[0]->lastEnd ? first.start : *slots_[0]->lastEnd;
    return {};
}

/// False: the piece can't be read.
Result<bool> TrackReader::openDemuxer(const SpoolEntry& first)
{
    const char* name = "mpegts";
    switch (first.packing) {
    case Packing::Fmp4: name = "mov"; break;
    case Packing::Matroska: name = "matroska"; break;
    case Packing::PackedAudio: name = nullptr; break;
    default: break;
    }
    auto* buffer = static_cast<unsigned char*>(av_malloc(kAvBuffer));
    io_.reset(avio_alloc_context(buffer, kAvBuffer, 0, this, &readBytes, nullptr, nullptr));
    demuxer_ = avformat_alloc_context();
    if (!buffer || !io_ || !demuxer_)
        return failure(Code::OutOfMemory);
    io_->seekable = 0;
    if (!name) {
        // The tag is off: what libavformat would guess from the first bytes is known to us as well.
        std::array<unsigned char, 64> start{};
        const int got = avio_read_partial(io_.get(), start.data(), int(start.size()));
        if (error_)
            return failure(*std::exchange(error_, {}));
        name = packedAudioFormat(QByteArrayView(start.data(), std::max(got, 0)));
        if (!name) {
            notice(QStringLiteral("segment %1 holds no frames of sound").arg(first.number));
            return false;
        }
        avio_seek(io_.get(), 0, SEEK_SET); // inside of the buffer
    }
    demuxer_->pb = io_.get();
    demuxer_->flags |= AVFMT_FLAG_CUSTOM_IO;
    demuxer_->io_open = &refuseToOpen;
    demuxer_->correct_ts_overflow = 0; // wraps are undone for all tracks together
    demuxer_->probesize = kProbeBytes;
    demuxer_->max_analyze_duration = kProbeMicros;
    demuxer_->fps_probe_size = 0;
    demuxer_->max_streams = int(kMostStreams);
    int done = avformat_open_input(&demuxer_, nullptr, av_find_input_format(name), nullptr); // frees it when it fails
    const bool known = analysedInit_ == first.init && packing_ == first.packing && first.packing != Packing::MpegTs;
    if (done >= 0 && !known)
        done = avformat_find_stream_info(demuxer_, nullptr);
    if (error_)
        return failure(*std::exchange(error_, {}));
    if (done < 0)
        notice(QStringLiteral("segment %1 can't be read: %2").arg(first.number).arg(avText(done)));
    return done >= 0;
}

void TrackReader::closePiece()
{
    avformat_close_input(&demuxer_);
    io_.reset();
    if (state_ == State::Reading)
        state_ = State::Between;
}

TrackReader::Slot& TrackReader::slotFor(AVMediaType type, int ordinal)
{
    for (auto& slot : slots_)
        if (slot->type == type && slot->ordinal == ordinal)
            return *slot;
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->type = type;
    slots_.back()->ordinal = ordinal;
    return *slots_.back();
}

void TrackReader::mapStream(unsigned number)
{
    AVStream& stream = *demuxer_->streams[number];
    const AVMediaType type = stream.codecpar->codec_type;
    const bool wanted = (type == AVMEDIA_TYPE_VIDEO && options_.pictures && !(stream.disposition & AV_DISPOSITION_ATTACHED_PIC))
        || (type == AVMEDIA_TYPE_AUDIO && options_.sound);
    byNumber_.resize(number + 1, nullptr);
    if (!wanted) {
        stream.discard = AVDISCARD_ALL;
        return;
    }
    const int ordinal =
        int(std::count_if(byNumber_.begin(), byNumber_.end(), [&](const Slot* slot) { return slot && slot->type == type; }));
    const bool again = std::any_of(slots_.begin(), slots_.end(),
        [&](const auto& slot) { return slot->type == type && slot->ordinal == ordinal && slot->format; });
    if (!complete(*stream.codecpar) && !again) {
        notice(QStringLiteral("a stream of kind %1 in segment %2 does not say what it is")
                   .arg(QString::fromLatin1(avcodec_get_name(stream.codecpar->codec_id)))
                   .arg(feed_.number()));
        return;
    }
    Slot& slot = slotFor(type, ordinal);
    slot.active = true;
    slot.format = formatOf(slot, stream);
    byNumber_[number] = &slot;
}

const StreamFormat* TrackReader::formatOf(const Slot& slot, const AVStream& stream)
{
    const AVCodecParameters& now = *stream.codecpar;
    if (slot.format && slot.format->parameters->codec_id == now.codec_id
        && av_cmp_q(slot.format->timeBase, stream.time_base) == 0
        && (!complete(now) || sameFormat(*slot.format->parameters, now)))
        return slot.format;
    AVRational rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
    formats_.push_back({copyOf(now), stream.time_base, rate});
    return &formats_.back();
}

bool TrackReader::accept(AvPacket packet)
{
    const auto number = unsigned(packet->stream_index);
    for (auto known = unsigned(byNumber_.size()); known <= number && known < demuxer_->nb_streams; ++known)
        mapStream(known);
    Slot* slot = number < byNumber_.size() ? byNumber_[number] : nullptr;
    if (!slot || packet->size <= 0) {
        if (number < demuxer_->nb_streams && demuxer_->streams[number]->discard != AVDISCARD_ALL)
            ++lost_;
        recycle(std::move(packet));
        return false;
    }
    ++slot->read;
    Queued queued{std::move(packet), slot->format};
    setTimes(*slot, queued);
    queuedBytes_ += queued.packet->size;
    slot->queue.push_back(std::move(queued));
    return true;
}

void TrackReader::setTimes(Slot& slot, Queued& queued)
{
    AVPacket& packet = *queued.packet;
    const double tick = av_q2d(queued.format->timeBase);
    const auto ticks = [tick](double seconds) { return int64_t(std::llround(seconds / tick)); };
    double duration = double(packet.duration) * tick;
    if (duration <= 0 || duration > kJump) {
        const AVCodecParameters& parameters = *queued.format->parameters;
        const int samples = parameters.codec_type == AVMEDIA_TYPE_AUDIO
            ? av_get_audio_frame_duration2(queued.format->parameters.get(), packet.size)
            : 0;
        duration = samples > 0 ? double(samples) / parameters.sample_rate : slot.lastDuration;
        packet.duration = ticks(duration);
    }
    if (packing_ == Packing::PackedAudio) {
        packet.dts = packet.pts = ticks(pieceAt_);
        pieceAt_ += duration;
    }
    if (packet.dts == AV_NOPTS_VALUE)
        packet.dts = slot.lastEnd          ? ticks(*slot.lastEnd)
            : packet.pts != AV_NOPTS_VALUE ? packet.pts
                                           : ticks(clock_->reference.value_or(0));
    if (packet.pts == AV_NOPTS_VALUE)
        packet.pts = packet.dts;

    if (wraps(packing_)) {
        const double near = slot.last ? *slot.last : clock_->reference.value_or(double(packet.dts) * tick);
        const int64_t period = packing_ == Packing::PackedAudio ? ticks(kMpegPeriod) : kMpegTicks;
        packet.dts += std::llround((near - double(packet.dts) * tick) / kMpegPeriod) * period;
        packet.pts += std::llround(double(packet.dts - packet.pts) / double(period)) * period;
    }
    const double dts = double(packet.dts) * tick;
    if (!clock_->reference)
        clock_->reference = dts;
    if (slot.last && !timeShift_)
        closeJump(slot, dts);
    if (slot.last && dts > *slot.last && dts - *slot.last < kJump && packet.duration <= 0) {
        duration = dts - *slot.last;
        packet.duration = ticks(duration);
    }
    slot.last = dts;
    slot.lastEnd = dts + duration;
    slot.lastDuration = duration;

    const int64_t moved = ticks(slot.correction);
    packet.dts += moved;
    packet.pts += moved;
    queued.dts = double(packet.dts) * tick;
    queued.pts = double(packet.pts) * tick;
    queued.duration = duration;
}

/// Servers begin to count anew without saying so. All tracks of the domain take the step that the first of them saw.
void TrackReader::closeJump(Slot& slot, double dts)
{
    const double step = dts - *slot.lastEnd, explained = feed_.missing() - slot.missingUsed;
    if (step > -kJump && step < kJump + explained) {
        if (step > kJump)
            slot.missingUsed = feed_.missing();
        return;
    }
    const double shared = clock_->correction - slot.correction;
    if (slot.jumps < clock_->jumps && std::abs(step - explained + shared) < kJump) {
        slot.correction = clock_->correction;
    } else {
        slot.correction -= step - std::max(explained, 0.0);
        clock_->correction = slot.correction;
        ++clock_->jumps;
        notice(QStringLiteral("times jump by %1 s in segment %2; closed").arg(step, 0, 'f', 1).arg(feed_.number()));
    }
    slot.jumps = clock_->jumps;
    slot.missingUsed = feed_.missing();
}

TrackReader::Queued TrackReader::take(Slot& slot)
{
    Queued queued = std::move(slot.queue.front());
    slot.queue.pop_front();
    queuedBytes_ -= queued.packet->size;
    return queued;
}

void TrackReader::recycle(AvPacket packet)
{
    av_packet_unref(packet.get());
    spare_.push_back(std::move(packet));
}

} // namespace weir
