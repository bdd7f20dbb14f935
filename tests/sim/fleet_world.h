#pragma once
// A model of one origin and many machines that want the same file: lines, neighbours, and peers that pass on what they have.
// What a machine asks the origin for, and what it leaves to its peers, is decided by the feeder's own functions
// (bt/piece_choice.h); libtorrent is modelled as far as it matters here: rarest first, a few pieces at once, a few uploads at
// once. Virtual time.

#include <QtGlobal>

namespace weir::test {

struct FleetWorld {
    int machines = 1000;
    int pieces = 160;
    qint64 pieceLength = 128 << 10;
    int neighbours = 40; ///< that a machine connects to; others connect to it
    double line = 2.5e6; ///< of a machine, bytes a second each way
    double origin = 12.5e6;
    double arrivals = 5; ///< seconds in which all begin
    double greeting = 1; ///< seconds until a machine has its neighbours
    double failures = 0; ///< share of machines that go away for good while they download
};

struct FleetEnd {
    double copies = 0; ///< of the file, that left the origin
    double last = 0;   ///< seconds until every machine that stayed has it; negative: they never did
    double mean = 0;
    double unicast = 0; ///< seconds, if each were served by the origin alone
};

FleetEnd simulate(const FleetWorld& world, quint64 seed);

} // namespace weir::test
