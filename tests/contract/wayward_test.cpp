// Plugins that break the contract: the kit says which rule, and survives whatever they do.
#include "contract/kit.h"

#include <gtest/gtest.h>

using namespace weir::test;

namespace {

class Wayward : public ::testing::Test {
protected:
    /// What the kit finds at wayward://x/WHAT, which is `size` bytes large.
    Kit::Checked check(const QString& what, int size = 3'000'000)
    {
        return kit.check(Kit::forTests("wayward"), {{QStringLiteral("wayward://x/%1?%2").arg(what).arg(size), "download"}});
    }
    void expectBroken(const Kit::Checked& checked, const QString& rule, const QString& saying)
    {
        EXPECT_NE(checked.status, 0);
        EXPECT_EQ(checked.outcome(rule), "broken") << rule.toStdString();
        EXPECT_TRUE(checked.detail(rule).contains(saying)) << checked.detail(rule).toStdString();
    }
    Kit kit;
};

TEST_F(Wayward, OneThatKeepsItPasses) { expectKept(check("good")); }
TEST_F(Wayward, TakingWhatShouldBeRefusedIsSeen)
{
    const auto checked = kit.check(Kit::forTests("wayward"), {{"wayward://x/good?5", "refused"}, {"http://x/", "refused"}});
    expectBroken(checked, "address", "refuse");
}
TEST_F(Wayward, AThrowIsSeen) { expectBroken(check("throws"), "download", "thrown on purpose"); }
TEST_F(Wayward, AnErrorThatNobodyKnowsIsSeen) { expectBroken(check("strange-error"), "download", "9999"); }
TEST_F(Wayward, ACrashIsSeen) { expectBroken(check("crash"), "download", "crashed"); }
TEST_F(Wayward, AnAnswerThatIsSwallowedIsSeen) { expectBroken(check("swallows"), "answers", "AwaitingChoice"); }
TEST_F(Wayward, ComingLateIsSeen) { expectBroken(check("late"), "stop", "ms after"); }
TEST_F(Wayward, NeverEndingIsSeen) { expectBroken(check("hang"), "stop at once", "ms after"); }
TEST_F(Wayward, OtherBytesAfterAStopAreSeen) { expectBroken(check("other-bytes"), "resume", "other bytes"); }
TEST_F(Wayward, AThreadLeftBehindIsSeen) { expectBroken(check("leaks-thread"), "leaks", "a thread"); }
TEST_F(Wayward, AFileLeftOpenIsSeen) { expectBroken(check("leaks-file"), "leaks", "an open file"); }
TEST_F(Wayward, TheWayOutOfTheFolderIsBarred) { expectBroken(check("escapes"), "download", "out of the target folder"); }

} // namespace
