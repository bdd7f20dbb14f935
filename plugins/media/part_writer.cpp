#include "media/part_writer.h"

#include "media/parameter_sets.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace weir {

namespace {

constexpr AVRational kCueTimeBase{1, 1000};

/// Containers write ISO 639-2: Matroska its bibliographic codes, MP4 its terminological ones.
QString containerLanguage(const QString& tag, Container container)
{
    const QString primary = tag.section(u'-', 0, 0);
    const auto language = QLocale::codeToLanguage(primary);
    if (language == QLocale::AnyLanguage || language == QLocale::C)
        return primary.size() == 3 ? primary.toLower() : QString();
    const auto kind = container == Container::Mkv || container == Container::Ts ? QLocale::ISO639Part2B : QLocale::ISO639Part2T;
    return QLocale::languageToCode(language, kind);
}

/// What every player of timed text wants: white letters at the bottom (3GPP TS 26.245).
constexpr unsigned char kTextDescription[] = {0, 0, 0, 0, // flags
    1, 0xff,                                              // centred, at the bottom
    0, 0, 0, 0,                                           // background
    0, 0, 0, 0, 0, 0, 0, 0,                               // box: all
    0, 0, 0, 0, 0, 1, 0, 18, 0xff, 0xff, 0xff, 0xff,      // from, to, font, face, size, colour
    0, 0, 0, 18, 'f', 't', 'a', 'b', 0, 1, 0, 1, 5, 'S', 'e', 'r', 'i', 'f'};

AvParameters cueParameters(Container container)
{
    AvParameters parameters(avcodec_parameters_alloc());
    if (!parameters)
        return nullptr;
    parameters->codec_type = AVMEDIA_TYPE_SUBTITLE;
    parameters->codec_id = container == Container::Mkv ? AV_CODEC_ID_WEBVTT : AV_CODEC_ID_MOV_TEXT;
    if (parameters->codec_id == AV_CODEC_ID_MOV_TEXT) {
        parameters->extradata = static_cast<uint8_t*>(av_mallocz(sizeof kTextDescription + AV_INPUT_BUFFER_PADDING_SIZE));
        if (!parameters->extradata)
            return nullptr;
        std::memcpy(parameters->extradata, kTextDescription, sizeof kTextDescription);
        parameters->extradata_size = int(sizeof kTextDescription);
    }
    return parameters;
}

bool addSideData(AVPacket& packet, AVPacketSideDataType type, const QByteArray& bytes)
{
    if (bytes.isEmpty())
        return true;
    uint8_t* data = av_packet_new_side_data(&packet, type, std::size_t(bytes.size()));
    if (data)
        std::memcpy(data, bytes.constData(), std::size_t(bytes.size()));
    return data != nullptr;
}

AvPacket cuePacket(const Cue& cue, bool flat)
{
    AvPacket packet(av_packet_alloc());
    const qsizetype size = std::min<qsizetype>(cue.text.size(), flat ? 0xffff : cue.text.size());
    if (!packet || av_new_packet(packet.get(), int(size + (flat ? 2 : 0))) < 0)
        return nullptr;
    uint8_t* text = packet->data;
    if (flat) {
        *text++ = uint8_t(size >> 8);
        *text++ = uint8_t(size);
    } else if (!addSideData(*packet, AV_PKT_DATA_WEBVTT_IDENTIFIER, cue.id)
        || !addSideData(*packet, AV_PKT_DATA_WEBVTT_SETTINGS, cue.settings)) {
        return nullptr;
    }
    std::memcpy(text, cue.text.constData(), std::size_t(size));
    packet->flags |= AV_PKT_FLAG_KEY;
    return packet;
}

} // namespace

PartWriter::PartWriter(const RemuxPlan& plan, const RemuxFiles& files, RemuxReport& report)
    : plan_(plan),
      files_(files),
      report_(report),
      container_(plan.container)
{}

