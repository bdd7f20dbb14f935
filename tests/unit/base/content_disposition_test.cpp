#include "base/file_name.h"

#include <gtest/gtest.h>

using namespace weir;

namespace {

std::string nameOf(QByteArrayView value) { return nameFromDisposition(value).toStdString(); }
std::string urlName(const char* url) { return nameFromUrl(QUrl(QString::fromUtf8(url))).toStdString(); }

} // namespace

TEST(ContentDisposition, PlainForms)
{
    EXPECT_EQ(nameOf("attachment; filename=a.iso"), "a.iso");
    EXPECT_EQ(nameOf("attachment; filename=\"a b.iso\""), "a b.iso");
    EXPECT_EQ(nameOf("inline; FileName = \"a.iso\" ; size=4"), "a.iso");
    EXPECT_EQ(nameOf("attachment; filename=my file.txt; x=y"), "my file.txt");
    EXPECT_EQ(nameOf("filename=a.iso"), "a.iso");
    EXPECT_EQ(nameOf("attachment; filename=\"semi;colon.txt\""), "semi;colon.txt");
}

TEST(ContentDisposition, NoName)
{
    for (const char* value : {"", "attachment", "attachment; x=\"filename=a\"",
             "attachment; filename=", "attachment; filename=\"\"", ";;;", "=", "attachment; filename*=''"})
        EXPECT_EQ(nameOf(value), "") << value;
}

TEST(ContentDisposition, EscapesInQuotes)
{
    EXPECT_EQ(nameOf(R"(attachment; filename="a\"b.txt")"), "a\"b.txt");
    EXPECT_EQ(nameOf(R"(attachment; filename="f\oo.html")"), "foo.html");
    EXPECT_EQ(nameOf(R"(attachment; filename="open.txt)"), "open.txt");
    EXPECT_EQ(nameOf("attachment; filename=\"a.txt\\"), "") << "a path that ends with its separator";
}

TEST(ContentDisposition, ExtendedFormWins)
{
    EXPECT_EQ(nameOf("attachment; filename=\"EURO.txt\"; filename*=UTF-8''%e2%82%ac%20rates.txt"), "€ rates.txt");
    EXPECT_EQ(nameOf("attachment; filename*=utf-8'de'%c3%bc.txt; filename=u.txt"), "ü.txt");
    EXPECT_EQ(nameOf("attachment; filename*=ISO-8859-1''%fc.txt"), "ü.txt");
}

TEST(ContentDisposition, ADamagedExtendedFormLeavesThePlainOne)
{
    for (const char* value :
        {"attachment; filename=a.txt; filename*=UTF-8''%e2%82", "attachment; filename=a.txt; filename*=UTF-8''%zz",
            "attachment; filename=a.txt; filename*=UTF-8''%4", "attachment; filename=a.txt; filename*=EBCDIC''x",
            "attachment; filename=a.txt; filename*=nothing", "attachment; filename=a.txt; filename*=UTF-8''%c0%af"})
        EXPECT_EQ(nameOf(value), "a.txt") << value;
}

TEST(ContentDisposition, RawBytesAreGuessed)
{
    EXPECT_EQ(nameOf("attachment; filename=\"\xc3\xbc.txt\""), "ü.txt") << "UTF-8";
    EXPECT_EQ(nameOf("attachment; filename=\"\xfc.txt\""), "ü.txt") << "Latin-1";
    EXPECT_EQ(nameOf("attachment; filename=\"\xc3\x83\xc2\xbc.txt\""), "ü.txt") << "UTF-8 encoded twice";
    EXPECT_EQ(nameOf("attachment; filename=\"%C3%BC%20b.txt\""), "ü b.txt") << "percent-encoded without being told to";
    EXPECT_EQ(nameOf("attachment; filename=\"100% sure.txt\""), "100% sure.txt");
}

TEST(ContentDisposition, OnlyTheLastPartOfAPath)
{
    EXPECT_EQ(nameOf("attachment; filename=\"../../etc/passwd\""), "passwd");
    EXPECT_EQ(nameOf(R"(attachment; filename="C:\dir\file.txt")"), "file.txt");
    EXPECT_EQ(nameOf(R"(attachment; filename=..\..\file.txt)"), "file.txt");
    EXPECT_EQ(nameOf("attachment; filename*=UTF-8''..%2f..%2fetc%2fpasswd"), "passwd");
    EXPECT_EQ(nameOf("attachment; filename=dir/"), "");
}

TEST(ContentDisposition, AMegabyteIsCut)
{
    EXPECT_LE(nameFromDisposition("attachment; filename=" + QByteArray(1 << 20, 'a')).size(), 8192);
}

TEST(NameFromUrl, LastPartDecoded)
{
    EXPECT_EQ(urlName("https://host/dir/a%20b.iso?x=/y.zip#z/w"), "a b.iso");
    EXPECT_EQ(urlName("https://host/%C3%BC.txt"), "ü.txt");
    EXPECT_EQ(urlName("https://host/ü.txt"), "ü.txt");
    EXPECT_EQ(urlName("https://host/%FC.txt"), "ü.txt");
    EXPECT_EQ(urlName("https://host/"), "");
    EXPECT_EQ(urlName("https://host"), "");
    EXPECT_EQ(urlName("https://host/a%2F..%2Fb"), "a/../b") << "not yet safe";
}
