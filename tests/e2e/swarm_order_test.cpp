// Which pieces come first: what the user wishes holds for peers and servers alike.
#include "e2e/swarms.h"

#include <QJsonArray>

using namespace weir;
using namespace weir::test;

namespace {

class Ordered : public Swarms, public ::testing::WithParamInterface<const char*> {
protected:
    /// A character for each piece, once so many are there.
    QString mapOf(RpcPeer& peer, qint64 id, qint64 count)
    {
        QString map;
        EXPECT_TRUE(eventually([&] {
            map = show(peer, id)[u"pieces"][u"map"].toString();
            return map.count(u'#') >= count;
        }));
        return map;
    }
    LabTorrent torrent = makeTorrent(seeds(), QStringLiteral("Album"),
        {{"a", kMiB, 1}, {"b", kMiB, 2}, {"c", kMiB, 3}, {"d", kMiB, 4}, {"e", kMiB, 5}, {"f", kMiB, 6}},
        {.pieceSize = 16 << 10});
    LabPeer seed{torrent, seeds(), true, 256 << 10};
    static constexpr int kPieces = 384, kInFile = 64;
};

TEST_P(Ordered, WhatIsWantedFirstComesFirst)
{
    const QString order = GetParam();
    begin();
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, torrent.magnet({seed.address()}), {{"options", QJsonObject{{"order", order}}}});
    const QString map = mapOf(*peer, id, 60);
    ASSERT_EQ(map.size(), kPieces);
    ASSERT_LT(map.count(u'#'), kPieces / 2) << "too late to tell";
    int ends = 0;
    for (int at = 0; at < kPieces; at += kInFile)
        ends += (map[at] == u'#') + (map[at + kInFile - 1] == u'#');
    const qsizetype leading = std::max<qsizetype>(map.indexOf(u'.'), 0);
    if (order == u"ends" || order == u"playback")
        EXPECT_EQ(ends, 12) << map.toStdString();
    if (order == u"playback" || order == u"sequential")
        EXPECT_GE(leading, 20) << map.toStdString();
    else
        EXPECT_LT(leading, 20) << map.toStdString();
    if (order == u"rarest")
        EXPECT_LT(ends, 12) << map.toStdString();
}
INSTANTIATE_TEST_SUITE_P(All, Ordered, ::testing::Values("rarest", "sequential", "ends", "playback"),
    [](const auto& info) { return std::string(info.param); });

// A server alone keeps to it, too.
TEST_F(Swarms, AServerBringsWhatIsUrgentFirst)
{
    const LabTorrent torrent =
        makeTorrent(seeds(), QStringLiteral("film.mkv"), {{QString(), 6 * kMiB, 7}}, {.pieceSize = 16 << 10});
    PlainHttpServer mirror([&](const PlainRequest& request, Connection& to) {
        return PlainHttpServer::serveFile(request, to, content(7, 0, 6 * kMiB));
    });
    begin({{"limits.down", "256K"}});
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes)),
        {{"mirrors", QJsonArray{mirror.url("/film.mkv").toString()}}, {"options", QJsonObject{{"order", "playback"}}}});
    QString map;
    ASSERT_TRUE(eventually([&] {
        map = show(*peer, id)[u"pieces"][u"map"].toString();
        return map.count(u'#') >= 60;
    }));
    EXPECT_GE(map.indexOf(u'.'), 20) << map.toStdString();
    EXPECT_EQ(map.back(), u'#') << map.toStdString();
}

} // namespace
