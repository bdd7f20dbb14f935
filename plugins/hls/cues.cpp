#include "hls/cues.h"

#include <QtEndian>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace weir {

namespace {

constexpr std::size_t kMaxCues = 250'000;
constexpr qint64 kMaxOffset = qint64(1) << 60;

// Element names as they are written, with the bits of their length.
constexpr quint64 kSegment = 0x18538067, kInfo = 0x1549A966, kTimestampScale = 0x2AD7B1, kDuration = 0x4489, kCues = 0x1C53BB6B,
                  kCuePoint = 0xBB, kCueTime = 0xB3, kCuePositions = 0xB7, kCueCluster = 0xF1;

struct Element {
    quint64 id = 0;
    QByteArrayView content; ///< as much of it as there is
    qint64 begin = 0;       ///< of the element, from the file's beginning
    qint64 contentBegin = 0;
};

/// The elements that follow one another in a stretch of bytes.
class Elements {
public:
    Elements(QByteArrayView bytes, qint64 begin) : bytes_(bytes), begin_(begin) {}

    std::optional<Element> next()
    {
        Element element;
        element.begin = begin_ + at_;
        const auto id = number(true);
        const auto size = id ? number(false) : std::nullopt;
        if (!size)
            return std::nullopt;
        element.id = *id;
        element.contentBegin = begin_ + at_;
        // Of the Segment only the beginning came, and its size may be unknown.
        const qint64 there = std::min<quint64>(*size, quint64(bytes_.size() - at_));
        element.content = bytes_.sliced(at_, there);
        at_ += there;
        return element;
    }

private:
    /// A number whose first bits tell its length; names keep these bits.
    std::optional<quint64> number(bool name)
    {
        if (at_ >= bytes_.size())
            return std::nullopt;
        const quint8 first = quint8(bytes_[at_]);
        const int length = std::countl_zero(first) + 1;
        if (length > (name ? 4 : 8) || bytes_.size() - at_ < length)
            return std::nullopt;
        quint64 value = name ? first : first & (0xff >> length);
        for (int i = 1; i < length; ++i)
            value = value << 8 | quint8(bytes_[at_ + i]);
        at_ += length;
        return value;
    }

    QByteArrayView bytes_;
    qint64 begin_ = 0;
    qsizetype at_ = 0;
};

quint64 unsignedOf(QByteArrayView content)
{
    quint64 value = 0;
    for (const char c : content.first(std::min<qsizetype>(content.size(), 8)))
        value = value << 8 | quint8(c);
    return value;
}

double floatOf(QByteArrayView content)
{
    if (content.size() == 4)
        return std::bit_cast<float>(qFromBigEndian<quint32>(content.data()));
    return content.size() == 8 ? std::bit_cast<double>(qFromBigEndian<quint64>(content.data())) : 0;
}

struct File {
    qint64 dataBegin = 0; ///< what the cues count from
    double tick = 0.001;  ///< seconds
    double duration = 0;
    std::map<quint64, quint64> cues; ///< cluster position -> time
};

void readInfo(const Element& info, File& file)
{
    double ticks = 0;
    Elements inside(info.content, info.contentBegin);
    while (const auto each = inside.next()) {
        if (each->id == kTimestampScale)
            file.tick = double(std::clamp<quint64>(unsignedOf(each->content), 1, 1'000'000'000'000)) / 1e9;
        else if (each->id == kDuration)
            ticks = floatOf(each->content);
    }
    file.duration = std::isfinite(ticks) && ticks > 0 && ticks < 1e15 ? ticks * file.tick : 0;
}

void readCues(const Element& cues, File& file)
{
    Elements points(cues.content, cues.contentBegin);
    while (const auto point = points.next()) {
        if (point->id != kCuePoint || file.cues.size() >= kMaxCues)
            continue;
        quint64 time = 0;
        std::optional<quint64> cluster;
        Elements inside(point->content, point->contentBegin);
        while (const auto each = inside.next()) {
            if (each->id == kCueTime)
                time = unsignedOf(each->content);
            else if (each->id == kCuePositions && !cluster) {
                Elements positions(each->content, each->contentBegin);
                while (const auto position = positions.next())
                    if (position->id == kCueCluster)
                        cluster = unsignedOf(position->content);
            }
        }
        // Several cues may point into one cluster; its beginning is the first of them.
        if (cluster && *cluster < quint64(kMaxOffset) && time < quint64(kMaxOffset))
            file.cues.try_emplace(*cluster, time);
    }
}

} // namespace

Result<std::vector<Segment>> segmentsFromCues(QByteArrayView bytes, const PendingIndex& pending)
{
    File file;
    Elements outer(bytes, 0);
    while (const auto element = outer.next()) {
        if (element->id != kSegment)
            continue;
        file.dataBegin = element->contentBegin;
        Elements inside(element->content, element->contentBegin);
        while (const auto each = inside.next()) {
            if (each->id == kInfo)
                readInfo(*each, file);
            else if (each->id == kCues)
                readCues(*each, file);
        }
    }
    const QString where = pending.media.isEmpty() ? QString() : pending.media.first().toDisplayString();
    if (file.cues.empty())
        return failure(Code::BadPlaylist, QStringLiteral("the index of %1: there are no cues").arg(where));
    const qint64 firstCluster = file.dataBegin + qint64(file.cues.begin()->first);
    const qint64 headEnd = std::min<qint64>(firstCluster, bytes.size());
    const auto init =
        pending.init ? pending.init : std::make_shared<const Resource>(Resource{pending.media, ByteRange{0, headEnd}});
    std::vector<Segment> segments;
    for (auto cue = file.cues.begin(); cue != file.cues.end(); ++cue) {
        const auto following = std::next(cue);
        const bool last = following == file.cues.end();
        Segment segment;
        const qint64 begin = file.dataBegin + qint64(cue->first);
        segment.media = {pending.media, ByteRange{begin, last ? -1 : file.dataBegin + qint64(following->first)}};
        segment.init = init;
        const double start = double(cue->second) * file.tick;
        const double end = last ? std::max(file.duration, start) : double(following->second) * file.tick;
        segment.start = start + pending.timeShift.value_or(pending.periodStart);
        segment.duration = std::max(0.0, end - start);
        segment.discontinuity = pending.discontinuity;
        segment.timeShift = pending.timeShift;
        const bool outside = (pending.periodEnd >= 0 && segment.start >= pending.periodEnd)
            || segment.start + segment.duration < pending.periodStart;
        if (!outside)
            segments.push_back(std::move(segment));
    }
    return segments;
}

} // namespace weir