bool PartWriter::flatCues() const { return plan_.container == Container::Mp4 || plan_.container == Container::FragmentedMp4; }

PartWriter::Out* PartWriter::outOf(const TrackReader::Slot& slot)
{
    for (Out& out : outs_)
        if (out.slot == &slot)
            return &out;
    return nullptr;
}

bool PartWriter::takes(const TrackReader::Slot& slot, const StreamFormat& format) const
{
    for (const Out& out : outs_)
        if (out.slot == &slot)
            return out.now == &format || goesOn(*out.opened->parameters, *format.parameters);
    return false;
}

Result<Container> PartWriter::fitting(const std::vector<Source>& sources)
{
    std::vector<AVCodecID> codecs;
    for (const Source& source : sources)
        codecs.push_back(source.format->parameters->codec_id);
    const Container fits = fittingContainer(codecs, plan_.container);
    if (fits == plan_.container)
        return fits;
    const auto culprit =
        std::find_if(codecs.begin(), codecs.end(), [this](AVCodecID codec) { return !holds(plan_.container, codec); });
    const QString what =
        QStringLiteral("%1 in %2").arg(QString::fromLatin1(avcodec_get_name(*culprit)), extensionOf(plan_.container));
    if (plan_.strict || !holds(fits, *culprit))
        return failure(Code::MuxUnsupportedCodec, what);
    report_.notices.append(QStringLiteral("Matroska is written, for there is no %1").arg(what));
    return fits;
}

int PartWriter::reportedStream(int track, AVMediaType type, int ordinal, AVCodecID codec)
{
    for (std::size_t i = 0; i < report_.streams.size(); ++i) {
        const auto& known = report_.streams[i];
        if (known.track == track && known.type == type && known.ordinal == ordinal)
            return int(i);
    }
    report_.streams.push_back({track, type, ordinal, QString::fromLatin1(avcodec_get_name(codec))});
    return int(report_.streams.size()) - 1;
}

Result<void> PartWriter::begin(const std::vector<Source>& sources, double start)
{
    if (auto ok = close(); !ok)
        return ok;
    const auto container = fitting(sources);
    if (!container)
        return failure(container.error());
    container_ = *container;
    start_ = start;

    FilePlan file{.container = container_, .title = plan_.title, .live = plan_.live};
    if (plan_.duration > start)
        file.duration = plan_.duration - start;
    for (const Chapter& chapter : plan_.chapters)
        if (chapter.end > start)
            file.chapters.push_back({std::max(chapter.start - start, 0.0), chapter.end - start, chapter.title});
    const auto describe = [&](StreamPlan stream, int track) {
        const RemuxTrack& facts = plan_.tracks[std::size_t(track)];
        stream.language = containerLanguage(facts.language, container_);
        stream.title = facts.title;
        stream.isDefault = facts.isDefault;
        stream.forced = facts.forced;
        file.streams.push_back(std::move(stream));
    };
    RemuxReport::Part part{.container = container_, .start = start};
    for (const Source& source : sources) {
        const StreamFormat& format = *source.format;
        describe(
            {.parameters = format.parameters.get(), .timeBase = format.timeBase, .frameRate = format.frameRate}, source.track);
        outs_.push_back({source.slot, source.track, &format, &format, {},
            reportedStream(source.track, source.slot->type, source.slot->ordinal, format.parameters->codec_id)});
    }
    const AvParameters cues = cueParameters(container_);
    if (!cues)
        return failure(Code::OutOfMemory);
    for (int i = 0; i < int(plan_.tracks.size()); ++i) {
        if (plan_.tracks[std::size_t(i)].type != TrackType::Subtitles || plan_.tracks[std::size_t(i)].besideOnly)
            continue;
        if (!holds(container_, cues->codec_id)) {
            report_.notices.append(QStringLiteral("track %1: %2 can't hold subtitles").arg(i).arg(extensionOf(container_)));
            continue;
        }
        describe({.parameters = cues.get(), .timeBase = kCueTimeBase}, i);
        outs_.push_back({nullptr, i, nullptr, nullptr, {}, reportedStream(i, AVMEDIA_TYPE_SUBTITLE, 0, cues->codec_id)});
    }
    for (const Out& out : outs_)
        part.streams.push_back(out.reported);

    const auto output = files_.media(int(report_.parts.size()), container_);
    if (!output)
        return failure(output.error());
    auto writer = MediaWriter::open(**output, file);
    if (!writer)
        return failure(writer.error());
    writer_ = std::move(*writer);
    report_.parts.push_back(std::move(part));
    return {};
}

