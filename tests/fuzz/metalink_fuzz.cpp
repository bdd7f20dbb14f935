// builds with: plugins/metalink/metalink.cpp
// Any text as a metalink: what is accepted has a source, and nothing that leads out of the folder or to this machine's files.

#include "check.h"

#include "metalink/metalink.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const auto files = parseMetalink(QByteArrayView(data, qsizetype(size)), QUrl("http://host.test/x/a.meta4"));
    if (!files) {
        WEIR_CHECK(files.error().code == Code::InputUnreadable);
        return 0;
    }
    WEIR_CHECK(!files->isEmpty());
    for (const MetalinkFile& file : *files) {
        WEIR_CHECK(!file.sources.isEmpty() || !file.torrents.isEmpty());
        WEIR_CHECK(!file.name.contains(u'/') && !file.name.contains(u'\\') && file.size >= -1);
        for (const auto& list : {file.sources, file.torrents})
            for (const MetalinkSource& source : list)
                WEIR_CHECK(
                    source.url.isValid() && !source.url.isRelative() && !source.url.isLocalFile() && source.priority >= 1);
        for (const MetalinkPieces& pieces : file.pieces)
            WEIR_CHECK(pieces.length > 0 && !pieces.hashes.isEmpty());
    }
    return 0;
}
