#include "base/file_name.h"

#include <gtest/gtest.h>

using namespace weir;

namespace {

std::string safe(const QString& name, QByteArrayView mime = {}) { return safeName(name, mime).toStdString(); }
std::string safe(const char* name, QByteArrayView mime = {}) { return safe(QString::fromUtf8(name), mime); }
std::string number(const char* name, int n) { return numbered(QString::fromUtf8(name), n).toStdString(); }

} // namespace

TEST(SafeName, KeepsGoodNames)
{
    for (const char* name : {"a.iso", "Ünïcode – ok.txt", "a..b", "Makefile", "名前.mp4", "x (1).tar.gz", "-rf",
             "👩‍👩‍👧.png", "control.txt", "COM10.txt", "com.txt"})
        EXPECT_EQ(safe(name), name);
}

TEST(SafeName, NoSeparatorNoControlNoReservedCharacter)
{
    EXPECT_EQ(safe("a/b\\c.txt"), "a_b_c.txt");
    EXPECT_EQ(safe(QString::fromUtf16(u"a\0b.txt", 7)), "a_b.txt");
    EXPECT_EQ(safe("a\x1b[31mb\x7f.txt"), "a_[31mb_.txt");
    EXPECT_EQ(safe("a:b*c?d\"e<f>g|h.txt"), "a_b_c_d_e_f_g_h.txt");
    EXPECT_EQ(safe("line\nbreak\t.txt"), "line break .txt");
}

TEST(SafeName, NoDotsAtTheEnds)
{
    EXPECT_EQ(safe(".."), "download");
    EXPECT_EQ(safe("."), "download");
    EXPECT_EQ(safe(".bashrc"), "bashrc");
    EXPECT_EQ(safe(" . .a.txt. . "), "a.txt");
    EXPECT_EQ(safe("../../etc/passwd"), "_.._etc_passwd");
}

TEST(SafeName, NoTrickWithDirection)
{
    EXPECT_EQ(safe(QString::fromUtf16(u"photo\u202Egpj.exe")), "photogpj.exe");
    for (const char16_t c : {u'\u200e', u'\u200f', u'\u061c', u'\u202a', u'\u202b', u'\u202c', u'\u202d', u'\u2066', u'\u2067',
             u'\u2068', u'\u2069', u'\ufeff', u'\u200b'})
        EXPECT_EQ(safe(QStringLiteral("a") + QChar(c) + QStringLiteral("b")), "ab") << int(c);
}

TEST(SafeName, NoWindowsDevice)
{
    EXPECT_EQ(safe("CON"), "_CON");
    EXPECT_EQ(safe("nul.txt"), "_nul.txt");
    EXPECT_EQ(safe("COM1.tar.gz"), "_COM1.tar.gz");
    EXPECT_EQ(safe("lpt9 .txt"), "_lpt9 .txt");
    EXPECT_EQ(safe("COM\u00b9"), "_COM\u00b9");
    EXPECT_EQ(safe(QStringLiteral("con") + QString(400, u' ') + QStringLiteral("x")), "_con");
}

TEST(SafeName, NeverEmpty)
{
    EXPECT_EQ(safe(""), "download");
    EXPECT_EQ(safe("   "), "download");
    EXPECT_EQ(safe("", "video/mp4"), "download.mp4");
    EXPECT_EQ(safe(QString(QChar(0xd800))), "download") << "half a surrogate pair";
}

