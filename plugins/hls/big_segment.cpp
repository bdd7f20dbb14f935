#include "hls/big_segment.h"

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kRange = 4 << 20;
constexpr std::size_t kAtOnce = 3;
constexpr int kRangeNotSatisfiable = 416;

} // namespace

BigSegment::BigSegment(Resource media, qint64 had) : urls_(media.urls)
{
    const ByteRange range = media.range.value_or(ByteRange{0, -1});
    at_ = range.begin + had;
    end_ = range.end;
}

void BigSegment::ask(ResourceFetches& fetches)
{
    const std::size_t most = end_ < 0 ? 1 : kAtOnce;
    while (ranges_.size() < most && (end_ < 0 || at_ < end_)) {
        Range range{.begin = at_, .size = end_ < 0 ? kRange : std::min(kRange, end_ - at_)};
        range.fetch = fetches.want({.resource = {urls_, ByteRange{at_, at_ + range.size}}, .most = kRange});
        at_ += range.size;
        ranges_.push_back(std::move(range));
    }
}

bool BigSegment::take(ResourceFetches::Fetched& fetched)
{
    const auto range = std::find_if(ranges_.begin(), ranges_.end(), [&](const Range& r) { return r.fetch == fetched.id; });
    if (range == ranges_.end())
        return false;
    if (end_ < 0 && fetched.total >= 0)
        end_ = fetched.total;
    // Nobody says how long it is: the first range that is not full is the last.
    if (end_ < 0 && fetched.bytes && fetched.bytes->size() < range->size)
        end_ = range->begin + fetched.bytes->size();
    if (end_ < 0 && !fetched.bytes && fetched.bytes.error().native == kRangeNotSatisfiable && range->begin > 0) {
        end_ = range->begin;
        fetched.bytes = QByteArray();
    }
    if (fetched.bytes && end_ >= 0 && fetched.bytes->size() < std::min(range->size, end_ - range->begin))
        fetched.bytes = failure(Code::RangeWrong,
            QStringLiteral("%1 of %2 bytes of %3")
                .arg(fetched.bytes->size())
                .arg(range->size)
                .arg(urls_.front().toDisplayString()));
    range->bytes = std::move(fetched.bytes);
    return true;
}

std::optional<Result<QByteArray>> BigSegment::next()
{
    if (ranges_.empty() || !ranges_.front().bytes)
        return std::nullopt;
    auto bytes = std::move(*ranges_.front().bytes);
    ranges_.pop_front();
    return bytes;
}

qint64 BigSegment::inMemory() const { return qint64(ranges_.size()) * kRange; }

} // namespace weir
