#pragma once
// How fast TCP connections are, as a pure model: slow start, additive increase, a backoff at each loss, and bottlenecks that
// are shared by max-min fairness and lose packets when their queue is full. FakeFetcher advances it by its clock.
// One thread; deterministic for a given seed.

#include <QtGlobal>

#include <chrono>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace weir::test {

/// A place that many connections pass: a server's uplink, the client's own line.
struct Line {
    qint64 rate = 0;           ///< bytes per second; 0: no limit
    qint64 queue = 256 * 1024; ///< bytes that wait before packets are dropped
};

/// The way to one host.
struct Route {
    qint64 perConnection = 0;         ///< the server's limit, bytes per second; 0: none
    std::chrono::microseconds rtt{0}; ///< below 2 ms TCP is as fast as its lines
    double loss = 0;                  ///< probability for each packet
    double backoff = 0.5;             ///< of the window at a loss: 0.5 as Reno, 0.7 as CUBIC
    Line line;
};

/// One connection. Its owner sets `route` and `wanted`, the model the rest.
struct Connection {
    const Route* route = nullptr;
    double wanted = 0;  ///< bytes that are left to send; 0: idle
    double granted = 0; ///< bytes of the last step
    double credit = 0;  ///< fraction of a byte carried over; for the owner

    double window = 0, threshold = 0; // bytes
    double inRound = 0;               // sent in this round trip
    std::chrono::nanoseconds roundEnd{}, silentUntil{};
};

class NetworkModel {
public:
    static constexpr double kSegment = 1448; ///< payload of a packet

    explicit NetworkModel(quint64 seed) : random_(seed) {}

    Line& client() { return client_; }
    /// A new connection starts with ten segments.
    void open(Connection& connection, std::chrono::nanoseconds now) const;
    /// The first byte of a reply comes now; the window is that of the replies before.
    void resume(Connection& connection, std::chrono::nanoseconds now) const;
    /// `step` of time passes; sets `granted` of every connection.
    void advance(std::span<Connection* const> connections, std::chrono::nanoseconds now, std::chrono::nanoseconds step);

    /// Max-min: everyone gets what they ask for, or the same as everybody else who asks for more.
    static void share(std::vector<double*>& asks, double capacity);

private:
    void endRound(Connection& connection, std::chrono::nanoseconds now, std::chrono::nanoseconds rtt, double overflow);
    void lose(Connection& connection, std::chrono::nanoseconds silence);
    double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }

    Line client_;
    std::mt19937_64 random_;
};

} // namespace weir::test
