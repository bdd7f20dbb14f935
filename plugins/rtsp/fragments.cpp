#include "rtsp/fragments.h"

#include "media/mp4_boxes.h"
#include "rtsp/clock_step.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {

namespace {

constexpr double kRoom = 10; ///< sound may begin before the first picture
constexpr double kShortest = 1, kLongest = 4;
constexpr qint64 kLargest = 8 << 20;
constexpr std::size_t kMostHeld = 256;
constexpr int kMostDelay = 16;
constexpr int kLook = 3; // pictures more than would do, since they show where a step was

/// Not in the standard's MP4, but in QuickTime's.
bool needsQuickTime(AVCodecID codec) { return codec >= AV_CODEC_ID_FIRST_AUDIO && codec < AV_CODEC_ID_ADPCM_IMA_QT; }

/// Where the first fragment begins.
qsizetype firstFragment(const QByteArray& bytes)
{
    for (qsizetype at = 0; at < bytes.size();) {
        const auto box = mp4BoxSize(QByteArrayView(bytes).sliced(at));
        if (!box || box->whole <= 0 || bytes.mid(at + 4, 4) == "moof")
            return at;
        at += std::min<qint64>(box->whole, bytes.size() - at);
    }
    return bytes.size();
}

} // namespace

bool Fragments::hold(AVCodecID codec)
{
    const auto takes = [codec](const char* muxer) {
        return avformat_query_codec(av_guess_format(muxer, nullptr, nullptr), codec, FF_COMPLIANCE_EXPERIMENTAL) == 1;
    };
    return takes(needsQuickTime(codec) ? "mov" : "mp4");
}

Result<std::unique_ptr<Fragments>> Fragments::open(const std::vector<LiveStream>& streams)
{
    std::unique_ptr<Fragments> fragments(new Fragments);
    if (auto ok = fragments->begin(streams); !ok)
        return tl::unexpected(ok.error());
    return fragments;
}

Fragments::~Fragments()
{
    if (muxer_) {
        muxer_->pb = nullptr;
        avformat_free_context(muxer_);
    }
}

Result<void> Fragments::begin(const std::vector<LiveStream>& streams)
{
    const bool quickTime = std::any_of(
        streams.begin(), streams.end(), [](const LiveStream& stream) { return needsQuickTime(stream.parameters->codec_id); });
    if (avformat_alloc_output_context2(&muxer_, nullptr, quickTime ? "mov" : "mp4", nullptr) < 0)
        return failure(Code::OutOfMemory);
    auto* buffer = static_cast<unsigned char*>(av_malloc(kAvBuffer));
    io_.reset(avio_alloc_context(buffer, kAvBuffer, 1, this, nullptr, &writeBytes, nullptr));
    if (!buffer || !io_)
        return failure(Code::OutOfMemory);
    muxer_->pb = io_.get();
    muxer_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
    muxer_->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    muxer_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    for (const LiveStream& stream : streams) {
        AVStream* out = avformat_new_stream(muxer_, nullptr);
        if (!out || avcodec_parameters_copy(out->codecpar, stream.parameters) < 0)
            return failure(Code::OutOfMemory);
        out->codecpar->codec_tag = 0;
        out->time_base = stream.timeBase;
        hasVideo_ = hasVideo_ || stream.isVideo();
    }
    AVDictionary* options = nullptr;
    // Times as they are, without the list of edits that would move them.
    av_dict_set(&options, "movflags", "+empty_moov+delay_moov+default_base_moof+frag_custom+frag_discont", 0);
    av_dict_set_int(&options, "use_editlist", 0, 0);
    const int done = avformat_write_header(muxer_, &options);
    const std::unique_ptr<AVDictionary, AvFree> unused(options);
    if (done < 0)
        return failure(Code::MuxUnsupportedCodec, avText(done), done);
    for (std::size_t i = 0; i < streams.size(); ++i)
        streams_.push_back({streams[i].timeBase, muxer_->streams[i]->time_base, streams[i].isVideo(),
            std::clamp(streams[i].parameters->video_delay, 0, kMostDelay)});
    return {};
}

