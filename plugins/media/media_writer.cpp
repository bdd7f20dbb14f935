#include "media/media_writer.h"

#include <QtEndian>

#include <algorithm>
#include <cmath>

extern "C" {
#include <libavutil/mathematics.h>
}

namespace weir {

namespace {

constexpr qint64 kMostRoom = 512 << 20;
constexpr double kRounding = 0.003;
constexpr int kFragmentMicros = 2'000'000; ///< for streams without key frames of their own rhythm

void setText(AVDictionary** to, const char* key, const QString& value)
{
    if (!value.isEmpty())
        av_dict_set(to, key, value.toUtf8().constData(), 0);
}

/// Samples of one stream per second, rather too many than too few.
double sampleRhythm(const StreamPlan& stream)
{
    const AVCodecParameters& parameters = *stream.parameters;
    if (parameters.codec_type == AVMEDIA_TYPE_VIDEO) {
        const double rate = stream.frameRate.num > 0 && stream.frameRate.den > 0 ? av_q2d(stream.frameRate) : 0;
        return rate >= 1 && rate <= 240 ? rate : 60;
    }
    if (parameters.codec_type == AVMEDIA_TYPE_AUDIO) {
        const int frame = parameters.frame_size >= 120 ? parameters.frame_size : 1024;
        return std::clamp(double(parameters.sample_rate) / frame, 10.0, 400.0);
    }
    return 2;
}

bool isMp4(Container container) { return container == Container::Mp4 || container == Container::FragmentedMp4; }

} // namespace

qint64 indexRoom(const FilePlan& plan)
{
    if (plan.duration <= 0 || !std::isfinite(plan.duration))
        return 0;
    double bytes = 4096;
    for (const StreamPlan& stream : plan.streams) {
        // Size 4, time 8, composition 8, and the chunk it lies in 20, which video mostly and sound seldom shares with another.
        const double sample = stream.parameters->codec_type == AVMEDIA_TYPE_VIDEO ? 28 : 24;
        bytes += 2048 + stream.parameters->extradata_size + plan.duration * sampleRhythm(stream) * sample;
    }
    return std::min(qint64(bytes * 1.5), kMostRoom);
}

MediaWriter::MediaWriter(OutputFile& file, Container container) : file_(file), container_(container) {}

MediaWriter::~MediaWriter()
{
    if (muxer_) {
        // Nothing that libavformat still holds back shall reach the file now.
        closing_ = true;
        if (!error_)
            error_ = Error{Code::Cancelled};
        muxer_->pb = nullptr;
        avformat_free_context(muxer_);
    }
}

Result<std::unique_ptr<MediaWriter>> MediaWriter::open(OutputFile& file, const FilePlan& plan)
{
    std::unique_ptr<MediaWriter> writer(new MediaWriter(file, plan.container));
    if (auto ok = writer->begin(plan); !ok)
        return failure(ok.error());
    return writer;
}

Result<void> MediaWriter::begin(const FilePlan& plan)
{
    // What an earlier attempt left there is not ours.
    file_.forget({0, std::numeric_limits<qint64>::max()});
    if (avformat_alloc_output_context2(&muxer_, nullptr, muxerOf(container_), nullptr) < 0)
        return failure(Code::OutOfMemory);
    auto* buffer = static_cast<unsigned char*>(av_malloc(kAvBuffer));
    io_.reset(avio_alloc_context(buffer, kAvBuffer, 1, this, nullptr, &writeBytes, &seek));
    if (!buffer || !io_)
        return failure(Code::OutOfMemory);
    io_->seekable = AVIO_SEEKABLE_NORMAL;
    muxer_->pb = io_.get();
    muxer_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT; // the same input makes the same file
    muxer_->flush_packets = plan.live ? 1 : 0;
    muxer_->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL; // FLAC in MP4, which players know since long
    setText(&muxer_->metadata, "title", plan.title);
    for (const StreamPlan& stream : plan.streams)
        if (auto ok = addStream(stream); !ok)
            return ok;
    if (auto ok = addChapters(plan.chapters); !ok)
        return ok;

    AVDictionary* options = nullptr;
    if (container_ == Container::Mp4) {
        room_ = indexRoom(plan);
        if (room_ > 0)
            av_dict_set_int(&options, "moov_size", room_, 0);
    } else if (container_ == Container::FragmentedMp4) {
        // delay_moov: what the index says of AC-3 or of ADTS is known only with the first packets.
        av_dict_set(&options, "movflags", "+empty_moov+delay_moov+default_base_moof+frag_keyframe", 0);
        av_dict_set_int(&options, "frag_duration", kFragmentMicros, 0);
    } else if (container_ == Container::Mkv) {
        // Matroska's times are those of presentation; moving all so that decoding begins at 0 would delay the file.
        muxer_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    }
    const int started = avformat_write_header(muxer_, &options);
    const std::unique_ptr<AVDictionary, AvFree> unused(options);
    if (started < 0)
        return muxFailure("header", started);
    // The muxer gives up filtering for an early index, which delay_moov makes a late one.
    muxer_->flags |= AVFMT_FLAG_AUTO_BSF;
    if (room_ > 0) {
        avio_flush(muxer_->pb);
        if (indexAt_ < 0)
            return failure(Code::MuxFailed, file_.finalPath() + QStringLiteral(": no place was left for the index"));
    }
    return {};
}

Result<void> MediaWriter::addStream(const StreamPlan& plan)
{
    const AVCodecParameters& parameters = *plan.parameters;
    if (!holds(container_, parameters.codec_id))
        return failure(Code::MuxUnsupportedCodec,
            QStringLiteral("%1 in %2")
                .arg(QString::fromLatin1(avcodec_get_name(parameters.codec_id)), QString::fromLatin1(muxerOf(container_))));
    AVStream* stream = avformat_new_stream(muxer_, nullptr);
    if (!stream || avcodec_parameters_copy(stream->codecpar, &parameters) < 0)
        return failure(Code::OutOfMemory);
    // Apple's players want hvc1; other tags are those of the container it came from, and the muxer knows its own.
    stream->codecpar->codec_tag = isMp4(container_) && parameters.codec_id == AV_CODEC_ID_HEVC ? MKTAG('h', 'v', 'c', '1') : 0;
    stream->time_base = plan.timeBase;
    if (parameters.codec_type == AVMEDIA_TYPE_AUDIO && parameters.sample_rate > 0)
        stream->time_base = {1, parameters.sample_rate};
    if (plan.frameRate.num > 0 && plan.frameRate.den > 0)
        stream->avg_frame_rate = plan.frameRate;
    stream->sample_aspect_ratio = parameters.sample_aspect_ratio;
    setText(&stream->metadata, "language", plan.language);
    setText(&stream->metadata, isMp4(container_) ? "handler_name" : "title", plan.title);
    stream->disposition = (plan.isDefault ? AV_DISPOSITION_DEFAULT : 0) | (plan.forced ? AV_DISPOSITION_FORCED : 0);
    streams_.push_back({plan.timeBase});
    return {};
}

Result<void> MediaWriter::addChapters(const std::vector<Chapter>& chapters)
{
    if (chapters.empty())
        return {};
    muxer_->chapters = static_cast<AVChapter**>(av_calloc(chapters.size(), sizeof(AVChapter*)));
    for (const Chapter& chapter : chapters) {
        auto* added = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
        if (!muxer_->chapters || !added) {
            av_free(added);
            return failure(Code::OutOfMemory);
        }
        added->id = int64_t(muxer_->nb_chapters) + 1;
        added->time_base = {1, 1000};
        added->start = std::llround(chapter.start * 1000);
        added->end = std::llround(chapter.end * 1000);
        setText(&added->metadata, "title", chapter.title);
        muxer_->chapters[muxer_->nb_chapters++] = added;
    }
    return {};
}

Result<void> MediaWriter::write(std::size_t number, AVPacket& packet)
{
    Stream& stream = streams_[number];
    const AVRational timeBase = muxer_->streams[number]->time_base;
    packet.stream_index = int(number);
    packet.pos = -1;
    av_packet_rescale_ts(&packet, stream.timeBase, timeBase);
    if (stream.lastDts != AV_NOPTS_VALUE && packet.dts <= stream.lastDts) {
        if (double(stream.lastDts - packet.dts) * av_q2d(timeBase) > kRounding)
            ++stream.written.moved;
        packet.dts = stream.lastDts + 1;
    }
    packet.pts = std::max(packet.pts, packet.dts);
    if (container_ == Container::Mkv)
        packet.pts = std::max<int64_t>(packet.pts, 0);
    const int size = packet.size;
    const double end = double(packet.pts + packet.duration) * av_q2d(timeBase);
    stream.lastDts = packet.dts;
    if (const int done = av_write_frame(muxer_, &packet); done < 0)
        return muxFailure("packet", done);
    ++stream.written.packets;
    stream.written.bytes += size;
    stream.written.end = std::max(stream.written.end, end);
    return {};
}

Result<void> MediaWriter::close()
{
    // Before the trailer, so that it alone is what closing_ keeps back.
    av_write_frame(muxer_, nullptr);
    avio_flush(muxer_->pb);
    closing_ = true;
    const int done = av_write_trailer(muxer_);
    avio_flush(muxer_->pb);
    const bool roomWasSmall = room_ > 0 && index_.size() > room_ - 8;
    if (error_ || (done < 0 && !roomWasSmall))
        return muxFailure("trailer", done);
    if (auto ok = placeIndex(); !ok)
        return ok;
    return file_.setSize(end_);
}

Result<void> MediaWriter::placeIndex()
{
    if (room_ == 0)
        return {};
    const qint64 size = index_.size() >= 8 ? qint64(qFromBigEndian<quint32>(index_.constData())) : 0;
    if (size < 8 || size > index_.size())
        return failure(Code::MuxFailed, file_.finalPath() + QStringLiteral(": no index was written"));
    indexInFront_ = size <= room_ - 8;
    if (indexInFront_)
        return store(indexAt_, {index_.constData(), std::size_t(index_.size())});
    // Chunks are found by their place in the file, so the index may stand anywhere.
    if (auto ok = store(end_, {index_.constData(), std::size_t(size)}); !ok)
        return ok;
    QByteArray hole(room_, '\0');
    qToBigEndian(quint32(room_), hole.data());
    std::copy_n("free", 4, hole.data() + 4);
    return store(indexAt_, {hole.constData(), std::size_t(hole.size())});
}

Result<void> MediaWriter::store(qint64 offset, std::span<const char> bytes)
{
    const qint64 end = offset + qint64(bytes.size());
    // A file that was finished once, and is now made again with more in it.
    if (const qint64 size = file_.size(); size >= 0 && end > size)
        if (auto ok = file_.setSize(end); !ok)
            return ok;
    end_ = std::max(end_, end);
    return file_.write(offset, bytes);
}

int MediaWriter::writeBytes(void* opaque, uint8_t* bytes, int size)
{
    auto& self = *static_cast<MediaWriter*>(opaque);
    if (self.error_ || size < 0)
        return AVERROR(EIO);
    const std::span<const char> data(reinterpret_cast<const char*>(bytes), std::size_t(size));
    // The muxer finds out that the index is too large only after having written it over the media behind its room. It comes
    // in pieces, and the sizes of its boxes are filled in afterwards.
    const qint64 within = self.at_ - self.indexAt_;
    if (self.closing_ && self.room_ > 0 && within >= 0 && within <= self.index_.size()) {
        self.index_.replace(qsizetype(within), std::min(qsizetype(data.size()), qsizetype(self.index_.size() - within)),
            QByteArray(data.data(), qsizetype(data.size())));
    } else if (auto ok = self.store(self.at_, data); !ok) {
        self.error_ = ok.error();
        return AVERROR(EIO);
    }
    self.at_ += size;
    return size;
}

int64_t MediaWriter::seek(void* opaque, int64_t offset, int whence)
{
    auto& self = *static_cast<MediaWriter*>(opaque);
    if (whence == AVSEEK_SIZE)
        return self.end_;
    if ((whence & ~AVSEEK_FORCE) == SEEK_CUR)
        offset += self.at_;
    else if ((whence & ~AVSEEK_FORCE) == SEEK_END)
        offset += self.end_;
    if (offset < 0)
        return AVERROR(EINVAL);
    if (self.indexAt_ < 0 && self.room_ > 0 && offset == self.at_ + self.room_)
        self.indexAt_ = self.at_;
    self.at_ = offset;
    return offset;
}

tl::unexpected<Error> MediaWriter::muxFailure(const char* what, int averror)
{
    if (error_)
        return failure(*error_);
    if (averror == AVERROR(ENOMEM))
        return failure(Code::OutOfMemory);
    return failure(Code::MuxFailed,
        QStringLiteral("%1: %2: %3").arg(file_.finalPath(), QString::fromLatin1(what), avText(averror)), averror);
}

} // namespace weir
