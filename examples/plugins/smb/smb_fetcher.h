#pragma once
// Ranges of files on SMB servers. Every fetch has a thread of its own, since libsmbclient blocks; a cancelled one reports at
// once and leaves the call it is in to end by itself. Thread-safe; lives as long as the program.

#include <weir/fetch.h>

#include <atomic>
#include <map>

class SmbFetcher final : public weir::RangeFetcher {
public:
    quint64 start(weir::FetchRequest request, weir::FetchSink& sink, std::function<void(weir::FetchDone)> done) override;
    void cancel(quint64 id) override;
    void configureProxy(const weir::ProxyConfig& proxy);

private:
    struct Fetch;
    void run(const std::shared_ptr<Fetch>& fetch);
    weir::Result<weir::FetchHead> transfer(Fetch& fetch);
    weir::Result<void> mayConnect(const weir::FetchRequest& request) const;

    mutable std::mutex mutex_;
    std::map<quint64, std::shared_ptr<Fetch>> running_;
    weir::ProxyConfig proxy_;
    quint64 lastId_ = 0;
};
