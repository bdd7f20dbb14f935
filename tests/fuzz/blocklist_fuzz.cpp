// builds with: plugins/bt/bt_blocklist.cpp
// links: PkgConfig::TORRENT
// Any bytes as a list of addresses: every line is understood, strange or nothing, and without a range it is no list.

#include "check.h"

#include "bt/bt_blocklist.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView text(data, qsizetype(size));
    const auto list = parseBlocklist(text);
    if (!list) {
        WEIR_CHECK(list.error().code == Code::InputUnreadable);
        return 0;
    }
    WEIR_CHECK(list->ranges > 0);
    WEIR_CHECK(list->ranges + list->strange <= text.count('\n') + 1);
    return 0;
}
