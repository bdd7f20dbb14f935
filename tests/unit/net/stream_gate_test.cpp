#include "net/stream_gate.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Ids = std::vector<quint64>;

TEST(StreamGate, OneGoesAheadUntilTheHostIsKnown)
{
    StreamGate gate;
    EXPECT_TRUE(gate.enter("a", 1));
    EXPECT_FALSE(gate.enter("a", 2));
    EXPECT_FALSE(gate.enter("a", 3));
    EXPECT_TRUE(gate.enter("b", 4)) << "another host";
    EXPECT_EQ(gate.released(), Ids());
    gate.answered("a", false);
    EXPECT_EQ(gate.released(), (Ids{2, 3}));
    EXPECT_EQ(gate.released(), Ids());
    EXPECT_TRUE(gate.enter("a", 5));
}

TEST(StreamGate, MultiplexedHostsAreFilledToTheLimitInOrder)
{
    StreamGate gate;
    gate.enter("a", 1);
    for (quint64 id = 2; id <= 250; ++id)
        EXPECT_FALSE(gate.enter("a", id));
    gate.answered("a", true);
    Ids free = gate.released();
    ASSERT_EQ(free.size(), std::size_t(StreamGate::kStreams - 1));
    EXPECT_EQ(free.front(), 2U);
    gate.leave("a", 1);
    EXPECT_EQ(gate.released(), Ids{101});
    EXPECT_FALSE(gate.enter("a", 251)) << "nobody overtakes";
}

TEST(StreamGate, FailureBeforeAnyReplyLetsTheOthersGo)
{
    StreamGate gate;
    gate.enter("a", 1);
    gate.enter("a", 2);
    gate.enter("a", 3);
    gate.leave("a", 1);
    EXPECT_EQ(gate.released(), (Ids{2, 3}));
    gate.leave("a", 2);
    gate.leave("a", 3);
    EXPECT_TRUE(gate.enter("a", 4));
    EXPECT_FALSE(gate.enter("a", 5)) << "nothing was learned";
}

TEST(StreamGate, WhoIsCancelledWhileWaitingIsNotReleased)
{
    StreamGate gate;
    gate.enter("a", 1);
    gate.enter("a", 2);
    gate.enter("a", 3);
    gate.leave("a", 2);
    EXPECT_EQ(gate.released(), Ids());
    gate.answered("a", true);
    EXPECT_EQ(gate.released(), Ids{3});
    gate.leave("a", 1);
    gate.leave("a", 3);
    EXPECT_EQ(gate.released(), Ids());
}

} // namespace
} // namespace weir
