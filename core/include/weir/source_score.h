#pragma once
// How good each source of the same bytes is, and which one is asked next: bandwidth, latency and success, each normalised to
// 0..1 over the sources that live, so that the ranking does not depend on units. Mirrors of a file and servers beside a swarm
// are judged alike. Pure values, for any thread; old experience fades with a half-life of 30 seconds.

#include <weir/clock.h>

#include <QtGlobal>

#include <span>
#include <vector>

namespace weir {
inline namespace abi1 {

/// What was seen of one source. Weights fade, so that a source may recover.
class SourceRecord {
public:
    /// By one connection; no bytes: time that was lost on a request that failed, or brought what was wrong.
    void transferred(TimePoint now, qint64 bytes, double seconds);
    void answered(TimePoint now, double latencySeconds);
    void succeeded(TimePoint now) { count(now, 1, 0, 0); }
    void failed(TimePoint now) { count(now, 0, 1, 0); }
    void lied(TimePoint now) { count(now, 0, 1, 1); } ///< wrong bytes

    bool measured() const { return seconds_ > 0; }
    double bandwidth() const { return seconds_ > 0 ? bytes_ / seconds_ : 0; } ///< useful bytes per second and connection
    double latency() const { return latency_; }                               ///< seconds; 0: unknown
    double success() const { return (good_ + 1) / (good_ + bad_ + 1); }       ///< optimistic until something is known
    double lies() const { return lies_; }
    int errors() const { return errors_; } ///< ever

private:
    void fade(TimePoint now);
    void count(TimePoint now, double good, double bad, double lies);

    TimePoint at_{};
    double bytes_ = 0, seconds_ = 0, latency_ = 0, good_ = 0, bad_ = 0, lies_ = 0;
    int surprises_ = 0; ///< transfers in a row that were much faster (> 0) or slower (< 0) than expected
    int errors_ = 0;
};

/// The settings `sources.*`. What counts is how large they are beside each other.
struct ScoreWeights {
    double bandwidth = 0.4, latency = 0.3, success = 0.3;
};

/// One score per record, 0..1; unknown terms count as the best known. Each lie halves the score. A source that lives no more
/// (nullptr) scores 0.
std::vector<double> scores(std::span<const SourceRecord* const> records, const ScoreWeights& weights = {});

/// Which source gets the next connection: the best by its score and by how many connections it already has; one time in twenty
/// (`random` in [0, 1) below 0.05) one of those that are used least, so that a changed world is noticed. -1: none is allowed.
int chooseSource(
    std::span<const double> scores, std::span<const int> connections, std::span<const char> allowed, double random);

} // namespace abi1
} // namespace weir
