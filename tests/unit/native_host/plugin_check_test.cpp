#include "plugin_check.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

const QByteArray kDescriptor = "{\"descriptor\":{\"name\":\"x\"}}\n";
const QByteArray kKept = "{\"rule\":\"opens\",\"outcome\":\"begun\"}\n{\"rule\":\"opens\",\"outcome\":\"kept\"}\n";

TEST(PluginCheck, CountsWhatIsBroken)
{
    const auto check = readCheck(kDescriptor + kKept + "{\"rule\":\"stop\",\"outcome\":\"broken\"}\n", {});
    ASSERT_TRUE(check);
    EXPECT_EQ(check->findings.size(), 2);
    EXPECT_EQ(check->broken, 1);
    EXPECT_EQ(check->descriptor.value(u"name").toString(), "x");
}

TEST(PluginCheck, WhatWasBegunWhenItCrashedIsBroken)
{
    const auto check = readCheck(kDescriptor + kKept + "{\"rule\":\"stop\",\"outcome\":\"begun\"}\n", "it crashed");
    ASSERT_TRUE(check);
    EXPECT_EQ(check->findings.last()[u"rule"].toString(), "stop");
    EXPECT_EQ(check->findings.last()[u"detail"].toString(), "it crashed");
    EXPECT_EQ(check->broken, 1);
    EXPECT_EQ(readCheck(kDescriptor + kKept, "it crashed")->broken, 1) << "also between two rules";
}

TEST(PluginCheck, APluginThatIsRefusedHasNoFindings)
{
    const auto refused = readCheck("noise\n{\"code\":1002,\"detail\":\"f\"}\n", "it ended the process");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::PluginBuildTag);
    EXPECT_EQ(readCheck({}, "it crashed").error().code, Code::PluginProbeCrashed);
}

TEST(PluginCheck, WhatThePluginPrintsItselfIsPassedOver)
{
    const auto check = readCheck("hello\n" + kDescriptor + "\xff\x00{[\n" + kKept, {});
    ASSERT_TRUE(check);
    EXPECT_EQ(check->findings.size(), 1);
}

} // namespace
} // namespace weir
