#include "ftp/listing.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Kind = ListedEntry::Kind;
using Entries = std::vector<ListedEntry>;

Entries list(const char* text)
{
    const auto entries = parseList(text);
    EXPECT_TRUE(entries) << describe(entries.error()).toStdString();
    return entries.value_or(Entries());
}

TEST(Listing, OfUnixServersInTheirDialects)
{
    EXPECT_EQ(list("total 12\r\n"
                   "-rw-r--r--    1 ftp      ftp          1234 Jan 31 12:34 plain.txt\r\n"
                   "-rw-r--r--    1 ftp      ftp    5000000000 Feb  1  2024  with  blanks \r\n"
                   "drwxr-xr-x    2 1000     1000         4096 Dec 24 18:00 folder\r\n"
                   "lrwxrwxrwx    1 ftp      ftp             5 Mar 03  2020 link -> plain\r\n"
                   "-rw-r--r--    1 ftp             77 Apr 10 09:00 without-group\r\n"
                   "-rw-r--r--    1 domain users me  88 10 Apr 09:00 day-first\r\n"
                   "-rw-r--r--+   1 ftp ftp 99 2024-01-31 12:34 iso\r\n"),
        (Entries{{Kind::File, "plain.txt", 1234}, {Kind::File, " with  blanks ", 5000000000}, {Kind::Folder, "folder", 4096},
            {Kind::Link, "link", 5}, {Kind::File, "without-group", 77}, {Kind::File, "day-first", 88},
            {Kind::File, "iso", 99}}));
}

TEST(Listing, OfWindowsServers)
{
    EXPECT_EQ(list("01-31-24  08:07PM       <DIR>          a folder\n"
                   "01-31-2024  08:07PM                12345 a file.bin\n"
                   "2024-01-31  20:07                     7 iso\n"),
        (Entries{{Kind::Folder, "a folder", -1}, {Kind::File, "a file.bin", 12345}, {Kind::File, "iso", 7}}));
}

TEST(Listing, OfMachines)
{
    const auto entries = parseMlsd("type=cdir;modify=20240101000000; .\r\n"
                                   "type=pdir; ..\r\n"
                                   "Type=File;Size=12;UNIX.mode=0644; a;b=c d.txt\r\n"
                                   "modify=20240101000000;type=dir; sub\r\n"
                                   "type=OS.unix=slink:/etc;size=4; link\r\n"
                                   "type=file;size=99999999999999999999; huge\r\n");
    ASSERT_TRUE(entries);
    EXPECT_EQ(*entries,
        (Entries{
            {Kind::File, "a;b=c d.txt", 12}, {Kind::Folder, "sub", -1}, {Kind::Link, "link", 4}, {Kind::File, "huge", -1}}));
}

TEST(Listing, NamesThatLeadElsewhereAreLeftOut)
{
    EXPECT_TRUE(list("-rw-r--r-- 1 f f 1 Jan 01 2024 ..\n-rw-r--r-- 1 f f 1 Jan 01 2024 ../../etc/passwd\n"
                     "-rw-r--r-- 1 f f 1 Jan 01 2024 a\x1b[2Jb\ndrwxr-xr-x 1 f f 1 Jan 01 2024 .\n")
                    .empty());
    const auto machine = parseMlsd("type=file;size=1; /etc/passwd\ntype=dir; a/b\ntype=file; \n");
    ASSERT_TRUE(machine);
    EXPECT_TRUE(machine->empty());
}

TEST(Listing, DevicesAreNoFiles) { EXPECT_FALSE(parseList("crw-rw-rw- 1 root root 1, 3 Jan 01 2024 null\n")); }

TEST(Listing, AnEmptyFolderIsFineAndNonsenseIsNot)
{
    EXPECT_TRUE(list("").empty());
    EXPECT_TRUE(list("total 0\r\n").empty());
    for (const char* text : {"<html><body>Not found</body></html>\n", "no listing for you\n", "-rw-r--r-- 1\n"}) {
        const auto entries = parseList(text);
        ASSERT_FALSE(entries) << text;
        EXPECT_EQ(entries.error().code, Code::FtpListingBad);
    }
    EXPECT_FALSE(parseMlsd("-rw-r--r--    1 ftp      ftp          1234 Jan 31 12:34 plain.txt\r\n"));
}

} // namespace
} // namespace weir
