#include "metalink/metalink.h"
#include "metalink/metalink_state.h"

#include <gtest/gtest.h>

using namespace weir;

namespace {

const QByteArray kSha(64, 'a');

QByteArray v4(const QByteArray& inside)
{
    return "<?xml version=\"1.0\"?><metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">" + inside + "</metalink>";
}

TEST(Metalink, VersionFour)
{
    const auto files = parseMetalink(v4("<generator>x</generator><file name=\"dir/a.iso\"><size>300</size>"
                                        "<hash type=\"sha-256\">"
                                         + kSha
                                         + "</hash><hash type=\"whirl\">zz</hash>"
                                           "<pieces length=\"200\" type=\"sha-256\"><hash>"
                                         + kSha + "</hash><hash>" + kSha
                                         + "</hash></pieces>"
                                           "<url priority=\"2\" location=\"de\">ftp://b.example/a.iso</url>"
                                           "<url priority=\"1\">https://a.example/a.iso</url><url>a.iso</url>"
                                           "<url>file:///etc/passwd</url>"
                                           "<metaurl mediatype=\"torrent\">http://a.example/a.torrent</metaurl></file>"),
        QUrl("http://own.example/x/a.meta4"));
    ASSERT_TRUE(files) << describe(files.error()).toStdString();
    ASSERT_EQ(files->size(), 1);
    const MetalinkFile& file = files->first();
    EXPECT_EQ(file.name, "a.iso");
    EXPECT_EQ(file.size, 300);
    ASSERT_EQ(file.hashes.size(), 1);
    EXPECT_EQ(file.hashes[0].algorithm, "sha-256");
    ASSERT_EQ(file.pieces.size(), 1);
    EXPECT_EQ(file.pieces[0].hashes.size(), 2);
    ASSERT_EQ(file.sources.size(), 3);
    EXPECT_EQ(file.sources[0].url, QUrl("https://a.example/a.iso"));
    EXPECT_EQ(file.sources[1].url, QUrl("ftp://b.example/a.iso"));
    EXPECT_EQ(file.sources[2].url, QUrl("http://own.example/x/a.iso"));
    ASSERT_EQ(file.torrents.size(), 1);
}

TEST(Metalink, VersionThree)
{
    const auto files = parseMetalink("<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\"><files><file name=\"b\">"
                                     "<verification><hash type=\"sha1\">"
        + QByteArray(40, 'B')
        + "</hash><pieces length=\"9\" type=\"sha1\">"
          "<hash piece=\"0\">"
        + QByteArray(40, 'c')
        + "</hash></pieces></verification><resources>"
          "<url type=\"http\" preference=\"10\">http://low.example/b</url>"
          "<url type=\"http\" preference=\"100\">http://high.example/b</url>"
          "<url type=\"bittorrent\">http://high.example/b.torrent</url></resources></file></files></metalink>");
    ASSERT_TRUE(files) << describe(files.error()).toStdString();
    const MetalinkFile& file = files->first();
    EXPECT_EQ(file.hashes[0].hex, QByteArray(40, 'b'));
    EXPECT_EQ(file.pieces[0].length, 9);
    EXPECT_EQ(file.sources[0].url.host(), "high.example");
    EXPECT_EQ(file.torrents.size(), 1);
}

TEST(Metalink, WhichReleaseItIs)
{
    const QByteArray url = "<url>http://a.example/a</url>", ours = kWeirNamespace;
    const auto files =
        parseMetalink(v4("<file name=\"a\"><identity>camera</identity><version> 1.4.2 </version><rollout xmlns=\"" + ours
            + "\">12.5</rollout>" + url + "</file><file name=\"b\"><rollout>3</rollout>" + url + "</file>"));
    ASSERT_TRUE(files) << describe(files.error()).toStdString();
    EXPECT_EQ(files->at(0).identity, "camera");
    EXPECT_EQ(files->at(0).version, "1.4.2");
    EXPECT_EQ(files->at(0).rollout, 12.5);
    EXPECT_EQ(files->at(1).version, "");
    EXPECT_EQ(files->at(1).rollout, 100) << "somebody else's element";
    for (const char* bad : {"", "101", "-1", "nan", "x"})
        EXPECT_FALSE(
            parseMetalink(v4("<file name=\"a\"><rollout xmlns=\"" + ours + "\">" + bad + "</rollout>" + url + "</file>")))
            << bad;
}

TEST(Metalink, WhatIsWrongIsRefused)
{
    const QByteArray url = "<url>http://a.example/a</url>";
    for (const QByteArray& bad : QList<QByteArray>{"", "<metalink>", "<html></html>", v4(""), v4("<file name=\"a\"></file>"),
             v4("<file name=\"a\"><size>-1</size>" + url + "</file>"),
             v4("<file name=\"a\"><size>99999999999999999999</size>" + url + "</file>"),
             v4("<file name=\"a\"><hash type=\"md5\">xyz</hash>" + url + "</file>"),
             v4("<file name=\"a\"><pieces length=\"1\" type=\"sha1\"><hash piece=\"1\">" + QByteArray(40, '0')
                 + "</hash></pieces>" + url + "</file>"),
             "<!DOCTYPE m [<!ENTITY a \"b\">]>" + v4("<file name=\"a\">" + url + "</file>"),
             v4("<file name=\"a\">&a;" + url + "</file>"), v4("<file name=\"a\">" + url + "</file>") + "<again/>"}) {
        const auto files = parseMetalink(bad);
        ASSERT_FALSE(files) << bad.toStdString();
        EXPECT_EQ(files.error().code, Code::InputUnreadable);
    }
}

TEST(Metalink, IsKnownByItsOpening)
{
    EXPECT_TRUE(opensLikeMetalink("<?xml version=\"1.0\"?>\n<metalink xmlns"));
    EXPECT_TRUE(opensLikeMetalink("  <metalink>"));
    EXPECT_FALSE(opensLikeMetalink("<html>about <metalink"));
    EXPECT_FALSE(opensLikeMetalink("<?xml version=\"1.0\"?><MPD>"));
}

TEST(MetalinkState, GoesAround)
{
    const MetalinkState state{.document = v4("<file/>"),
        .base = QUrl("https://h.example/f.meta4?a=b"),
        .signature = "untrusted comment: \xff\n",
        .sources = {QUrl("https://h.example/f%2F1")},
        .fileSize = 7,
        .download = QByteArray("any\0thing", 9)};
    const auto again = MetalinkState::fromBytes(state.toBytes());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->document, state.document);
    EXPECT_EQ(again->base, state.base);
    EXPECT_EQ(again->signature, state.signature);
    EXPECT_EQ(again->sources, state.sources);
    EXPECT_EQ(again->fileSize, 7);
    EXPECT_EQ(again->download, state.download);
    EXPECT_FALSE(MetalinkState::fromBytes("{}"));
    EXPECT_FALSE(MetalinkState::fromBytes({}));
}

TEST(MetalinkState, WhatIsTooLongIsReadAgain)
{
    const MetalinkState state{.document = QByteArray((1 << 20) + 1, 'x'), .base = QUrl("https://h.example/f.meta4")};
    const auto again = MetalinkState::fromBytes(state.toBytes());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->document.isEmpty());
    EXPECT_EQ(again->base, state.base);
}

} // namespace
