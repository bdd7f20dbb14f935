// builds with: plugins/hls/ads.cpp
// builds with: plugins/hls/codecs.cpp
// builds with: plugins/hls/m3u8_keys.cpp
// builds with: plugins/hls/m3u8_markers.cpp
// builds with: plugins/hls/m3u8_master.cpp
// builds with: plugins/hls/m3u8_parser.cpp
// builds with: plugins/hls/m3u8_text.cpp
// builds with: plugins/hls/stream_text.cpp
// builds with: plugins/hls/timeline.cpp
// Any text as a playlist: what is accepted makes sense, and the timeline that takes it over, twice, hands out each segment
// once.

#include "check.h"

#include "hls/m3u8_parser.h"
#include "hls/timeline.h"

#include <cmath>

using namespace weir;

namespace {

const QUrl kUrl("https://host.test/a/b.m3u8?token=1");

void checkUrls(const QList<QUrl>& urls)
{
    WEIR_CHECK(!urls.isEmpty());
    for (const QUrl& url : urls)
        WEIR_CHECK(url.isValid() && !url.isRelative() && url.scheme() != QLatin1String("file"));
}

void checkResource(const Resource& resource)
{
    checkUrls(resource.urls);
    if (resource.range)
        WEIR_CHECK(resource.range->begin >= 0 && resource.range->end > resource.range->begin);
}

void checkListing(const Listing& listing)
{
    for (std::size_t i = 0; i < listing.segments.size(); ++i) {
        const Segment& segment = listing.segments[i];
        checkResource(segment.media);
        if (segment.init)
            checkResource(*segment.init);
        for (const auto& key : {segment.key, segment.initKey})
            WEIR_CHECK(!key || ((key->iv.isEmpty() || key->iv.size() == 16) && key->url.isValid()));
        WEIR_CHECK(segment.number >= 0 && segment.discontinuity >= 0);
        WEIR_CHECK(std::isfinite(segment.start) && segment.duration >= 0 && segment.start >= 0);
        WEIR_CHECK(i == 0 || segment.number == listing.segments[i - 1].number + 1);
    }
}

void playBoth(const Listing& first, const Listing& second)
{
    Timeline timeline({.fromStart = true});
    TimePoint now(std::chrono::seconds(1));
    std::optional<Segment> last;
    for (const Listing* listing : {&first, &second, &first, &second, &second}) {
        timeline.update(*listing, now);
        while (auto segment = timeline.next()) {
            WEIR_CHECK(!last || segment->number > last->number);
            WEIR_CHECK(std::isfinite(segment->start));
            last = std::move(segment);
        }
        WEIR_CHECK(timeline.finished() || timeline.dueAt() > now);
        now += std::chrono::seconds(4);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView text(data, qsizetype(size));
    isMaster(text);
    if (const auto master = parseMaster(text, kUrl)) {
        WEIR_CHECK(!master->tracks.empty());
        for (const Track& track : master->tracks)
            checkUrls(track.playlists);
    } else {
        WEIR_CHECK(master.error().detail.contains(QLatin1String(" line ")));
    }
    const auto first = parseMedia(text, kUrl, {{"host", "cdn.test"}});
    if (!first) {
        WEIR_CHECK(first.error().detail.contains(QLatin1String(" line ")));
        return 0;
    }
    checkListing(*first);
    // The same text without its first half of lines is a window that has moved on, more or less.
    const auto second = parseMedia("#EXTM3U\n" + text.sliced(text.size() / 2).toByteArray(), kUrl);
    playBoth(*first, second ? *second : *first);
    return 0;
}