TEST(SafeName, LongNamesKeepTheirExtension)
{
    const QString name = safeName(QString(300, u'a') + QStringLiteral(".tar.gz"));
    EXPECT_EQ(name.size(), kMaxNameBytes);
    EXPECT_TRUE(name.endsWith(QLatin1String("a.tar.gz")));
    EXPECT_TRUE(safeName(QString(100'000, u'a') + QStringLiteral(".mp4")).endsWith(QLatin1String(".mp4")));
    EXPECT_EQ(safeName(QString(300, u'a')).size(), kMaxNameBytes);
    EXPECT_LE(safeName(QStringLiteral("a.") + QString(300, u'b')).size(), kMaxNameBytes);
}

TEST(SafeName, CutsBetweenCharacters)
{
    const QString emoji = QString::fromUtf8("👨‍👩‍👧‍👦"); // 25 bytes, one character
    const QString name = safeName(emoji.repeated(12) + QStringLiteral(".png"));
    EXPECT_EQ(name, emoji.repeated(9) + QStringLiteral(".png"));
    const QString umlauts = safeName(QStringLiteral("x") + QString(200, QChar(0xfc)));
    EXPECT_EQ(umlauts, QStringLiteral("x") + QString(121, QChar(0xfc)));
    EXPECT_LE(safeName(QStringLiteral("e") + QString(1000, QChar(0x301))).toUtf8().size(), kMaxNameBytes)
        << "one endless character";
}

TEST(SafeName, ExtensionOfTheTypeOnlyIfThereIsNone)
{
    EXPECT_EQ(safe("clip", "video/mp4"), "clip.mp4");
    EXPECT_EQ(safe("clip", "Video/MP4; codecs=x"), "clip.mp4");
    EXPECT_EQ(safe("clip.mkv", "video/mp4"), "clip.mkv");
    EXPECT_EQ(safe("Episode 1.5", "video/mp4"), "Episode 1.5.mp4");
    EXPECT_EQ(safe("README", "text/plain"), "README");
    EXPECT_EQ(safe("data", "application/octet-stream"), "data");
}

TEST(NameFromTitle, AlwaysEndsWithTheTypesExtension)
{
    EXPECT_EQ(
        nameFromTitle(QStringLiteral("AC/DC: Live at St.Gallen"), "video/mp4"), QStringLiteral("AC_DC_ Live at St.Gallen.mp4"));
    EXPECT_EQ(nameFromTitle(QStringLiteral("clip.MP4"), "video/mp4"), QStringLiteral("clip.MP4"));
    EXPECT_EQ(nameFromTitle({}, "video/mp4"), QStringLiteral("download.mp4"));
    EXPECT_EQ(nameFromTitle(QStringLiteral("A title"), {}), QStringLiteral("A title"));
}

TEST(SafeRelativePath, SafePartsBelowTheFolder)
{
    EXPECT_EQ(safeRelativePath(QStringLiteral("a/b c/d.txt")).value(), QStringLiteral("a/b c/d.txt"));
    EXPECT_EQ(safeRelativePath(QStringLiteral("a\\.\\b:c")).value(), QStringLiteral("a/b_c"));
    EXPECT_EQ(safeRelativePath(QStringLiteral("./a//.hidden/con")).value(), QStringLiteral("a/hidden/_con"));
    EXPECT_EQ(safeRelativePath(QStringLiteral("a/.../b")).value(), QStringLiteral("a/download/b"));
}

TEST(SafeRelativePath, RefusesWhatLeadsOut)
{
    for (const char* path : {"../a", "a/../../b", "/etc/passwd", "\\\\host\\share", "C:\\a", "c:/a", "a/.. /b"})
        EXPECT_EQ(safeRelativePath(QString::fromLatin1(path)).error().code, Code::PathEscapes) << path;
}

TEST(SafeRelativePath, RefusesWhatIsNoPath)
{
    EXPECT_EQ(safeRelativePath({}).error().code, Code::NameUnusable);
    EXPECT_EQ(safeRelativePath(QStringLiteral("././")).error().code, Code::NameUnusable);
    EXPECT_EQ(safeRelativePath(QStringLiteral("a/").repeated(1000)).error().code, Code::NameUnusable);
}

TEST(Numbered, BeforeTheExtension)
{
    EXPECT_EQ(number("a.iso", 1), "a (1).iso");
    EXPECT_EQ(number("a.tar.gz", 12), "a (12).tar.gz");
    EXPECT_EQ(number("a.TAR.xz", 2), "a (2).TAR.xz");
    EXPECT_EQ(number("Makefile", 3), "Makefile (3)");
    EXPECT_EQ(number("v1.2 final", 1), "v1.2 final (1)");
    EXPECT_EQ(number("a.iso", 0), "a.iso");
    EXPECT_EQ(number(".tar.gz", 1), ".tar (1).gz");
}

TEST(Numbered, LeavesRoomForThePartSuffix)
{
    const QString longest = safeName(QString(300, QChar(0xfc)) + QStringLiteral(".mkv"));
    const QString name = numbered(longest, 999);
    EXPECT_LE((name + QStringLiteral(".spool")).toUtf8().size(), 255);
    EXPECT_EQ(name, QString(longest).replace(QStringLiteral(".mkv"), QStringLiteral(" (999).mkv"))) << "nothing had to be cut";
    EXPECT_LE(numbered(QString(300, u'a'), 5).size(), 249);
}
