// A bridge to yt-dlp for weir: `weir get ytdlp:https://site/watch/1` asks yt-dlp which media are behind a page, and downloads
// them as everything else, streams among them. Only addresses that somebody has written this way lead here.
//
//   ytdlp:https://site/watch/1    the media behind that page
//   ytdlp+https://cdn/film.m3u8   that address, asked as the page's player would ask; what media refer to comes this way

#include "media_fetcher.h"

#include <weir/plugin.h>

namespace {

using namespace weir;

class YtdlpAdapter final : public ProtocolAdapter {
public:
    explicit YtdlpAdapter(Services& services) : fetcher_(services) {}

    int support(const QUrl& url) const override { return pageOf(url).isValid() || mediaOf(url).isValid() ? 100 : 0; }
    /// What is a playlist goes on to the plugin for streams.
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return makeSegmentedTask(); }
    void configureProxy(const ProxyConfig& proxy) override { fetcher_.configureProxy(proxy); }
    RangeFetcher* fetcher() override { return &fetcher_; }

private:
    MediaFetcher fetcher_;
};

} // namespace

WEIR_PLUGIN(YtdlpAdapter, "ytdlp", "1.0", "ytdlp,ytdlp+http,ytdlp+https", "", "")
