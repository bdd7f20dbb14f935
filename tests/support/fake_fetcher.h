#pragma once
// A network in virtual time: hosts with their rates, delays, losses and bad manners, behind the RangeFetcher interface.
// Bytes are those of support/content.h. It runs on the thread that waits on its FakeClock; nothing else may call it.
// Everything about a source may be changed at any moment, for instance by an event of the clock.

#include "support/fake_clock.h"
#include "support/network_model.h"

#include <weir/fetch.h>

#include <map>

namespace weir::test {

/// What one reply will be. A source's `script` may change it before the first byte.
struct FakeReply {
    std::optional<Error> failure;       ///< instead of a reply
    std::chrono::microseconds delay{0}; ///< before the first byte, besides the round trip
    std::optional<qint64> cutAfter;     ///< body bytes, then `cutWith`
    Code cutWith = Code::ConnectionReset;
    std::optional<qint64> stallAfter; ///< body bytes, then silence until the fetch's own time limit
    bool ranged = false;
    ByteRange range; ///< what is sent
    FetchHead head;
};

/// One host. Its files all have the same size and seed unless `files` knows their path.
struct FakeSource {
    struct File {
        quint64 seed = 1;
        qint64 size = 0;
    };
    QString host;
    File file;
    std::map<QString, File> files; ///< by path

    Route route;
    int handshakes = 1; ///< round trips before the request: 1 for TCP, 3 with TLS
    std::chrono::microseconds firstByte{0};

    bool ranges = true;
    bool sizeKnown = true;
    bool multiplexed = false;
    bool brokenIfRange = false; ///< answers If-Range with the whole file although nothing changed
    bool silent = false;        ///< never answers a connection
    bool down = false;          ///< refuses connections
    QByteArray validator = "\"v1\"";
    QByteArray mime = "application/octet-stream";
    QString fileName;
    QList<ExpectedDigest> digests;
    QList<QUrl> mirrors;

    int maxConnections = 0; ///< more are answered with `overload`; 0: no limit
    Code overload = Code::HttpUnavailable;
    std::optional<std::chrono::seconds> retryAfter;
    double failure = 0; ///< probability that a request fails, with `failureCode`
    Code failureCode = Code::HttpServerError;
    double cut = 0;               ///< probability that a reply is cut at a random place
    std::map<qint64, int> stalls; ///< offset -> how often a reply stalls there
    RangeSet wrong;               ///< bytes there are not the file's
    /// Called for each reply with the number of the request at this host, from 1.
    std::function<void(const FetchRequest&, int number, FakeReply&)> script;
};

struct FakeStatistics {
    int requests = 0, connectionsMade = 0, refused = 0, failed = 0, cancelled = 0, completed = 0;
    qint64 bytes = 0;  ///< given to sinks
    qint64 wasted = 0; ///< of them, bytes that had been delivered before
    int connections = 0, peakConnections = 0;
    std::vector<std::pair<std::chrono::nanoseconds, int>>
        history; ///< (time since the clock's start, connections) at each change
};

class FakeFetcher final : public RangeFetcher {
public:
    explicit FakeFetcher(FakeClock& clock, quint64 seed = 1);
    ~FakeFetcher() override; ///< what still runs is dropped without a word

    /// Sources are known by host and never leave.
    FakeSource& add(FakeSource source);
    FakeSource& source(const QString& host) { return hosts_.at(host).source; }
    /// The client's own line, which all sources share.
    Line& client() { return network_.client(); }
    /// Every transfer from that host ends like this.
    void cut(const QString& host, Code code = Code::ConnectionReset);

    quint64 start(FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done) override;
    void cancel(quint64 id) override;

    const FakeStatistics& statistics() const { return all_; }
    const FakeStatistics& statistics(const QString& host) const { return hosts_.at(host).statistics; }
    /// Ranges asked for, in order, with their host.
    const std::vector<std::pair<QString, ByteRange>>& requests() const { return log_; }

private:
    struct Host {
        FakeSource source;
        FakeStatistics statistics;
        std::vector<Connection> kept; ///< open, without a request
    };
    struct Transfer {
        FetchRequest request;
        FetchSink* sink = nullptr;
        std::function<void(FetchDone)> done;
        Host* host = nullptr;
        FakeSource::File file;
        FakeReply reply;
        Connection connection;
        qint64 at = 0, bytes = 0;
        TimePoint started, lastByte;
        std::chrono::microseconds firstByte{0};
        quint64 event = 0;
        bool newConnection = true, begun = false, flowing = false, stalled = false, cancelled = false, counted = false;
    };

    void connect(quint64 id);
    void answer(quint64 id);
    std::optional<Error> compose(Transfer& transfer);
    std::optional<Error> checkIdentity(const Transfer& transfer) const;
    void begin(quint64 id);
    void tick();
    std::vector<quint64> flowing();
    void scheduleTick();
    void pour(quint64 id, qint64 bytes);
    void deliver(quint64 id, qint64 bytes);
    void finish(quint64 id, std::optional<Error> error);
    void countConnection(Host& host, int change);
    void later(quint64 id, std::chrono::nanoseconds delay, void (FakeFetcher::*step)(quint64));
    qint64 endOf(const Transfer& transfer) const;

    FakeClock& clock_;
    std::mt19937_64 random_;
    NetworkModel network_;
    std::map<QString, Host> hosts_;
    std::map<quint64, Transfer> transfers_;
    std::map<QString, RangeSet> delivered_; ///< by path
    FakeStatistics all_;
    std::vector<std::pair<QString, ByteRange>> log_;
    std::vector<char> slice_;
    quint64 nextId_ = 1;
    quint64 tick_ = 0; ///< the event; 0: nothing flows
};

} // namespace weir::test
