#include "hls/hls_adapter.h"

#include "hls/capture_task.h"

namespace weir {

namespace {

constexpr int kSurely = 100;

const QByteArrayView kTypes[] = {"application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl",
    "application/mpegurl", "application/dash+xml", "video/vnd.mpeg.dash.mpd"};

bool opensLikePlaylist(QByteArrayView text)
{
    // A playlist of songs has #EXTM3U too; only streams have #EXT-X- tags.
    return text.startsWith("#EXTM3U") && text.contains("#EXT-X-");
}

bool opensLikeManifest(QByteArrayView text) { return text.startsWith('<') && text.contains("urn:mpeg:dash:schema:mpd"); }

} // namespace

HlsAdapter::HlsAdapter(Services& services) : services_(services) {}

// What a URL looks like is no proof: another adapter fetches it and hands over what has the right content.
int HlsAdapter::support(const QUrl&) const { return 0; }

int HlsAdapter::supportContent(QByteArrayView mime, QByteArrayView first4k) const
{
    QByteArrayView text = first4k;
    if (text.startsWith("\xef\xbb\xbf"))
        text = text.sliced(3);
    text = text.trimmed();
    if (opensLikePlaylist(text) || opensLikeManifest(text))
        return kSurely;
    const bool named = std::find(std::begin(kTypes), std::end(kTypes), mime) != std::end(kTypes);
    return named && (text.startsWith("#EXTM3U") || text.startsWith('<')) ? kSurely : 0;
}

std::unique_ptr<DownloadTask> HlsAdapter::createTask(const QUrl&) { return std::make_unique<CaptureTask>(); }

} // namespace weir
