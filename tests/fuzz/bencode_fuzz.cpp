// builds with: plugins/bt/tools/bencode.cpp
// builds with: plugins/bt/tools/edit_torrent.cpp
// builds with: plugins/bt/tools/metainfo_lists.cpp
// Any bytes as bencode: every value lies within its parent and within the bytes, nesting keeps to its cap, a fault names a
// byte; and an edited torrent keeps the bytes of its "info".

#include "check.h"

#include "bt/tools/bencode.h"
#include "bt/tools/edit_torrent.h"

using namespace weir;

namespace {

void checkValue(const BencodeValue& value, qsizetype begin, qsizetype end, int depth)
{
    WEIR_CHECK(value.begin >= begin && value.begin < value.end && value.end <= end && depth <= 30);
    if (const auto* list = value.list()) {
        qsizetype at = value.begin + 1;
        for (const BencodeValue& one : *list) {
            checkValue(one, at, value.end - 1, depth + 1);
            at = one.end;
        }
    }
    if (const auto* entries = value.dictionary()) {
        qsizetype at = value.begin + 1;
        for (const BencodeEntry& entry : *entries) {
            checkValue(entry.value, at, value.end - 1, depth + 1);
            at = entry.value.end;
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArray bytes(data, qsizetype(size));
    BencodeRemarks remarks;
    const auto root = readBencode(bytes, {.values = 1000, .depth = 30}, &remarks);
    WEIR_CHECK(remarks.size() <= 20);
    if (!root) {
        WEIR_CHECK(
            root.error().detail.startsWith(QLatin1String("byte ")) || root.error().detail.contains(QLatin1String("more than")));
        return 0;
    }
    checkValue(*root, 0, bytes.size(), 0);
    WEIR_CHECK(root->end == bytes.size());
    const BencodeValue* info = root->find("info");
    const auto edited = editTorrent(bytes, {.addTrackers = {QStringLiteral("http://t.test/announce")}, .comment = QString()});
    if (!edited)
        return 0;
    const auto again = readBencode(*edited);
    WEIR_CHECK(again && again->find("info"));
    const BencodeValue* kept = again->find("info");
    WEIR_CHECK(bytes.mid(info->begin, info->end - info->begin) == edited->mid(kept->begin, kept->end - kept->begin));
    return 0;
}
