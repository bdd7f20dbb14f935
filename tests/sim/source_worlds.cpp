#include "sim/source_worlds.h"

#include <algorithm>
#include <chrono>

namespace weir::test {

namespace {

constexpr double kBlock = 1 << 20;
constexpr double kStep = 0.005; // seconds

double speedAt(const ModelSource& source, double time) { return int(time / source.period) % 2 == 0 ? 1 : source.slow; }

double lineOf(const ModelSource& source, int connections)
{
    const double all = source.connection * connections;
    return source.line > 0 ? std::min(source.line, all) : all;
}

TimePoint at(double seconds)
{
    return TimePoint{} + std::chrono::hours(1)
        + std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double>(seconds));
}

struct Fetch {
    int source = -1; ///< -1: none
    double begun = 0, answered = -1;
    double left = 0; ///< bytes until it ends
    bool fails = false, lies = false;
};

class Run {
public:
    Run(const World& world, const Policy& policy, quint64 seed, Units units)
        : world_(world),
          policy_(policy),
          units_(units),
          random_(seed),
          records_(world.sources.size()),
          busy_(world.sources.size(), 0),
          fetches_(std::size_t(world.connections))
    {
        for (const SourceRecord& record : records_)
            seen_.push_back(&record);
    }

    double until(double seconds)
    {
        for (long step = 0; double(step) * kStep < seconds; ++step)
            advance(double(step) * kStep);
        return right_;
    }

private:
    double dice() { return double(random_() >> 11) * 0x1p-53; }

    void advance(double now)
    {
        for (Fetch& fetch : fetches_)
            if (fetch.source < 0)
                begin(fetch, now);
        for (Fetch& fetch : fetches_)
            move(fetch, now);
    }

    void begin(Fetch& fetch, double now)
    {
        const int next = policy_(seen_, busy_, dice());
        const ModelSource& source = world_.sources[std::size_t(next)];
        fetch = {.source = next, .begun = now, .fails = dice() < source.failures, .lies = dice() < source.lies};
        fetch.left = fetch.fails ? kBlock * dice() : kBlock;
        ++busy_[std::size_t(next)];
    }

    void move(Fetch& fetch, double now)
    {
        const auto index = std::size_t(fetch.source);
        const ModelSource& source = world_.sources[index];
        if (now - fetch.begun < source.latency)
            return;
        if (fetch.answered < 0)
            fetch.answered = now;
        fetch.left -= lineOf(source, busy_[index]) * speedAt(source, now) / busy_[index] * kStep;
        if (fetch.left <= 0)
            end(fetch, now + kStep);
    }

    void end(Fetch& fetch, double now)
    {
        const auto index = std::size_t(fetch.source);
        SourceRecord& record = records_[index];
        const bool right = !fetch.fails && !fetch.lies;
        record.transferred(at(now), right ? qint64(kBlock * units_.bytes) : 0, (now - fetch.begun) * units_.seconds);
        if (fetch.fails) {
            record.failed(at(now));
        } else if (fetch.lies) {
            record.lied(at(now));
        } else {
            record.answered(at(now), (fetch.answered - fetch.begun + kStep) * units_.seconds);
            record.succeeded(at(now));
            right_ += kBlock;
        }
        --busy_[index];
        fetch.source = -1;
    }

    const World& world_;
    const Policy& policy_;
    const Units units_;
    std::mt19937_64 random_;
    std::vector<SourceRecord> records_;
    std::vector<const SourceRecord*> seen_;
    std::vector<int> busy_;
    std::vector<Fetch> fetches_;
    double right_ = 0;
};

} // namespace

double brought(const World& world, const Policy& policy, double seconds, quint64 seed, Units units)
{
    return Run(world, policy, seed, units).until(seconds);
}

double possible(const World& world, double seconds)
{
    double sum = 0;
    for (long step = 0; double(step) * kStep < seconds; ++step) {
        // What one more connection to a source adds never grows with their number: the best next one is always right.
        std::vector<int> used(world.sources.size(), 0);
        const auto rate = [&](std::size_t i, int connections) {
            const ModelSource& source = world.sources[i];
            if (connections == 0)
                return 0.0;
            const double speed = lineOf(source, connections) * speedAt(source, double(step) * kStep);
            // Others of its connections use the line while one waits for its first byte.
            const double alone = source.connection * speedAt(source, double(step) * kStep);
            const double tried = kBlock * (1 - source.failures / 2);
            const double most = std::min(speed, connections * tried / (source.latency + tried / alone));
            return most * (1 - source.failures) / (1 - source.failures / 2) * (1 - source.lies);
        };
        for (int connection = 0; connection < world.connections; ++connection) {
            std::size_t best = 0;
            const auto more = [&](std::size_t i) { return rate(i, used[i] + 1) - rate(i, used[i]); };
            for (std::size_t i = 1; i < used.size(); ++i)
                if (more(i) > more(best))
                    best = i;
            ++used[best];
        }
        for (std::size_t i = 0; i < used.size(); ++i)
            sum += rate(i, used[i]) * kStep;
    }
    return sum;
}

} // namespace weir::test
