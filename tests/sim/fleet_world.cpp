#include "sim/fleet_world.h"

#include "bt/piece_choice.h"

#include <algorithm>
#include <bitset>
#include <numeric>
#include <vector>

namespace weir::test {

namespace {

constexpr double kStep = 0.2; // as often as the feeder looks
constexpr double kLongest = 3600;
constexpr int kMostPieces = 512, kUploads = 8, kDownloads = 6, kTriesEachStep = 8;
constexpr double kNextToNothing = 32 << 10; // bytes a second
using Pieces = std::bitset<kMostPieces>;

/// A piece on its way; from -1: the origin.
struct Transfer {
    int piece = 0, from = 0;
    double begun = 0, left = 0;
    qint64 asked = 0;
};

struct Machine {
    Pieces have, coming; ///< coming: from peers
    std::vector<int> neighbours, availability;
    std::vector<Transfer> fromPeers;
    std::optional<Transfer> fromOrigin;
    double begins = 0, ended = -1, leaves = kLongest, quietSince = 0, restUntil = 0, bandwidth = 0;
    int uploads = 0;
    bool proven = false, gone = false, known = false;
    std::mt19937 dice;
};

class Run {
public:
    Run(const FleetWorld& world, quint64 seed) : world_(world), random_(seed), machines_(std::size_t(world.machines))
    {
        std::uniform_real_distribution<> arrival(0, world.arrivals), dice(0, 1);
        for (Machine& machine : machines_) {
            machine.begins = machine.quietSince = arrival(random_);
            machine.availability.assign(std::size_t(world.pieces), 0);
            machine.dice.seed(std::uint32_t(random_()));
            if (dice(random_) < world.failures)
                machine.leaves = machine.begins + 2 + 10 * dice(random_);
        }
    }

    FleetEnd end()
    {
        for (long step = 0; double(step) * kStep < kLongest && !over(); ++step)
            advance(double(step) * kStep);
        return result();
    }

private:
    bool over() const
    {
        return std::all_of(machines_.begin(), machines_.end(), [](const Machine& m) { return m.gone || m.ended >= 0; });
    }
    bool active(const Machine& machine, double now) const { return !machine.gone && now >= machine.begins; }

    void advance(double now)
    {
        std::vector<int> order(machines_.size());
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), random_);
        for (const int index : order) {
            Machine& machine = machines_[std::size_t(index)];
            if (!active(machine, now))
                continue;
            if (now >= machine.leaves && machine.ended < 0)
                leave(machine);
            else if (!machine.known && now >= machine.begins + world_.greeting)
                greet(index, now);
            if (machine.gone || machine.ended >= 0)
                continue;
            considerOrigin(machine, now);
            askPeers(machine, now);
        }
        moveFromOrigin(now);
        for (const int index : order)
            moveFromPeers(machines_[std::size_t(index)], now);
    }

    // The tracker names some of those that are there.
    void greet(int index, double now)
    {
        Machine& own = machines_[std::size_t(index)];
        own.known = true;
        std::vector<int> there;
        for (int other = 0; other < world_.machines; ++other)
            if (other != index && active(machines_[std::size_t(other)], now) && machines_[std::size_t(other)].known)
                there.push_back(other);
        std::shuffle(there.begin(), there.end(), random_);
        there.resize(std::min(there.size(), std::size_t(world_.neighbours)));
        for (const int other : there) {
            Machine& peer = machines_[std::size_t(other)];
            if (std::find(own.neighbours.begin(), own.neighbours.end(), other) != own.neighbours.end())
                continue;
            own.neighbours.push_back(other);
            peer.neighbours.push_back(index);
            for (int piece = 0; piece < world_.pieces; ++piece) {
                own.availability[std::size_t(piece)] += peer.have[std::size_t(piece)];
                peer.availability[std::size_t(piece)] += own.have[std::size_t(piece)];
            }
        }
    }

    void leave(Machine& machine)
    {
        machine.gone = true;
        for (const Transfer& transfer : machine.fromPeers)
            --machines_[std::size_t(transfer.from)].uploads;
        machine.fromPeers.clear();
        machine.fromOrigin.reset();
        for (const int other : machine.neighbours)
            for (int piece = 0; piece < world_.pieces; ++piece)
                machines_[std::size_t(other)].availability[std::size_t(piece)] -= machine.have[std::size_t(piece)];
    }

    int peersOf(const Machine& machine) const
    {
        return int(std::count_if(machine.neighbours.begin(), machine.neighbours.end(),
            [&](int other) { return !machines_[std::size_t(other)].gone; }));
    }

