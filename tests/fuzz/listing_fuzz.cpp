// builds with: plugins/ftp/listing.cpp
// Any text as a folder's listing: what is accepted are names that stay in the folder, and sizes that make sense.

#include "check.h"

#include "ftp/listing.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView text(data, qsizetype(size));
    for (const auto& entries : {parseMlsd(text), parseList(text)}) {
        if (!entries) {
            WEIR_CHECK(entries.error().code == Code::FtpListingBad);
            continue;
        }
        WEIR_CHECK(qsizetype(entries->size()) <= text.count('\n') + 1);
        for (const ListedEntry& entry : *entries) {
            WEIR_CHECK(!entry.name.isEmpty() && entry.name != "." && entry.name != ".." && !entry.name.contains('/'));
            WEIR_CHECK(!entry.name.contains('\n') && !entry.name.contains('\0') && !entry.name.contains('\x1b'));
            WEIR_CHECK(entry.size >= -1);
        }
    }
    return 0;
}
