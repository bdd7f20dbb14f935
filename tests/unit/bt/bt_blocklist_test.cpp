// Lists of addresses as others publish them, and what is no list.
#include "bt/bt_blocklist.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

bool blocks(const AddressRanges& list, const char* address)
{
    return (list.filter.access(lt::make_address(address)) & lt::ip_filter::blocked) != 0;
}

TEST(Blocklist, EveryNotation)
{
    const auto list = parseBlocklist("# a comment\n; another\n// and one more\n\n"
                                     "Some: name with colons:198.51.100.0-198.51.100.15\r\n"
                                     "203.000.113.004 - 203.000.113.008 , 100 , somebody\n"
                                     "203.000.113.020 - 203.000.113.030 , 200 , welcome\n"
                                     "10.20.0.0/15\n"
                                     "192.0.2.77\n"
                                     "2001:db8:1::/48\n"
                                     "2001:db8:2::1-2001:db8:2::9\n"
                                     "2001:db8:3::1");
    ASSERT_TRUE(list) << describe(list.error()).toStdString();
    EXPECT_EQ(list->ranges, 7);
    EXPECT_EQ(list->strange, 0);
    for (const char* address : {"198.51.100.0", "198.51.100.15", "203.0.113.4", "203.0.113.8", "10.20.0.0", "10.21.255.255",
             "192.0.2.77", "2001:db8:1:ffff::1", "2001:db8:2::5", "2001:db8:3::1"})
        EXPECT_TRUE(blocks(*list, address)) << address;
    for (const char* address : {"198.51.99.255", "198.51.100.16", "203.0.113.9", "203.0.113.25", "10.19.255.255", "10.22.0.0",
             "192.0.2.78", "2001:db8:2::a", "2001:db8:3::2"})
        EXPECT_FALSE(blocks(*list, address)) << address;
}

TEST(Blocklist, HostileLinesAreCounted)
{
    const QByteArray text = "1.2.3.4\n256.1.1.1\n1.2.3\n1.2.3.4.5\n1.2.3.9-1.2.3.4\n1.2.3.4-::1\n1.2.3.4/33\n1.2.3.4/-1\n"
                            "::1/129\n/8\n-\n:\n,\n1..2.3\n99999999999.1.1.1\n\xff\xfe\n"
        + QByteArray("1.2.3.5\0x\n", 10) + QByteArray(100'000, '1') + '\n' + QByteArray(100'000, ':');
    const auto list = parseBlocklist(text);
    ASSERT_TRUE(list);
    EXPECT_EQ(list->ranges, 1);
    EXPECT_EQ(list->strange, 18);
}

TEST(Blocklist, WhatHasNoRangeIsNoList)
{
    for (const char* text : {"", "\n\n", "<html>not found</html>\n", "# only a comment"}) {
        const auto list = parseBlocklist(text);
        ASSERT_FALSE(list) << text;
        EXPECT_EQ(list.error().code, Code::InputUnreadable);
    }
}

} // namespace
} // namespace weir