/// Nothing could be seen before it.
bool Fragments::opens(const AVPacket& packet) const
{
    return !hasVideo_ || (streams_[std::size_t(packet.stream_index)].isVideo && (packet.flags & AV_PKT_FLAG_KEY));
}

Result<std::vector<Fragment>> Fragments::add(AVPacket& packet)
{
    if (held_.empty() && !started_ && !opens(packet)) {
        av_packet_unref(&packet);
        return std::vector<Fragment>();
    }
    // The first report of the sender moves libavformat's clock, often back.
    const bool isVideo = streams_[std::size_t(packet.stream_index)].isVideo;
    if (isVideo && !reported_ && av_packet_get_side_data(&packet, AV_PKT_DATA_PRFT, nullptr)) {
        if (auto ok = release(); !ok)
            return tl::unexpected(ok.error());
        reported_ = holds_ = true;
    }
    if (!holds_) {
        if (auto ok = write(packet); !ok)
            return tl::unexpected(ok.error());
        return std::exchange(done_, {});
    }
    AvPacket kept(av_packet_alloc());
    if (!kept)
        return failure(Code::OutOfMemory);
    av_packet_move_ref(kept.get(), &packet);
    held_.push_back(std::move(kept));
    if (knowsFirstTimes() || held_.size() >= kMostHeld)
        if (auto ok = release(); !ok)
            return tl::unexpected(ok.error());
    return std::exchange(done_, {});
}

Result<std::vector<Fragment>> Fragments::finish()
{
    if (auto ok = release(); !ok)
        return tl::unexpected(ok.error());
    if (auto ok = cut(); !ok)
        return tl::unexpected(ok.error());
    return std::exchange(done_, {});
}

/// Some pictures more than are decoded before the first is shown: that one is among them then.
bool Fragments::knowsFirstTimes() const
{
    const auto video = std::find_if(streams_.begin(), streams_.end(), [](const Stream& stream) { return stream.isVideo; });
    const auto isDated = [this](const AvPacket& packet) {
        return streams_[std::size_t(packet->stream_index)].isVideo && packet->pts != AV_NOPTS_VALUE;
    };
    return video == streams_.end() || std::count_if(held_.begin(), held_.end(), isDated) > video->delay + kLook;
}

/// libavformat often does not know when the first picture is to be shown.
void Fragments::inferFirstTimes()
{
    AVPacket* first = nullptr;
    int64_t earliest = std::numeric_limits<int64_t>::max(), step = 1;
    for (const AvPacket& packet : held_) {
        if (!streams_[std::size_t(packet->stream_index)].isVideo)
            continue;
        first = first ? first : packet.get();
        step = std::max<int64_t>(packet->duration, 1);
        if (packet->pts != AV_NOPTS_VALUE)
            earliest = std::min(earliest, packet->pts);
    }
    if (!first || earliest == std::numeric_limits<int64_t>::max())
        return;
    if (first->pts == AV_NOPTS_VALUE)
        first->pts = earliest -= step;
    Stream& video = streams_[std::size_t(first->stream_index)];
    for (int before = video.delay; before > 0; --before)
        video.coming.push_back(earliest - before * step);
}

/// What comes goes on behind the pictures that were there, and all streams take the same step. Its place among the pictures
/// held.
std::size_t Fragments::closeStep()
{
    std::vector<int64_t> times;
    int64_t spacing = 1;
    Stream* video = nullptr;
    for (const AvPacket& packet : held_) {
        Stream& stream = streams_[std::size_t(packet->stream_index)];
        if (!stream.isVideo)
            continue;
        video = &stream;
        spacing = std::max<int64_t>(packet->duration, 1);
        times.push_back(packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts);
    }
    if (!video || !video->last)
        return 0;
    const std::vector<int64_t> shown = video->coming.empty() ? std::vector{*video->last} : video->coming;
    const ClockStep step = findClockStep(shown, times, spacing);
    correction_ = double(step.back) * av_q2d(video->from);
    return step.place;
}

