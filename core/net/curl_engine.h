#pragma once
// libcurl for everybody: one shard (thread, multi handle) per target volume (and one more for FTP and SSH), one cache of DNS
// answers and TLS sessions for all. Made and destroyed on the main thread; start() and cancel() from any.

#include <weir/curl_fetcher.h>

#include <memory>

namespace weir {

class CurlEngine {
public:
    struct Config {
        ProxyConfig proxy; ///< for requests whose context has none
        QString userAgent;
        QString bindTo;
        std::chrono::milliseconds stallTimeout{30'000}, connectTimeout{20'000}; ///< for requests that name none
        int maxIdleConnections = 64;                                            ///< kept open per shard
        bool http3 = true;                                                      ///< where libcurl has it
        int bulkBuffer = 128 << 10; ///< bytes that libcurl asks a socket for at once; see docs/benchmarks.md
    };
    explicit CurlEngine(Config config);
    ~CurlEngine(); ///< cancels everything and joins the shards

    void configure(Config config);                 ///< for fetches started from now on
    void configureProxy(const ProxyConfig& proxy); ///< the same for the proxy alone; any thread
    quint64 start(const CurlProfile& profile, FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done);
    void cancel(quint64 id);
    /// Open sockets, shards, transfers; for system.status and tests.
    struct Statistics {
        int shards = 0, transfers = 0;
        qint64 connectionsMade = 0;
    };
    Statistics statistics() const;

private:
    struct Private;
    std::unique_ptr<Private> d_;
};

} // namespace weir
