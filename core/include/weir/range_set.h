#pragma once
// Sets of bytes: sorted, disjoint, non-touching half-open ranges. A plain value; the caller guards it.
// This is what the ledger keeps of a file: "these bytes are there".

#include <weir/result.h>

#include <QByteArray>

#include <vector>

namespace weir {
inline namespace abi1 {

/// Half-open. As a request, `end < 0` means "to the end of the resource".
struct ByteRange {
    qint64 begin = 0;
    qint64 end = -1;

    qint64 size() const { return end - begin; }
    bool empty() const { return end >= 0 && end <= begin; }
    bool operator==(const ByteRange&) const = default;
};

class RangeSet {
public:
    RangeSet() = default;
    RangeSet(std::initializer_list<ByteRange> ranges);

    void add(ByteRange range); ///< empty ranges change nothing; `end` must not be open
    void remove(ByteRange range);
    void add(const RangeSet& other);
    void clear() { ranges_.clear(); }

    bool contains(ByteRange range) const; ///< all of it
    bool intersects(ByteRange range) const;
    qint64 bytes() const; ///< how many bytes are in the set
    qint64 bytesIn(ByteRange range) const;
    bool empty() const { return ranges_.empty(); }
    const std::vector<ByteRange>& ranges() const { return ranges_; }

    /// What is missing of [0, size).
    RangeSet gaps(qint64 size) const;
    /// The first missing byte at or after `from`.
    qint64 firstGap(qint64 from) const;

    /// Compact form for the ledger: LEB128 of alternating gap and length.
    QByteArray toBytes() const;
    static Result<RangeSet> fromBytes(QByteArrayView bytes); ///< RangesMalformed

    bool operator==(const RangeSet&) const = default;

private:
    std::vector<ByteRange> ranges_;
};

} // namespace abi1
} // namespace weir
