#include "contract/address_list.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Wish = ListedAddress::Wish;

TEST(AddressList, SaysWhatIsToHappen)
{
    const auto list = readAddressList("{\"a://h/\": \"taken\", \"b://h/\": \"refused\", \"c://h/\": \"download\", \"d://h/\": "
                                      "\"md5=00112233445566778899aabbccddeeff\"}");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 4u);
    EXPECT_EQ((*list)[0].wish, Wish::Taken);
    EXPECT_EQ((*list)[1].wish, Wish::Refused);
    EXPECT_EQ((*list)[2].wish, Wish::Download);
    EXPECT_FALSE((*list)[2].digest);
    EXPECT_EQ((*list)[3].wish, Wish::Download);
    EXPECT_EQ((*list)[3].digest->algorithm, "md5");
    EXPECT_TRUE(readAddressList("{}")->empty());
}

TEST(AddressList, NamesWhatItDoesNotUnderstand)
{
    for (const char* wrong : {"", "[]", "{\"a://h/\": \"perhaps\"}", "{\"a://h/\": true}", "{\"http://[\": \"taken\"}",
             "{\"a://h/\": \"sha-256=12\"}"})
        EXPECT_EQ(readAddressList(wrong).error().code, Code::BadOption) << wrong;
}

} // namespace
} // namespace weir
