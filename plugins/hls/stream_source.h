#pragma once
// Where a recording's lists of segments come from: an HLS master playlist with a playlist for each track, one media playlist, or
// a DASH manifest for all of them. The capture task's thread; it owns it.

#include "hls/capture.h"
#include "hls/choose.h"

namespace weir {

class StreamSource {
public:
    /// Takes what was fetched already, or fetches the task's URL. Errors: BadPlaylist, PlaylistTooLarge, network errors.
    static Result<StreamSource> open(TaskContext& ctx);

    const Presentation& presentation() const { return presentation_; }
    const QUrl& url() const { return url_; }
    /// Loads what the chosen tracks need before their first segment: one listing for each, in their order.
    /// Errors: DrmProtected, BadPlaylist, EmptyStream, network errors.
    Result<std::vector<Listing>> listings(TaskContext& ctx, const QList<int>& chosen);
    /// How those are asked for again while the stream is live. `timelineOf`: of the chosen track of that place.
    std::vector<Capture::Reload> reloads(const QList<int>& chosen, std::function<Timeline&(int)> timelineOf) const;

private:
    Result<void> parse(const QByteArray& text, const QUrl& url);

    Presentation presentation_;
    QUrl url_;
    std::optional<Listing> only_; ///< of the one track, when the URL was a media playlist
};

/// Waits for one resource. Errors: Cancelled, those of the fetch.
Result<ResourceFetches::Fetched> fetchOne(TaskContext& ctx, ResourceFetches::Wish wish);

} // namespace weir
