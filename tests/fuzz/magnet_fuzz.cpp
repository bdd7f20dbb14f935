// builds with: plugins/bt/tools/magnet.cpp
// Any text as a magnet link: what is accepted names a torrent, and says the same after it was written and read again.

#include "check.h"

#include "bt/tools/magnet.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    for (const QByteArray& link : {QByteArray(data, qsizetype(size)),
             QByteArray("magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&") + QByteArray(data, qsizetype(size))}) {
        const auto magnet = parseMagnet(link);
        if (!magnet) {
            WEIR_CHECK(magnet.error().code == Code::MagnetBad);
            continue;
        }
        WEIR_CHECK(magnet->v1.size() == 20 || (magnet->v1.isEmpty() && magnet->v2.size() == 32));
        WEIR_CHECK(magnet->v2.isEmpty() || magnet->v2.size() == 32);
        const QByteArray written = magnetLink(*magnet);
        // Escapes may make it three times as long as what is read.
        if (written.size() > 64 << 10)
            continue;
        const auto again = parseMagnet(written);
        WEIR_CHECK(again);
        WEIR_CHECK(magnetLink(*again) == written);
    }
    return 0;
}