Result<void> Fragments::release()
{
    std::size_t before = 0; // pictures that are still on the old clock
    if (std::exchange(holds_, false)) {
        if (started_)
            before = closeStep();
        else
            inferFirstTimes();
    }
    const double correction = std::exchange(correction_, 0);
    for (const AvPacket& packet : std::exchange(held_, {})) {
        if (before > 0)
            before -= streams_[std::size_t(packet->stream_index)].isVideo;
        else
            correction_ = correction;
        if (auto ok = write(*packet); !ok)
            return ok;
    }
    correction_ = correction;
    return {};
}

/// RTP says when a picture is shown. It is decoded when that one is shown which comes so many places before it in the order of
/// showing as pictures have to wait. False: nothing is known yet.
bool Fragments::setTimes(Stream& stream, AVPacket& packet)
{
    if (packet.pts == AV_NOPTS_VALUE)
        packet.pts = packet.dts;
    if (packet.pts != AV_NOPTS_VALUE)
        packet.pts += int64_t(std::llround(correction_ / av_q2d(stream.from)));
    if (packet.pts == AV_NOPTS_VALUE && !stream.last)
        return false;
    if (packet.pts == AV_NOPTS_VALUE)
        packet.pts = *stream.last + (stream.delay + 1) * std::max<int64_t>(stream.duration, 1);
    packet.dts = packet.pts;
    if (!stream.coming.empty()) {
        stream.coming.insert(std::upper_bound(stream.coming.begin(), stream.coming.end(), packet.pts), packet.pts);
        packet.dts = stream.coming.front();
        stream.coming.erase(stream.coming.begin());
    }
    if (stream.last && packet.dts <= *stream.last)
        packet.dts = *stream.last + 1;
    packet.pts = std::max(packet.pts, packet.dts);
    if (packet.duration <= 0 && stream.last)
        packet.duration = packet.dts - *stream.last;
    stream.last = packet.dts;
    stream.duration = packet.duration;
    const double tick = av_q2d(stream.from);
    if (!shift_)
        shift_ = kRoom - double(packet.dts) * tick;
    const auto moved = int64_t(std::llround(*shift_ / tick));
    packet.dts += moved;
    packet.pts += moved;
    return packet.dts >= 0;
}

Result<void> Fragments::write(AVPacket& packet)
{
    Stream& stream = streams_[std::size_t(packet.stream_index)];
    const bool key = opens(packet);
    if (!setTimes(stream, packet)) {
        av_packet_unref(&packet);
        return {};
    }
    const double tick = av_q2d(stream.from), time = double(packet.dts) * tick;
    if ((key && pending() >= kShortest) || pending() >= kLongest || bytes_ >= kLargest)
        if (auto ok = cut(); !ok)
            return ok;
    if (!std::exchange(started_, true))
        begin_ = end_ = time;
    bytes_ += packet.size;
    end_ = std::max(end_, time + double(packet.duration) * tick);
    av_packet_rescale_ts(&packet, stream.from, stream.to);
    packet.pos = -1;
    const int written = av_write_frame(muxer_, &packet);
    av_packet_unref(&packet);
    return written < 0 ? failure(Code::MuxFailed, QStringLiteral("packet: ") + avText(written), written) : Result<void>();
}

Result<void> Fragments::cut()
{
    if (bytes_ == 0)
        return {};
    int done = av_write_frame(muxer_, nullptr);
    if (done >= 0 && init_.isEmpty()) // the first time it wrote only what comes before all fragments
        done = av_write_frame(muxer_, nullptr);
    avio_flush(muxer_->pb);
    if (done < 0)
        return failure(Code::MuxFailed, QStringLiteral("fragment: ") + avText(done), done);
    QByteArray bytes = std::exchange(out_, {});
    if (init_.isEmpty()) {
        const qsizetype at = firstFragment(bytes);
        init_ = bytes.left(at);
        bytes.remove(0, at);
    }
    bytes_ = 0;
    if (!bytes.isEmpty())
        done_.push_back({std::move(bytes), pending()});
    begin_ = end_;
    return {};
}

int Fragments::writeBytes(void* self, uint8_t* bytes, int size)
{
    static_cast<Fragments*>(self)->out_.append(reinterpret_cast<const char*>(bytes), size);
    return size;
}

} // namespace weir
