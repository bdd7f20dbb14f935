#pragma once
// How long to wait before the next try: after failures of ours, and when the other side names a time. Pure; any thread.

#include <QByteArray>

#include <chrono>
#include <functional>
#include <optional>

namespace weir {

struct BackoffPolicy {
    std::chrono::milliseconds base{1'000};
    double factor = 2;
    std::chrono::milliseconds cap{300'000};
};

/// Uniform in [0, 1).
using RandomSource = std::function<double()>;

/// Full jitter: anything from 0 to base * factor^(attempt-1), at most the cap. `attempt` counts the failures in a row, from 1.
std::chrono::milliseconds backoffDelay(int attempt, const BackoffPolicy& policy, const RandomSource& random);

/// A longer Retry-After counts as this: a server should not be able to park a task for years.
constexpr std::chrono::hours kLongestRetryAfter{24};

/// The value of Retry-After (seconds, or any date of RFC 9110), never before `now`; nullopt: it makes no sense.
std::optional<std::chrono::system_clock::time_point> parseRetryAfter(
    QByteArrayView value, std::chrono::system_clock::time_point now);

/// The three forms of RFC 9110 section 5.6.7; nullopt: none of them. `now` gives two-digit years their century.
std::optional<std::chrono::system_clock::time_point> parseHttpDate(
    QByteArrayView text, std::chrono::system_clock::time_point now);

} // namespace weir
