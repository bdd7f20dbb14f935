#pragma once
// Bytes of media that yt-dlp has found, by weir's own HTTP. A page is asked once for many fetches; each fetch waits for that on
// a thread of its own. Thread-safe; lives as long as the program.

#include "page_media.h"

#include <weir/context.h>

#include <condition_variable>
#include <map>
#include <mutex>

/// "ytdlp:https://…" -> "https://…"; invalid for anything else.
QUrl pageOf(const QUrl& url);
/// "ytdlp+https://…" -> "https://…"; invalid for anything else.
QUrl mediaOf(const QUrl& url);

class MediaFetcher final : public weir::RangeFetcher {
public:
    explicit MediaFetcher(weir::Services& services) : services_(services) {}
    quint64 start(weir::FetchRequest request, weir::FetchSink& sink, std::function<void(weir::FetchDone)> done) override;
    void cancel(quint64 id) override;
    void configureProxy(const weir::ProxyConfig& proxy);

private:
    struct Fetch;
    struct Page {
        bool asked = false; ///< somebody is just asking
        std::optional<PageMedia> media;
        std::chrono::steady_clock::time_point found{};
    };
    void run(const std::shared_ptr<Fetch>& fetch);
    weir::Result<PageMedia> mediaFor(Fetch& fetch);
    weir::Result<PageMedia> ask(const Fetch& fetch);
    void forward(const std::shared_ptr<Fetch>& fetch, const PageMedia& media);
    void end(const std::shared_ptr<Fetch>& fetch, weir::FetchDone done);

    weir::Services& services_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<quint64, std::shared_ptr<Fetch>> running_;
    std::map<QString, Page> pages_;
    std::map<QString, weir::Headers> headers_; ///< by scheme, host and port of media
    weir::ProxyConfig proxy_;
    quint64 lastId_ = 0;
};
