// Digest headers, typed digests and sums files: whatever is read is of a known algorithm with a value of its length, and reads
// the same again from its own text.

#include "check.h"

#include "base/digest.h"

using namespace weir;

namespace {

void checkDigest(const ExpectedDigest& digest)
{
    WEIR_CHECK(digestStrength(digest.algorithm) > 0);
    WEIR_CHECK(digestAlgorithm(digest.algorithm) == digest.algorithm);
    WEIR_CHECK(Hasher(digest.algorithm).result().size() == digest.value.size());
    WEIR_CHECK(parseDigest(toText(digest)) == digest);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArray bytes(data, qsizetype(size));
    for (const char* name : {"Repr-Digest", "Digest", "Content-MD5"}) {
        const auto digests = digestsFromHeaders({{name, bytes}}, true);
        WEIR_CHECK(digests.size() <= 5);
        for (const ExpectedDigest& digest : digests)
            checkDigest(digest);
    }
    const auto parsed = parseDigest(QString::fromUtf8(bytes));
    if (parsed)
        checkDigest(*parsed);
    else
        WEIR_CHECK(parsed.error().code == Code::BadChecksum);
    const auto listed = digestFromSums(bytes, QStringLiteral("a.iso"));
    if (listed)
        checkDigest(*listed);
    else
        WEIR_CHECK(listed.error().code == Code::SumsFileNoEntry);
    return 0;
}
