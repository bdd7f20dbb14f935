// Torrent to magnet and back through a real peer, for every version of hashes: what comes back is the same file, with all that
// other clients need of it.
#include "bencode.h"
#include "e2e/torrent_lab.h"
#include "support/files.h"
#include "support/weir_command.h"
#include "torrent_summary.h"

#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr int kPiece = 32 << 10;

struct Version {
    const char* name;
    LabWishes wishes;
    QList<bool (*)(Magnet&)> links; ///< which topics the link has; false: it has none of these
};

bool whole(Magnet&) { return true; }
bool onlyFirst(Magnet& magnet) { return magnet.v2.clear(), true; }
bool onlySecond(Magnet& magnet) { return magnet.v1.clear(), true; }

class Magnets : public ::testing::TestWithParam<Version> {
protected:
    static QByteArray part(const QByteArray& torrent, const char* key)
    {
        const auto root = readBencode(torrent);
        const BencodeValue* const value = root ? root->find(key) : nullptr;
        return value ? torrent.sliced(value->begin, value->end - value->begin) : QByteArray();
    }

    QTemporaryDir home;
};

TEST_P(Magnets, BringTheSameTorrentBack)
{
    LabWishes wishes = GetParam().wishes;
    wishes.pieceSize = kPiece;
    wishes.trackers = {"http://127.0.0.1:9/announce?key=a&b", "udp://127.0.0.1:9/announce"};
    wishes.webSeeds = {"http://127.0.0.1:9/seed/"};
    // Above 512 pieces the hashes of one file come in more than one message.
    const LabTorrent torrent = makeTorrent(home.filePath("seeds"), "set & more",
        {{"large.bin", 600 * kPiece + 5, 1}, {"deep/two.bin", 2 * kPiece, 2}, {"small.txt", 100, 3}}, wishes);
    const QString file = home.filePath("first.torrent");
    ASSERT_TRUE(writeFile(file, torrent.bytes));
    const Ran shown = runWeir({"torrent", "show", "--magnet", file});
    ASSERT_EQ(shown.status, 0) << shown.err.toStdString();
    const auto magnet = parseMagnet(shown.out.trimmed());
    ASSERT_TRUE(magnet) << shown.out.toStdString();
    EXPECT_EQ(magnet->name, "set & more");
    EXPECT_EQ(magnet->trackers, wishes.trackers);
    EXPECT_EQ(magnet->webSeeds, wishes.webSeeds);
    EXPECT_EQ(magnet->length, torrent.size());
    const LabPeer seed(torrent, home.filePath("seeds"), true);
    for (const auto& topics : GetParam().links) {
        Magnet link = *magnet;
        topics(link);
        link.peers = {seed.address()};
        link.selection = "0,2";
        const QString target = home.filePath("again.torrent");
        const Ran fetched = runWeir({"torrent", "fetch", QString::fromLatin1(magnetLink(link)), "-o", target, "--no-dht"});
        ASSERT_EQ(fetched.status, 0) << fetched.err.toStdString();
        const QByteArray bytes = fileBytes(target);
        EXPECT_TRUE(part(bytes, "info") == part(torrent.bytes, "info")) << "another torrent";
        EXPECT_TRUE(part(bytes, "piece layers") == part(torrent.bytes, "piece layers"))
            << part(bytes, "piece layers").size() << " bytes of " << part(torrent.bytes, "piece layers").size();
        const auto summary = summarize(bytes);
        ASSERT_TRUE(summary);
        EXPECT_EQ(magnetLink(summary->magnet()), shown.out.trimmed());
    }
}

INSTANTIATE_TEST_SUITE_P(OfVersion, Magnets,
    ::testing::Values(Version{"one", {}, {&whole}}, Version{"two", {.onlyV2 = true}, {&whole}},
        Version{"both", {.hybrid = true}, {&whole, &onlySecond, &onlyFirst}}),
    [](const auto& info) { return std::string(info.param.name); });

} // namespace
