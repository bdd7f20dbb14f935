#pragma once
// Who may start of the small fetches from one host, so that they share one HTTP/2 connection: libcurl opens another one for
// each request that finds no free stream. Until the first reply has come nobody knows, so one goes ahead; over HTTP/1.1 all go.
// Pure; one per shard, on its thread.

#include <QByteArray>
#include <QHash>

#include <deque>
#include <vector>

namespace weir {

class StreamGate {
public:
    static constexpr int kStreams = 100; ///< libcurl's own limit for a connection, and most servers'

    /// True: it may start. False: it waits until released() names it.
    bool enter(const QByteArray& host, quint64 fetch);
    /// A reply from that host has come.
    void answered(const QByteArray& host, bool multiplexed);
    /// It has ended; also for one that still waits. Without an answer the others are not made to wait for the next.
    void leave(const QByteArray& host, quint64 fetch);
    /// Who may start now, in the order of coming; each is named once.
    std::vector<quint64> released();
    void forget(); ///< what was learned; nobody may be inside

private:
    enum class Kind : quint8 { Unknown, Single, Multiplexed };
    struct Host {
        Kind kind = Kind::Unknown;
        bool proven = false; ///< by a reply
        int running = 0;
        std::deque<quint64> waiting;
    };
    static int limit(const Host& host);

    QHash<QByteArray, Host> hosts_;
    bool changed_ = false;
};

} // namespace weir
