// What the feeder asks a server for: an origin once for a crowd, a mirror for anything.
#include "bt/piece_choice.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

const Asker kWebSeed{.proven = true, .pieceLength = 256 << 10};
const Asker kMirror{.mirror = true, .proven = true, .pieceLength = 256 << 10};

Asker alone(int peers)
{
    Asker asker = kWebSeed;
    asker.alone = true;
    asker.peers = peers;
    return asker;
}

TEST(PieceChoice, NobodyIsAloneWhileOthersMayCome)
{
    EXPECT_TRUE(isAlone(4, 0, false));
    EXPECT_FALSE(isAlone(4, 0, true));
    EXPECT_FALSE(isAlone(4, 1, false));
    EXPECT_TRUE(isAlone(11, 0, true));
    EXPECT_TRUE(isAlone(11, 5, true));
}

TEST(PieceChoice, ACrowdSharesItsOrigin)
{
    EXPECT_EQ(mostJobs(kWebSeed), 1u);
    EXPECT_EQ(mostJobs(alone(0)), 4u);
    EXPECT_EQ(mostJobs(alone(1)), 2u);
    EXPECT_EQ(mostJobs(alone(60)), 1u);
    EXPECT_EQ(mostJobs(kMirror), 4u);
    Asker liar = kMirror;
    liar.proven = false;
    EXPECT_EQ(mostJobs(liar), 1u);
}

TEST(PieceChoice, AWebSeedIsForWhatNobodyHas)
{
    std::mt19937 dice(7);
    const std::vector<PieceOffer> offers{
        {.piece = 1, .peersWith = 2}, {.piece = 2, .peersWith = 0}, {.piece = 3, .peersWith = 1}};
    EXPECT_EQ(choosePiece(offers, kWebSeed, dice).piece, 2);
    const std::vector<PieceOffer> had{{.piece = 1, .peersWith = 2}};
    EXPECT_FALSE(choosePiece(had, kWebSeed, dice).piece);
    EXPECT_EQ(choosePiece(had, kMirror, dice).piece, 1);
    EXPECT_EQ(choosePiece(had, alone(0), dice).piece, 1);
}

TEST(PieceChoice, WhatIsUrgentComesBeforeWhatIsRare)
{
    std::mt19937 dice(7);
    const std::vector<PieceOffer> offers{
        {.piece = 1, .peersWith = 0}, {.piece = 2, .peersWith = 3, .urgency = 1}, {.piece = 3, .peersWith = 3, .urgency = 2}};
    EXPECT_EQ(choosePiece(offers, kMirror, dice).piece, 3);
}

TEST(PieceChoice, PeersAreRacedFromTheEnd)
{
    std::mt19937 dice(7);
    const std::vector<PieceOffer> offers{{.piece = 1, .asked = 10}, {.piece = 2, .asked = 20}};
    EXPECT_EQ(choosePiece(offers, kMirror, dice).piece, 2);
    Asker busy = kMirror;
    busy.jobs = 2;
    EXPECT_FALSE(choosePiece(offers, busy, dice).piece);
}

TEST(PieceChoice, FewPiecesAreNotAskedByAll)
{
    std::mt19937 dice(7);
    Asker one = kWebSeed;
    one.peers = 50;
    const std::vector<PieceOffer> last{{.piece = 9}};
    int asked = 0;
    for (int i = 0; i < 1000; ++i) {
        const PieceChoice choice = choosePiece(last, one, dice);
        EXPECT_NE(choice.piece.has_value(), choice.rest);
        asked += choice.piece.has_value();
    }
    EXPECT_GT(asked, 5);
    EXPECT_LT(asked, 50);
}

TEST(PieceChoice, WhatPeersHaveIsLeftUnlessItIsHalfHere)
{
    EXPECT_FALSE(isBetterLeft(kWebSeed, false, 0, 1, 4));
    EXPECT_TRUE(isBetterLeft(kWebSeed, false, 1, 1, 4));
    EXPECT_FALSE(isBetterLeft(kWebSeed, false, 1, 3, 4));
    EXPECT_TRUE(isBetterLeft(kMirror, true, 0, 1, 4));
    EXPECT_FALSE(isBetterLeft(kMirror, false, 5, 1, 4));
}

} // namespace
} // namespace weir