    // What the feeder does when it looks.
    void considerOrigin(Machine& machine, double now)
    {
        const int peers = peersOf(machine);
        const Asker asker{.proven = machine.proven,
            .alone = isAlone(now - machine.quietSince, peers, !machine.known),
            .jobs = machine.fromOrigin ? 1 : 0,
            .peers = peers,
            .pieceLength = world_.pieceLength};
        if (auto& job = machine.fromOrigin) {
            const double usual = machine.bandwidth > 0 ? double(world_.pieceLength) / machine.bandwidth : 1e9;
            const auto piece = std::size_t(job->piece);
            if (isBetterLeft(asker, machine.have[piece], machine.availability[piece], now - job->begun, usual))
                job.reset();
        }
        // The model asks for one at a time also when it is alone: then it is slower than the feeder, never greedier.
        if (machine.fromOrigin || now < machine.restUntil)
            return;
        std::vector<PieceOffer> offers;
        for (int piece = 0; piece < world_.pieces; ++piece)
            if (!machine.have[std::size_t(piece)])
                offers.push_back(
                    {.piece = piece, .peersWith = machine.availability[std::size_t(piece)], .urgency = 0, .asked = {}});
        for (PieceOffer& offer : offers)
            for (const Transfer& transfer : machine.fromPeers)
                if (transfer.piece == offer.piece)
                    offer.asked = transfer.asked;
        const PieceChoice choice = choosePiece(offers, asker, machine.dice);
        if (choice.rest)
            machine.restUntil = now + kStep;
        if (choice.piece)
            machine.fromOrigin = Transfer{.piece = *choice.piece, .from = -1, .begun = now, .left = double(world_.pieceLength)};
    }

    // Rarest first, as libtorrent.
    void askPeers(Machine& machine, double now)
    {
        for (int tries = 0; tries < kTriesEachStep && int(machine.fromPeers.size()) < kDownloads && !machine.neighbours.empty();
             ++tries) {
            const int from = machine.neighbours[std::size_t(random_() % machine.neighbours.size())];
            Machine& peer = machines_[std::size_t(from)];
            const Pieces offered = peer.have & ~machine.have & ~machine.coming;
            if (peer.gone || peer.uploads >= kUploads || offered.none())
                continue;
            int rarest = -1, count = 0;
            for (auto piece = offered._Find_first(); piece < offered.size(); piece = offered._Find_next(piece)) {
                const int with = machine.availability[piece];
                if (rarest < 0 || with < machine.availability[std::size_t(rarest)])
                    count = 0;
                if (count == 0 || with == machine.availability[std::size_t(rarest)])
                    if (random_() % std::uint64_t(++count) == 0)
                        rarest = int(piece);
            }
            machine.coming.set(std::size_t(rarest));
            ++peer.uploads;
            machine.fromPeers.push_back(
                {.piece = rarest, .from = from, .begun = now, .left = double(world_.pieceLength), .asked = qint64(now * 1e9)});
        }
    }

    void moveFromOrigin(double now)
    {
        const auto asking = std::count_if(
            machines_.begin(), machines_.end(), [](const Machine& machine) { return machine.fromOrigin.has_value(); });
        if (asking == 0)
            return;
        const double each = std::min(world_.origin / double(asking), world_.line) * kStep;
        for (Machine& machine : machines_) {
            auto& job = machine.fromOrigin;
            if (!job)
                continue;
            sent_ += std::min(each, job->left);
            job->left -= each;
            if (job->left > 0)
                continue;
            machine.proven = true;
            machine.bandwidth = double(world_.pieceLength) / (now + kStep - job->begun);
            const int piece = job->piece;
            job.reset();
            has(machine, piece, now);
        }
    }

    void moveFromPeers(Machine& machine, double now)
    {
        if (machine.fromPeers.empty())
            return;
        double received = 0;
        std::vector<int> whole;
        for (Transfer& transfer : machine.fromPeers) {
            const Machine& peer = machines_[std::size_t(transfer.from)];
            const double share =
                std::min(world_.line / std::max(1, peer.uploads), world_.line / double(machine.fromPeers.size())) * kStep;
            transfer.left -= peer.gone ? 0 : share;
            received += peer.gone ? 0 : share;
        }
        if (received >= kNextToNothing * kStep)
            machine.quietSince = now;
        std::erase_if(machine.fromPeers, [&](const Transfer& transfer) {
            Machine& peer = machines_[std::size_t(transfer.from)];
            if (transfer.left > 0 && !peer.gone && !machine.have[std::size_t(transfer.piece)])
                return false;
            --peer.uploads;
            machine.coming.reset(std::size_t(transfer.piece));
            if (transfer.left <= 0)
                whole.push_back(transfer.piece);
            return true;
        });
        for (const int piece : whole)
            has(machine, piece, now);
    }

    void has(Machine& machine, int piece, double now)
    {
        if (machine.have[std::size_t(piece)])
            return;
        machine.have.set(std::size_t(piece));
        for (const int other : machine.neighbours)
            ++machines_[std::size_t(other)].availability[std::size_t(piece)];
        if (int(machine.have.count()) == world_.pieces) {
            machine.ended = now + kStep;
            machine.fromOrigin.reset();
        }
    }

    FleetEnd result() const
    {
        const double size = double(world_.pieces) * double(world_.pieceLength);
        FleetEnd end{.copies = sent_ / size, .unicast = size * world_.machines / world_.origin};
        int stayed = 0;
        for (const Machine& machine : machines_) {
            if (machine.gone)
                continue;
            if (machine.ended < 0)
                return {.copies = end.copies, .last = -1, .unicast = end.unicast};
            ++stayed;
            end.last = std::max(end.last, machine.ended);
            end.mean += machine.ended - machine.begins;
        }
        end.mean /= std::max(1, stayed);
        return end;
    }

    const FleetWorld world_;
    std::mt19937_64 random_;
    std::vector<Machine> machines_;
    double sent_ = 0;
};

} // namespace

FleetEnd simulate(const FleetWorld& world, quint64 seed) { return Run(world, seed).end(); }

} // namespace weir::test
