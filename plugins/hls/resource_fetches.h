#pragma once
// The small fetches of a capture: playlists, keys, init and media segments, each into memory, several at once. Each is tried
// again by the error table, at its other addresses first. The capture task's thread owns and uses it.

#include "hls/stream_model.h"

#include <weir/context.h>
#include <weir/memory_sink.h>

#include <list>
#include <map>

namespace weir {

/// Same request as the task's own to the same host; others get neither its credentials nor its cookies, and never its body.
std::shared_ptr<const RequestContext> requestFor(const TaskSpec& spec, const QUrl& url);

class ResourceFetches {
public:
    struct Wish {
        Resource resource;
        qint64 most = 64 << 20; ///< bytes
        int attempts = 6;       ///< at all addresses together, after which the error is given back
        bool urgent = false;    ///< goes before what waits
    };
    struct Fetched {
        quint64 id = 0;
        Result<QByteArray> bytes;
        QUrl finalUrl;
        QByteArray mime;
        QUrl from;         ///< which of the addresses
        qint64 total = -1; ///< bytes of the whole resource; -1: not said
    };

    explicit ResourceFetches(TaskContext& ctx);
    ~ResourceFetches();

    quint64 want(Wish wish);
    /// The next one that has come or failed for good; nullopt: the time is up, wake() was called or the task is to stop.
    std::optional<Fetched> next(std::chrono::milliseconds atMost);
    /// Any thread.
    void wake() { group_.wake(); }
    std::size_t pending() const { return pieces_.size(); }
    int running() const { return int(group_.running()); }
    /// Set while a host is not worth waiting for where others have the same: it could not be reached several times in a row.
    std::optional<Error> outage(const QUrl& url) const;
    void setMostAtOnce(int most) { most_ = most; }

private:
    struct Piece {
        quint64 id = 0, fetch = 0; ///< fetch: 0 while it waits
        Wish wish;
        int failures = 0;
        TimePoint notBefore{};
        bool permit = false;
        std::unique_ptr<MemorySink> sink;
    };
    struct Outage {
        int inARow = 0;
        TimePoint until{}; ///< then it is tried again
        Error why;
    };
    void startWaiting();
    bool start(Piece& piece);
    void note(const QUrl& url, const Result<FetchHead>& head);
    std::optional<Fetched> ended(FetchDone done);
    const QUrl& addressOf(const Piece& piece) const;
    TimePoint nextStart() const;

    TaskContext& ctx_;
    std::list<Piece> pieces_;
    std::map<QString, Outage> outages_; ///< by host and port
    quint64 lastId_ = 0;
    int most_ = 10;
    FetchGroup group_; ///< last: nothing that it writes to may die before it
};

} // namespace weir
