#include "media/segment_feed.h"

#include "media/mp4_boxes.h"
#include "media/sniff.h"

#include <algorithm>
#include <array>

namespace weir {

namespace {

// A demuxer of fragments remembers every sample it has seen; a fresh one now and then bounds what an endless stream costs.
constexpr int kSegmentsOfFragments = 64;

int mostSegments(Packing packing)
{
    switch (packing) {
    case Packing::PackedAudio: return 1; // each says its time in a tag, which demuxers take for damage
    case Packing::Fmp4: return kSegmentsOfFragments;
    default: return std::numeric_limits<int>::max();
    }
}

} // namespace

SegmentFeed::SegmentFeed(const Spool& spool, int track, std::stop_token stop)
    : spool_(spool),
      track_(track),
      stop_(std::move(stop))
{}

Result<std::optional<SpoolEntry>> SegmentFeed::next()
{
    for (;; ++index_) {
        auto entry = spool_.entry(track_, index_, stop_);
        if (!entry || !*entry)
            return entry;
        if ((*entry)->kind == SpoolEntry::Kind::Gap)
            missing_ += std::max((*entry)->duration, 0.0);
        if ((*entry)->kind == SpoolEntry::Kind::Joined || (*entry)->kind == SpoolEntry::Kind::NewFile)
            seam_ = (*entry)->kind == SpoolEntry::Kind::Joined ? Seam::Joined : Seam::NewFile;
        if ((*entry)->kind != SpoolEntry::Kind::Media)
            continue;
        if ((*entry)->packing != Packing::Fmp4 || judged_ == index_)
            return entry;
        const auto shape = shapeOf(**entry);
        if (!shape)
            return failure(shape.error());
        if (*shape == Shape::Nonsense) {
            notices_.append(QStringLiteral("segment %1 is damaged: no boxes of MP4").arg((*entry)->number));
            missing_ += std::max((*entry)->duration, 0.0);
            continue;
        }
        judged_ = index_;
        judgedCut_ = *shape == Shape::Cut;
        if (judgedCut_)
            notices_.append(QStringLiteral("segment %1 is damaged: its end is missing").arg((*entry)->number));
        return entry;
    }
}

/// Demuxers take what a box lacks from the segment that follows, and skip what a size says, however far.
Result<SegmentFeed::Shape> SegmentFeed::shapeOf(const SpoolEntry& entry) const
{
    qint64 at = 0;
    for (int boxes = 0; at < entry.size; ++boxes) {
        std::array<char, 16> head;
        const auto size = std::size_t(std::min<qint64>(entry.size - at, qint64(head.size())));
        if (auto ok = spool_.read(track_, entry.offset + at, {head.data(), size}); !ok)
            return failure(ok.error());
        const auto box = mp4BoxSize(QByteArrayView(head.data(), qsizetype(size)));
        const bool named = std::all_of(head.begin() + 4, head.begin() + 8, [](char c) { return c >= ' ' && c <= '~'; });
        if (!box || !named)
            return boxes == 0 ? Shape::Nonsense : Shape::Cut;
        if (box->whole == 0 || box->whole > entry.size - at)
            return Shape::Cut;
        at += box->whole;
    }
    return Shape::Whole;
}

Result<void> SegmentFeed::begin()
{
    const auto entry = next();
    if (!entry)
        return failure(entry.error());
    if (!*entry)
        return failure(Code::Internal, QStringLiteral("a piece without a segment"));
    segments_ = 0;
    initAt_ = initEnd_ = 0;
    if ((*entry)->init >= 0)
        if (const auto init = spool_.entryNow(track_, (*entry)->init)) {
            initAt_ = init->offset;
            initEnd_ = init->offset + init->size;
        }
    return start(**entry);
}

Result<void> SegmentFeed::start(const SpoolEntry& entry)
{
    current_ = entry;
    at_ = entry.offset;
    end_ = entry.offset + entry.size;
    missingBefore_ = missing_;
    cut_ = judged_ == index_ && judgedCut_;
    ++segments_;
    ++index_;
    id3_.reset();
    return entry.packing == Packing::PackedAudio ? stripId3() : Result<void>();
}

Result<void> SegmentFeed::stripId3()
{
    std::array<char, kSniffBytes> first;
    for (int tags = 0; tags < 8; ++tags) {
        const auto size = std::size_t(std::min<qint64>(end_ - at_, qint64(first.size())));
        if (auto ok = spool_.read(track_, at_, {first.data(), size}); !ok)
            return ok;
        const QByteArrayView tag(first.data(), qsizetype(size));
        const qint64 length = id3Size(tag);
        if (length == 0)
            break;
        if (!id3_)
            id3_ = id3Timestamp(tag);
        at_ = std::min(end_, at_ + length);
    }
    return {};
}

bool SegmentFeed::continues(const SpoolEntry& entry) const
{
    return entry.discontinuity == current_->discontinuity && entry.packing == current_->packing && entry.init == current_->init
        && entry.timeShift == current_->timeShift && segments_ < mostSegments(entry.packing);
}

Result<qint64> SegmentFeed::read(std::span<char> into)
{
    while (at_ >= end_ && initAt_ >= initEnd_) {
        if (!current_ || cut_ || segments_ >= mostSegments(current_->packing))
            return 0;
        const auto entry = next();
        if (!entry)
            return failure(entry.error());
        if (!*entry || !continues(**entry))
            return 0;
        if (auto ok = start(**entry); !ok)
            return failure(ok.error());
    }
    const bool init = initAt_ < initEnd_;
    qint64& at = init ? initAt_ : at_;
    const qint64 size = std::min<qint64>((init ? initEnd_ : end_) - at, qint64(into.size()));
    if (auto ok = spool_.read(track_, at, into.first(std::size_t(size))); !ok)
        return failure(ok.error());
    at += size;
    return size;
}

void SegmentFeed::skipSegment()
{
    at_ = end_;
    initAt_ = initEnd_;
    current_.reset();
}

} // namespace weir
