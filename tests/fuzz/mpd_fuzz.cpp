// builds with: plugins/hls/codecs.cpp
// builds with: plugins/hls/cues.cpp
// builds with: plugins/hls/m3u8_text.cpp
// builds with: plugins/hls/mpd_document.cpp
// builds with: plugins/hls/mpd_parser.cpp
// builds with: plugins/hls/mpd_segments.cpp
// builds with: plugins/hls/mpd_tracks.cpp
// builds with: plugins/hls/mpd_xml.cpp
// builds with: plugins/hls/segment_template.cpp
// builds with: plugins/hls/sidx.cpp
// builds with: plugins/hls/stream_text.cpp
// Any text as a manifest, and any bytes as the index of a file: what is accepted makes sense.

#include "check.h"

#include "hls/mpd_parser.h"
#include "hls/sidx.h"

#include <cmath>

using namespace weir;

namespace {

void checkSegments(const std::vector<Segment>& segments)
{
    for (const Segment& segment : segments) {
        WEIR_CHECK(!segment.media.urls.isEmpty());
        for (const QUrl& url : segment.media.urls)
            WEIR_CHECK(url.isValid() && !url.isRelative() && url.scheme() != QLatin1String("file"));
        WEIR_CHECK(std::isfinite(segment.start) && std::isfinite(segment.duration) && segment.duration >= 0);
        WEIR_CHECK(!segment.media.range || (segment.media.range->begin >= 0 && !segment.media.range->empty()));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    const std::chrono::system_clock::time_point now(std::chrono::seconds(1'795'000'000));
    const auto presentation = parseMpd(bytes, QUrl("https://host.test/a.mpd"), {.now = now});
    if (presentation) {
        for (const Track& track : presentation->tracks)
            checkSegments(track.segments);
        WEIR_CHECK(presentation->reloadAfter.count() >= 0);
        // Its own tracks are known to a second look.
        const auto again = parseMpd(bytes, QUrl("https://host.test/a.mpd"), {.now = now, .known = presentation->tracks});
        WEIR_CHECK(!again || again->tracks.size() == presentation->tracks.size() || presentation->tracks.empty());
    } else {
        WEIR_CHECK(presentation.error().detail.contains(QLatin1String(" line ")));
    }
    for (const bool guessed : {false, true}) {
        Track track;
        track.indexes.resize(1);
        track.indexes[0].media = {QUrl("https://host.test/v.mp4")};
        track.indexes[0].index = {track.indexes[0].media, ByteRange{0, qint64(size)}};
        track.indexes[0].guessed = guessed;
        for (int i = 0; i < 4 && !track.indexes.empty() && addIndexed(track, bytes); ++i) {}
        checkSegments(track.segments);
    }
    return 0;
}
