#include "support/network_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace weir::test {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kNegligible = std::chrono::milliseconds(2);
constexpr double kInfinite = std::numeric_limits<double>::infinity();

double seconds(nanoseconds time) { return std::chrono::duration<double>(time).count(); }
bool modelled(const Route& route) { return route.rtt >= kNegligible; }

// What stands in a line's queue: all windows together, less what the wire itself holds.
struct Load {
    double windows = 0;
    nanoseconds rtt{0};
    int connections = 0;
    double queued(const Line& line) const
    {
        return line.rate > 0 ? std::max(0.0, windows - static_cast<double>(line.rate) * seconds(rtt)) : 0;
    }
    double overflow(const Line& line) const
    {
        const double queue = queued(line);
        return queue > static_cast<double>(line.queue) ? (queue - static_cast<double>(line.queue)) / std::max(1.0, windows) : 0;
    }
    nanoseconds delay(const Line& line) const
    {
        if (line.rate <= 0)
            return nanoseconds(0);
        const double bytes = std::min(queued(line), static_cast<double>(line.queue));
        return nanoseconds(static_cast<qint64>(bytes / static_cast<double>(line.rate) * 1e9));
    }
    void add(const Connection& connection)
    {
        windows += connection.window;
        rtt = std::max(rtt, nanoseconds(connection.route->rtt));
        ++connections;
    }
};

} // namespace

void NetworkModel::open(Connection& connection, nanoseconds now) const
{
    connection.window = 10 * kSegment;
    connection.threshold = kInfinite;
    resume(connection, now);
}

void NetworkModel::resume(Connection& connection, nanoseconds now) const
{
    connection.inRound = 0;
    connection.credit = 0;
    connection.roundEnd = now + connection.route->rtt;
    connection.silentUntil = {};
}

void NetworkModel::share(std::vector<double*>& asks, double capacity)
{
    std::sort(asks.begin(), asks.end(), [](const double* a, const double* b) { return *a < *b; });
    for (std::size_t i = 0; i < asks.size(); ++i) {
        const double fair = capacity / static_cast<double>(asks.size() - i);
        *asks[i] = std::min(*asks[i], fair);
        capacity -= *asks[i];
    }
}

void NetworkModel::advance(std::span<Connection* const> connections, nanoseconds now, nanoseconds step)
{
    std::map<const Route*, Load> routes;
    Load all;
    for (Connection* c : connections) {
        c->granted = 0;
        if (c->wanted > 0 && modelled(*c->route)) {
            routes[c->route].add(*c);
            all.add(*c);
        }
    }
    const auto roundTrip = [&](const Connection& c) {
        return nanoseconds(c.route->rtt) + routes[c.route].delay(c.route->line) + all.delay(client_);
    };

    std::map<const Route*, std::vector<double*>> asks;
    std::vector<double*> everyone;
    for (Connection* c : connections) {
        if (c->wanted <= 0 || c->silentUntil > now)
            continue;
        double most = c->wanted;
        if (c->route->perConnection > 0)
            most = std::min(most, static_cast<double>(c->route->perConnection) * seconds(step));
        // A window leaves as a burst at the start of its round trip; how fast it comes through the lines decide.
        const double window = modelled(*c->route) ? std::max(0.0, c->window - c->inRound) : kInfinite;
        c->granted = std::min(most, window);
        asks[c->route].push_back(&c->granted);
        everyone.push_back(&c->granted);
    }
    // The lines form a tree, and in a tree the shares of the branches, shared again at the root, are the max-min shares.
    for (auto& [route, list] : asks)
        if (route->line.rate > 0)
            share(list, static_cast<double>(route->line.rate) * seconds(step));
    if (client_.rate > 0)
        share(everyone, static_cast<double>(client_.rate) * seconds(step));

    for (Connection* c : connections) {
        if (c->wanted <= 0 || !modelled(*c->route))
            continue;
        c->inRound += c->granted;
        if (now + step >= c->roundEnd) {
            const nanoseconds rtt = roundTrip(*c);
            endRound(*c, now + step, rtt, std::max(routes[c->route].overflow(c->route->line), all.overflow(client_)));
            c->roundEnd = now + step + rtt;
        }
    }
}

void NetworkModel::endRound(Connection& c, nanoseconds now, nanoseconds rtt, double overflow)
{
    const double packets = std::exchange(c.inRound, 0) / kSegment;
    const bool slowStart = c.window < c.threshold;
    if (overflow > 0 && (slowStart || uniform() < std::max(0.2, 2 * overflow))) {
        // Slow start overshoots by up to a window: filling the holes costs a round trip in which nothing new arrives.
        lose(c, slowStart ? now + rtt : nanoseconds(0));
        return;
    }
    if (c.route->loss > 0 && uniform() < 1 - std::pow(1 - c.route->loss, packets)) {
        c.threshold = std::max(2 * kSegment, c.window * c.route->backoff);
        c.window = c.threshold;
        return;
    }
    const bool capped = c.route->perConnection > 0
        && c.window > 2 * static_cast<double>(c.route->perConnection) * seconds(c.route->rtt) + 10 * kSegment;
    if (!capped && packets > 0)
        c.window = slowStart ? std::min(2 * c.window, std::max(c.threshold, c.window + kSegment)) : c.window + kSegment;
}

void NetworkModel::lose(Connection& c, nanoseconds silence)
{
    c.threshold = std::max(2 * kSegment, c.window * c.route->backoff);
    c.window = c.threshold;
    c.silentUntil = silence;
}

} // namespace weir::test
