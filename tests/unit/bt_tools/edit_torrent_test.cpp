#include "bencode.h"
#include "edit_torrent.h"
#include "torrent_subject.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

const QByteArray kInfo("d6:lengthi1e4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa7:privatei1ee");

QByteArray file(const QByteArray& around) { return "d" + around + "4:info" + kInfo + "e"; }

TEST(EditTorrent, TrackersComeGoAndChangePlaces)
{
    const QString a = QStringLiteral("http://a/"), b = QStringLiteral("http://b/"), c = QStringLiteral("udp://c:1");
    const QByteArray before = file("8:announce9:http://a/");
    const auto added = editTorrent(before, {.addTrackers = {b, b}});
    ASSERT_TRUE(added);
    EXPECT_EQ(torrentSubject(*added)->trackers, (QStringList{a, b}));
    EXPECT_TRUE(added->contains("13:announce-listll9:http://a/el9:http://b/ee"));
    const auto replaced = editTorrent(*added, {.replaceTrackers = {{a, c}}});
    EXPECT_EQ(torrentSubject(*replaced)->trackers, (QStringList{c, b}));
    const auto removed = editTorrent(*replaced, {.removeTrackers = {c, b}});
    EXPECT_EQ(*removed, file({})) << "nothing else is left";
    EXPECT_EQ(editTorrent(before, {.removeTrackers = {b}}).error().code, Code::BadOption);
    EXPECT_EQ(editTorrent(before, {.replaceTrackers = {{b, c}}}).error().code, Code::BadOption);
}

TEST(EditTorrent, TheInfoHashAndUnknownKeysStay)
{
    // Keys of "info" in the wrong order and one that nobody knows: copied to the byte.
    const QByteArray odd("d1:zi1e4:name1:n6:lengthi1e6:pieces0:e");
    const QByteArray before = "d4:info" + odd + "7:unknownli1eee";
    const auto after = editTorrent(before,
        {.addTrackers = {QStringLiteral("http://a/")},
            .addWebSeeds = {QStringLiteral("http://w/")},
            .comment = QStringLiteral("hello")});
    ASSERT_TRUE(after);
    EXPECT_TRUE(after->contains("4:info" + odd));
    EXPECT_TRUE(after->contains("7:unknownli1ee"));
    EXPECT_EQ(torrentSubject(*after)->v1, torrentSubject(before)->v1);
    EXPECT_EQ(*editTorrent(*after,
                  {.removeTrackers = {QStringLiteral("http://a/")},
                      .removeWebSeeds = {QStringLiteral("http://w/")},
                      .comment = QString()}),
        before);
}

TEST(EditTorrent, WhatIsNoTorrentIsRefused)
{
    EXPECT_EQ(editTorrent("le", {}).error().code, Code::TorrentBad);
    EXPECT_EQ(editTorrent("d4:infoi1ee", {}).error().code, Code::TorrentBad);
    EXPECT_EQ(editTorrent("d4:info", {}).error().code, Code::BencodeBad);
}

} // namespace
} // namespace weir
