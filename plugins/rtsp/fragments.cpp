#include "rtsp/fragments.h"

#include "media/mp4_boxes.h"

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr double kRoom = 10; ///< sound may begin before the first picture
constexpr double kShortest = 1, kLongest = 4;
constexpr qint64 kLargest = 8 << 20;

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
        streams_.push_back({streams[i].timeBase, muxer_->streams[i]->time_base, streams[i].isVideo()});
    return {};
}

/// RTP names the time of presentation only; decoding times are libavformat's guess. False: nothing is known yet.
bool Fragments::setTimes(Stream& stream, AVPacket& packet)
{
    if (packet.dts == AV_NOPTS_VALUE && packet.pts == AV_NOPTS_VALUE && !stream.last)
        return false;
    if (packet.dts == AV_NOPTS_VALUE && packet.pts == AV_NOPTS_VALUE)
        packet.dts = *stream.last + std::max<int64_t>(stream.duration, 1);
    else if (packet.dts == AV_NOPTS_VALUE)
        packet.dts = packet.pts;
    if (stream.last && packet.dts <= *stream.last)
        packet.dts = *stream.last + 1;
    if (packet.pts == AV_NOPTS_VALUE || packet.pts < packet.dts)
        packet.pts = packet.dts;
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

Result<std::optional<Fragment>> Fragments::add(AVPacket& packet)
{
    Stream& stream = streams_[std::size_t(packet.stream_index)];
    const bool key = stream.isVideo && (packet.flags & AV_PKT_FLAG_KEY);
    if (hasVideo_ && !started_ && !key) { // nothing could be seen before it
        av_packet_unref(&packet);
        return std::nullopt;
    }
    if (!setTimes(stream, packet)) {
        av_packet_unref(&packet);
        return std::nullopt;
    }
    const double tick = av_q2d(stream.from), time = double(packet.dts) * tick;
    std::optional<Fragment> done;
    const double pending = this->pending();
    if (started_ && (((key || !hasVideo_) && pending >= kShortest) || pending >= kLongest || bytes_ >= kLargest)) {
        auto fragment = cut();
        if (!fragment)
            return fragment;
        done = std::move(*fragment);
    }
    if (bytes_ == 0) {
        begin_ = std::max(end_, started_ ? 0.0 : time);
        end_ = std::max(end_, begin_);
    }
    started_ = true;
    bytes_ += packet.size;
    end_ = std::max(end_, time + double(packet.duration) * tick);
    av_packet_rescale_ts(&packet, stream.from, stream.to);
    packet.pos = -1;
    const int written = av_write_frame(muxer_, &packet);
    av_packet_unref(&packet);
    if (written < 0)
        return failure(Code::MuxFailed, QStringLiteral("packet: ") + avText(written), written);
    return done;
}

Result<std::optional<Fragment>> Fragments::finish() { return cut(); }

Result<std::optional<Fragment>> Fragments::cut()
{
    if (bytes_ == 0)
        return std::nullopt;
    const int done = av_write_frame(muxer_, nullptr);
    avio_flush(muxer_->pb);
    if (done < 0)
        return failure(Code::MuxFailed, QStringLiteral("fragment: ") + avText(done), done);
    bytes_ = 0;
    QByteArray bytes = std::exchange(out_, {});
    if (init_.isEmpty()) {
        const qsizetype at = firstFragment(bytes);
        init_ = bytes.left(at);
        bytes.remove(0, at);
    }
    if (bytes.isEmpty())
        return std::nullopt;
    return Fragment{std::move(bytes), end_ - begin_};
}

int Fragments::writeBytes(void* self, uint8_t* bytes, int size)
{
    static_cast<Fragments*>(self)->out_.append(reinterpret_cast<const char*>(bytes), size);
    return size;
}

} // namespace weir
