#pragma once
// How many connections are in use, per host and in all, and what each host has taught us: fewer and later after a 429 or 503,
// more where one connection carries many requests (HTTP/2). Any thread; the queue owns it.

#include <weir/clock.h>

#include <QByteArray>
#include <QHash>
#include <QUrl>

#include <mutex>
#include <optional>

namespace weir {

/// "host:port" in lower case; empty for addresses without a host.
QByteArray hostKey(const QUrl& url);

class ConnectionBudget {
public:
    struct Limits {
        int total = 64, perHost = 16;
        int multiplexed = 100; ///< for hosts that were seen with HTTP/2
    };

    void setLimits(Limits limits);
    /// While tasks wait for connections, running ones get no more than half of a host's for themselves.
    void setContended(bool contended);

    void take(const QByteArray& host); ///< the one that every running task has
    bool takeExtra(const QByteArray& host, TimePoint now);
    void release(const QByteArray& host);

    /// 429, 503 or refused connections: half as many from now on, and none before `until`. One more each minute after that.
    void busy(const QByteArray& host, TimePoint now, std::optional<TimePoint> until);
    void multiplexes(const QByteArray& host);

    int inUse() const;
    int inUse(const QByteArray& host) const;
    int limit(const QByteArray& host, TimePoint now) const;
    TimePoint notBefore(const QByteArray& host) const; ///< TimePoint{}: at once

private:
    struct Host {
        int used = 0;
        bool multiplexed = false;
        int lowered = 0; ///< the limit at `loweredAt`; 0: not lowered
        TimePoint loweredAt{}, notBefore{};
    };
    int limitOf(const Host& host, TimePoint now) const;
    void forgetOld(TimePoint now);

    mutable std::mutex mutex_;
    Limits limits_;
    bool contended_ = false;
    int used_ = 0;
    QHash<QByteArray, Host> hosts_;
};

} // namespace weir
