#include "queue/lifecycle.h"

#include <gtest/gtest.h>

namespace weir {

namespace {

using enum State;
constexpr std::nullopt_t no = std::nullopt;

struct Row {
    State state;
    std::optional<State> after[9];
};

// Start, Stopped, TryAgain, Ask, Chosen, Share, Finish, Fail, Restart
const Row kExpected[] = {
    {Waiting, {Running, no, no, no, no, no, Done, Failed, Waiting}},
    {Running, {no, Waiting, Waiting, Choosing, no, Sharing, Done, Failed, no}},
    {Sharing, {no, Waiting, Waiting, no, no, no, Done, Failed, no}},
    {Choosing, {no, no, no, no, Waiting, no, no, Failed, Waiting}},
    {Done, {no, no, no, no, no, no, no, no, Waiting}},
    {Failed, {no, no, no, no, no, no, Done, no, Waiting}},
};

} // namespace

TEST(Lifecycle, EveryCellOfTheTable)
{
    for (const Row& row : kExpected)
        for (int event = 0; event < 9; ++event)
            EXPECT_EQ(next(row.state, Event(event)), row.after[event]) << toString(row.state) << " x " << event;
}

TEST(Lifecycle, NamesOfStatesAreThoseOfTheInterfaceAndComeBack)
{
    for (const char* name : {"waiting", "running", "sharing", "choosing", "done", "failed"}) {
        const auto state = stateFrom(QString::fromLatin1(name));
        ASSERT_TRUE(state) << name;
        EXPECT_STREQ(toString(*state), name);
    }
    EXPECT_FALSE(stateFrom(u"paused"));
}

} // namespace weir
