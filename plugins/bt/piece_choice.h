#pragma once
// Which piece of a swarm a server is asked for: what decides how often a file leaves its origin. Pure; any thread.

#include <QtGlobal>

#include <optional>
#include <random>
#include <span>

namespace weir {

/// A piece that is wanted and that nobody of ours brings yet.
struct PieceOffer {
    int piece = 0;
    int peersWith = 0;           ///< how many of our peers have it
    qint64 urgency = 0;          ///< above 0: before all that have less
    std::optional<qint64> asked; ///< peers are to bring it, since then
};

/// Who asks whom, and how it stands with the swarm.
struct Asker {
    bool mirror = false; ///< the user named this server; else it is the torrent's own
    bool proven = false; ///< a piece of it was right
    bool alone = false;  ///< see isAlone()
    int jobs = 0;        ///< pieces that it brings
    int peers = 0;       ///< to which we are connected
    qint64 pieceLength = 0;
};

struct PieceChoice {
    std::optional<int> piece;
    bool rest = false; ///< it was not our turn: ask again after a while
};

/// Peers have given next to nothing for so long. `expected`: a tracker has not answered yet, or others are known.
bool isAlone(double quietSeconds, int peers, bool expected);
/// A torrent's own servers are only for what no peer has.
bool mayAsk(const Asker& asker, int peersWith);
std::size_t mostJobs(const Asker& asker);
PieceChoice choosePiece(std::span<const PieceOffer> offers, const Asker& asker, std::mt19937& dice);
/// Is a piece that is on its way from a server to be left to the peers? `usualSeconds`: what a piece takes from there.
bool isBetterLeft(const Asker& asker, bool here, int peersWith, double seconds, double usualSeconds);

} // namespace weir
