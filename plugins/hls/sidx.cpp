#include "hls/sidx.h"

#include "hls/cues.h"

#include <QtEndian>

#include <algorithm>

namespace weir {

namespace {

constexpr std::size_t kMaxSegments = 250'000;
constexpr std::size_t kMaxIndexes = 5000;
constexpr int kMaxDepth = 8;
constexpr qint64 kMaxIndex = 16 << 20;
constexpr qint64 kFirstLook = 64 << 10;
constexpr qint64 kMaxOffset = qint64(1) << 60;

tl::unexpected<Error> bad(const PendingIndex& pending, const char* reason)
{
    const QString where = pending.media.isEmpty() ? QString() : pending.media.first().toDisplayString();
    return failure(Code::BadPlaylist, QStringLiteral("the index of %1: %2").arg(where, QLatin1String(reason)));
}

/// Big-endian numbers one after the other; past the end they are 0 and `ok` is false.
class Bytes {
public:
    explicit Bytes(QByteArrayView bytes) : bytes_(bytes) {}
    template <class T> T take()
    {
        if (bytes_.size() - at_ < qsizetype(sizeof(T))) {
            ok = false;
            return 0;
        }
        const T value = qFromBigEndian<T>(bytes_.data() + at_);
        at_ += sizeof(T);
        return value;
    }
    bool ok = true;

private:
    QByteArrayView bytes_;
    qsizetype at_ = 0;
};

struct Box {
    qint64 begin = 0, content = 0, size = 0; ///< from the beginning of what came
};

/// The first sidx among the boxes on the outermost level. `cut`: a box that goes on behind the end, and would be the next.
std::optional<Box> findSidx(QByteArrayView bytes, qint64& cut)
{
    qint64 at = 0;
    while (bytes.size() - at >= 8) {
        Bytes head(bytes.sliced(at));
        qint64 size = head.take<quint32>();
        const quint32 type = head.take<quint32>();
        qint64 content = 8;
        if (size == 1) {
            const quint64 large = head.take<quint64>();
            size = head.ok && large < quint64(kMaxOffset) ? qint64(large) : 0;
            content = 16;
        }
        if (size < content)
            return std::nullopt;
        if (size > bytes.size() - at) {
            cut = type == 0x73696478 ? at + size : -1;
            return std::nullopt;
        }
        if (type == 0x73696478)
            return Box{at, content, size};
        at += size;
    }
    return std::nullopt;
}

Segment wholeFile(const PendingIndex& pending)
{
    Segment segment;
    segment.media.urls = pending.media;
    segment.start = pending.periodStart;
    segment.duration = pending.periodEnd >= 0 ? pending.periodEnd - pending.periodStart : 0;
    segment.discontinuity = pending.discontinuity;
    segment.timeShift = pending.timeShift;
    return segment;
}

Result<Indexed> fromSidx(QByteArrayView bytes, const PendingIndex& pending)
{
    const qint64 base = pending.index.range ? pending.index.range->begin : 0;
    qint64 cut = -1;
    const auto box = findSidx(bytes, cut);
    if (!box && cut > 0) {
        const qint64 asked = pending.index.range && pending.index.range->end >= 0 ? pending.index.range->size() : bytes.size();
        if (cut > kMaxIndex || cut <= asked)
            return bad(pending, "it is cut off");
        Indexed more{{}, {pending}};
        more.further[0].index.range = ByteRange{base, base + cut};
        return more;
    }
    if (!box && pending.guessed)
        return Indexed{{wholeFile(pending)}, {}};
    if (!box)
        return bad(pending, "there is none");

    Bytes in(bytes.sliced(box->begin + box->content, box->size - box->content));
    const quint32 version = in.take<quint32>() >> 24;
    in.take<quint32>(); // reference_ID
    const quint32 timescale = in.take<quint32>();
    const quint64 earliest = version == 0 ? in.take<quint32>() : in.take<quint64>();
    const quint64 firstOffset = version == 0 ? in.take<quint32>() : in.take<quint64>();
    in.take<quint16>();
    const int count = in.take<quint16>();
    if (!in.ok || timescale == 0 || earliest > quint64(kMaxOffset) || firstOffset > quint64(kMaxOffset))
        return bad(pending, "it makes no sense");

    Indexed indexed;
    auto init = pending.init;
    if (!init && base + box->begin > 0)
        init = std::make_shared<const Resource>(Resource{pending.media, ByteRange{0, base + box->begin}});
    qint64 at = base + box->begin + box->size + qint64(firstOffset), time = qint64(earliest);
    for (int i = 0; i < count; ++i) {
        const quint32 reference = in.take<quint32>(), duration = in.take<quint32>();
        in.take<quint32>(); // SAP
        const qint64 size = reference & 0x7fffffff;
        if (!in.ok)
            return bad(pending, "it is cut off");
        if (reference >> 31) {
            PendingIndex below = pending;
            below.init = init;
            below.index = {pending.media, ByteRange{at, at + std::min(size, kFirstLook)}};
            below.guessed = false;
            if (++below.depth > kMaxDepth)
                return bad(pending, "it has too many levels");
            if (size > 0)
                indexed.further.push_back(std::move(below));
        } else if (size > 0) {
            Segment segment;
            segment.media = {pending.media, ByteRange{at, at + size}};
            segment.init = init;
            segment.start = double(time) / timescale + pending.timeShift.value_or(pending.periodStart);
            segment.duration = double(duration) / timescale;
            segment.discontinuity = pending.discontinuity;
            segment.timeShift = pending.timeShift;
            const bool outside = segment.start + segment.duration <= pending.periodStart
                || (pending.periodEnd >= 0 && segment.start >= pending.periodEnd);
            if (!outside)
                indexed.segments.push_back(std::move(segment));
        }
        at += size;
        time += duration;
    }
    return indexed;
}

} // namespace

Result<Indexed> segmentsFromIndex(QByteArrayView bytes, const PendingIndex& pending)
{
    if (!bytes.startsWith("\x1a\x45\xdf\xa3"))
        return fromSidx(bytes, pending);
    auto segments = segmentsFromCues(bytes, pending);
    if (!segments)
        return failure(segments.error());
    return Indexed{std::move(*segments), {}};
}

Result<void> addIndexed(Track& track, QByteArrayView bytes)
{
    if (track.indexes.empty())
        return {};
    const PendingIndex pending = std::move(track.indexes.back());
    track.indexes.pop_back();
    auto indexed = segmentsFromIndex(bytes, pending);
    if (!indexed)
        return failure(indexed.error());
    std::move(indexed->segments.begin(), indexed->segments.end(), std::back_inserter(track.segments));
    std::move(indexed->further.begin(), indexed->further.end(), std::back_inserter(track.indexes));
    if (track.segments.size() > kMaxSegments || track.indexes.size() > kMaxIndexes)
        return failure(Code::PlaylistTooLarge, QStringLiteral("too many segments in the index of a file"));
    if (!track.indexes.empty())
        return {};
    std::stable_sort(track.segments.begin(), track.segments.end(), [](const Segment& left, const Segment& right) {
        return std::pair(left.discontinuity, left.start) < std::pair(right.discontinuity, right.start);
    });
    qint64 number = 0;
    for (Segment& segment : track.segments)
        segment.number = number++;
    return {};
}

} // namespace weir
