#include <weir/range_set.h>

#include <algorithm>
#include <limits>

namespace weir {
inline namespace abi1 {

namespace {

using Ranges = std::vector<ByteRange>;

/// The first range that ends after `position`.
Ranges::const_iterator firstEndingAfter(const Ranges& ranges, qint64 position)
{
    return std::upper_bound(
        ranges.begin(), ranges.end(), position, [](qint64 at, const ByteRange& range) { return at < range.end; });
}

void appendNumber(QByteArray& out, quint64 number)
{
    while (number >= 0x80) {
        out.append(char(number | 0x80));
        number >>= 7;
    }
    out.append(char(number));
}

/// Only the shortest form of numbers up to 2^63-1, so that equal sets have equal bytes.
std::optional<qint64> takeNumber(QByteArrayView& in)
{
    quint64 number = 0;
    for (qsizetype i = 0; i < in.size() && i < 9; ++i) {
        const auto byte = quint8(in[i]);
        number |= quint64(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (byte == 0 && i > 0)
            return std::nullopt;
        in = in.sliced(i + 1);
        return qint64(number);
    }
    return std::nullopt;
}

} // namespace

RangeSet::RangeSet(std::initializer_list<ByteRange> ranges)
{
    for (const ByteRange& range : ranges)
        add(range);
}

void RangeSet::add(ByteRange range)
{
    range.begin = std::max<qint64>(range.begin, 0);
    if (range.end <= range.begin)
        return;
    if (ranges_.empty() || ranges_.back().end < range.begin) {
        ranges_.push_back(range);
        return;
    }
    if (ranges_.back().begin <= range.begin) {
        ranges_.back().end = std::max(ranges_.back().end, range.end);
        return;
    }
    // Touching ranges melt too: those from the first that ends at or after our begin to the last that begins at or before our
    // end.
    const auto first = std::lower_bound(
        ranges_.begin(), ranges_.end(), range.begin, [](const ByteRange& other, qint64 at) { return other.end < at; });
    const auto last =
        std::upper_bound(first, ranges_.end(), range.end, [](qint64 at, const ByteRange& other) { return at < other.begin; });
    if (first == last) {
        ranges_.insert(first, range);
        return;
    }
    first->begin = std::min(first->begin, range.begin);
    first->end = std::max(std::prev(last)->end, range.end);
    ranges_.erase(std::next(first), last);
}

void RangeSet::remove(ByteRange range)
{
    range.begin = std::max<qint64>(range.begin, 0);
    if (range.end <= range.begin)
        return;
    auto at = ranges_.begin() + (firstEndingAfter(ranges_, range.begin) - ranges_.cbegin());
    if (at == ranges_.end() || at->begin >= range.end)
        return;
    if (at->begin < range.begin) {
        const ByteRange right{range.end, at->end};
        at->end = range.begin;
        ++at;
        if (right.end > right.begin) {
            ranges_.insert(at, right);
            return;
        }
    }
    const auto last = ranges_.begin() + (firstEndingAfter(ranges_, range.end) - ranges_.cbegin());
    at = ranges_.erase(at, last);
    if (at != ranges_.end())
        at->begin = std::max(at->begin, range.end);
}

void RangeSet::add(const RangeSet& other)
{
    Ranges sorted;
    sorted.reserve(ranges_.size() + other.ranges_.size());
    std::merge(ranges_.begin(), ranges_.end(), other.ranges_.begin(), other.ranges_.end(), std::back_inserter(sorted),
        [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
    ranges_.clear();
    for (const ByteRange& range : sorted)
        add(range);
}

bool RangeSet::contains(ByteRange range) const
{
    if (range.end <= range.begin)
        return true;
    const auto at = firstEndingAfter(ranges_, range.begin);
    return at != ranges_.end() && at->begin <= range.begin && at->end >= range.end;
}

bool RangeSet::intersects(ByteRange range) const
{
    if (range.end <= range.begin)
        return false;
    const auto at = firstEndingAfter(ranges_, range.begin);
    return at != ranges_.end() && at->begin < range.end;
}

qint64 RangeSet::bytes() const
{
    qint64 sum = 0;
    for (const ByteRange& range : ranges_)
        sum += range.size();
    return sum;
}

qint64 RangeSet::bytesIn(ByteRange range) const
{
    qint64 sum = 0;
    for (auto at = firstEndingAfter(ranges_, range.begin); at != ranges_.end() && at->begin < range.end; ++at)
        sum += std::min(at->end, range.end) - std::max(at->begin, range.begin);
    return sum;
}

RangeSet RangeSet::gaps(qint64 size) const
{
    RangeSet missing;
    qint64 at = 0;
    for (const ByteRange& range : ranges_) {
        if (at >= size)
            break;
        missing.add({at, std::min(range.begin, size)});
        at = range.end;
    }
    missing.add({at, size});
    return missing;
}

qint64 RangeSet::firstGap(qint64 from) const
{
    from = std::max<qint64>(from, 0);
    const auto at = firstEndingAfter(ranges_, from);
    return at != ranges_.end() && at->begin <= from ? at->end : from;
}

QByteArray RangeSet::toBytes() const
{
    QByteArray out;
    qint64 at = 0;
    for (const ByteRange& range : ranges_) {
        appendNumber(out, quint64(range.begin - at));
        appendNumber(out, quint64(range.size()));
        at = range.end;
    }
    return out;
}

Result<RangeSet> RangeSet::fromBytes(QByteArrayView bytes)
{
    const auto damaged = [&](const char* what) {
        return failure(
            Code::RangesMalformed, QStringLiteral("%1 in a record of %2 bytes").arg(QLatin1StringView(what)).arg(bytes.size()));
    };
    RangeSet set;
    QByteArrayView rest = bytes;
    qint64 at = 0;
    while (!rest.isEmpty()) {
        const auto gap = takeNumber(rest);
        const auto length = gap ? takeNumber(rest) : std::nullopt;
        if (!length)
            return damaged("a broken number");
        if (*length == 0 || (*gap == 0 && at > 0))
            return damaged("an empty range or gap");
        constexpr qint64 kMax = std::numeric_limits<qint64>::max();
        if (*gap > kMax - at || *length > kMax - at - *gap)
            return damaged("a range beyond the largest file");
        set.ranges_.push_back({at + *gap, at + *gap + *length});
        at = set.ranges_.back().end;
    }
    return set;
}

} // namespace abi1
} // namespace weir
