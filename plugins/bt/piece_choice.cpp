#include "bt/piece_choice.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace weir {

namespace {

constexpr qint64 kMostOfSource = 1 << 20; // of small pieces more are asked for at once
constexpr std::size_t kFewestJobs = 4, kMostJobs = 16;
constexpr int kJobsInRace = 2; // what is shared among few is soon there
constexpr double kNobodyComes = 3, kNobodyGives = 10;

} // namespace

bool isAlone(double quietSeconds, int peers, bool expected)
{
    return quietSeconds > (peers == 0 && !expected ? kNobodyComes : kNobodyGives);
}

bool mayAsk(const Asker& asker, int peersWith) { return asker.mirror || asker.alone || peersWith == 0; }

std::size_t mostJobs(const Asker& asker)
{
    // A liar costs one piece.
    if (!asker.proven || (!asker.mirror && !asker.alone))
        return 1;
    const auto most = std::clamp(std::size_t(kMostOfSource / asker.pieceLength), kFewestJobs, kMostJobs);
    // Of a crowd that waits for its first pieces each one asks the origin, which has one line for all.
    return asker.mirror ? most : std::max<std::size_t>(1, most / (1 + std::size_t(asker.peers)));
}

// One of the rarest, at random: clients that choose alike would fetch the same piece from the origin. When peers were asked for
// all that is left, those that they were asked for last: they bring them in that order, and so both meet in the middle.
PieceChoice choosePiece(std::span<const PieceOffer> offers, const Asker& asker, std::mt19937& dice)
{
    std::vector<int> best;
    std::pair<bool, qint64> lowest{true, std::numeric_limits<qint64>::max()};
    for (const PieceOffer& offer : offers) {
        if (!mayAsk(asker, offer.peersWith))
            continue;
        const std::pair<bool, qint64> rank = offer.asked
            ? std::pair(true, -*offer.asked)
            : std::pair(false, offer.urgency > 0 ? -offer.urgency : qint64(offer.peersWith));
        if (rank > lowest)
            continue;
        if (rank < lowest)
            best.clear();
        lowest = rank;
        best.push_back(offer.piece);
    }
    const bool race = lowest.first;
    if (best.empty() || (race && asker.jobs >= kJobsInRace))
        return {};
    // When fewer are left than there are clients, not all of them may ask.
    const auto peers = std::size_t(asker.peers);
    if (mostJobs(asker) == 1 && best.size() < peers
        && std::uniform_int_distribution<std::size_t>(0, peers - 1)(dice) >= best.size())
        return {.piece = {}, .rest = true};
    return {.piece = best[std::uniform_int_distribution<std::size_t>(0, best.size() - 1)(dice)]};
}

// Peers were quicker. Or another client was quicker to fetch the same piece from the origin: it comes from there, unless most
// of it is here already.
bool isBetterLeft(const Asker& asker, bool here, int peersWith, double seconds, double usualSeconds)
{
    return here || (!mayAsk(asker, peersWith) && seconds <= usualSeconds / 2);
}

} // namespace weir
