// RangeSet: the bytes as a ledger record (what is read writes the same bytes again, ranges are sorted and apart), and as a list
// of operations whose results must agree with a bitmap.

#include "check.h"

#include <weir/range_set.h>

#include <bitset>

using namespace weir;

namespace {

void readRecord(QByteArrayView bytes)
{
    const auto set = RangeSet::fromBytes(bytes);
    if (!set) {
        WEIR_CHECK(set.error().code == Code::RangesMalformed);
        return;
    }
    WEIR_CHECK(set->toBytes() == bytes);
    qint64 end = -1, sum = 0;
    for (const ByteRange& range : set->ranges()) {
        WEIR_CHECK(range.begin > end && range.end > range.begin);
        end = range.end;
        sum += range.size();
    }
    WEIR_CHECK(set->bytes() == sum);
    RangeSet all = set->gaps(end + 1);
    WEIR_CHECK(!all.intersects({-1, 0}) || set->empty());
    all.add(*set);
    WEIR_CHECK(all == (RangeSet{{0, end + 1}}));
}

void runOperations(QByteArrayView bytes)
{
    std::bitset<64> bits;
    RangeSet set;
    for (qsizetype i = 0; i + 1 < bytes.size(); i += 2) {
        const int begin = bytes[i] & 63, end = begin + (bytes[i + 1] & 31);
        const bool adds = bytes[i] & 64;
        adds ? set.add({begin, end}) : set.remove({begin, end});
        for (int bit = begin; bit < std::min(end, 64); ++bit)
            bits.set(std::size_t(bit), adds);
        set.remove({64, 200});
        WEIR_CHECK(set.bytes() == qint64(bits.count()));
        for (int bit = 0; bit < 64; ++bit)
            WEIR_CHECK(set.contains({bit, bit + 1}) == bits[std::size_t(bit)]
                && set.intersects({bit, bit + 1}) == bits[std::size_t(bit)]);
        WEIR_CHECK(RangeSet::fromBytes(set.toBytes()) == set);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    readRecord(bytes);
    runOperations(bytes);
    return 0;
}