Result<void> PartWriter::write(const TrackReader::Slot& slot, TrackReader::Queued& queued, double offset)
{
    Out& out = *outOf(slot);
    AVPacket& packet = *queued.packet;
    const double tick = av_q2d(queued.format->timeBase);
    const int64_t ticks = std::llround((offset - start_) / tick);
    packet.dts += ticks;
    packet.pts += ticks;
    if (queued.format != out.now) {
        out.now = queued.format;
        const AVCodecParameters& opened = *out.opened->parameters;
        const AVCodecParameters& now = *out.now->parameters;
        const bool differ = opened.extradata_size != now.extradata_size
            || (now.extradata_size && std::memcmp(opened.extradata, now.extradata, std::size_t(now.extradata_size)) != 0);
        out.sets = differ ? inBandSets(now) : QByteArray();
        if (differ)
            report_.notices.append(QStringLiteral("track %1: parameters of %2 change at %3 s")
                                       .arg(out.track)
                                       .arg(QString::fromLatin1(avcodec_get_name(now.codec_id)))
                                       .arg(queued.dts + offset, 0, 'f', 2));
    }
    if (!out.sets.isEmpty() && (packet.flags & AV_PKT_FLAG_KEY) && !putInFront(packet, out.sets))
        return failure(Code::OutOfMemory);
    if (av_cmp_q(queued.format->timeBase, out.opened->timeBase) != 0)
        av_packet_rescale_ts(&packet, queued.format->timeBase, out.opened->timeBase);
    return writer_->write(std::size_t(&out - outs_.data()), packet);
}

Result<void> PartWriter::writeCue(int track, const Cue& cue)
{
    const auto out =
        std::find_if(outs_.begin(), outs_.end(), [track](const Out& each) { return !each.slot && each.track == track; });
    if (out == outs_.end() || !writer_)
        return {};
    const AvPacket packet = cuePacket(cue, container_ != Container::Mkv);
    if (!packet)
        return failure(Code::OutOfMemory);
    packet->pts = packet->dts = std::llround(std::max(cue.start - start_, 0.0) * 1000);
    packet->duration = std::max<int64_t>(std::llround((cue.end - start_) * 1000) - packet->pts, 1);
    return writer_->write(std::size_t(out - outs_.begin()), *packet);
}

Result<void> PartWriter::close()
{
    if (!writer_)
        return {};
    if (auto ok = writer_->close(); !ok)
        return ok;
    RemuxReport::Part& part = report_.parts.back();
    part.indexInFront = writer_->indexInFront();
    qint64 moved = 0;
    for (std::size_t i = 0; i < outs_.size(); ++i) {
        const MediaWriter::Written& written = writer_->written(i);
        RemuxReport::Stream& stream = report_.streams[std::size_t(outs_[i].reported)];
        stream.packetsWritten += written.packets;
        stream.duration += written.end;
        part.packets.push_back(written.packets);
        part.duration = std::max(part.duration, written.end);
        moved += written.moved;
    }
    if (moved > 0)
        report_.notices.append(QStringLiteral("%1 packets overlapped their predecessors and were moved").arg(moved));
    if (container_ == Container::Mp4 && !part.indexInFront)
        report_.notices.append(QStringLiteral("the index stands at the end of the file: it did not fit in front"));
    writer_.reset();
    outs_.clear();
    return {};
}

} // namespace weir
