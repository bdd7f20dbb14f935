#pragma once
// Where a recording's lists of segments come from: an HLS master playlist with a playlist for each track, one media playlist,
// or a DASH manifest for all of them. The capture task's thread; it owns it.

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
    /// Where a chosen track can be had as well. HLS only: a DASH manifest names all addresses of a segment itself.
    Capture::Elsewhere elsewhere(int track) const;
    /// How those are asked for again while the stream is live. `timelineOf`: of the chosen track of that place.
    std::vector<Capture::Reload> reloads(const QList<int>& chosen, std::function<Timeline&(int)> timelineOf) const;

private:
    /// A DASH manifest and what is needed to read it again. Shared with the functions that reloads() gives.
    struct Manifest {
        QByteArray text;
        QUrl url;
        std::vector<Track> known;                 ///< the chosen tracks, without segments
        std::chrono::milliseconds serverAhead{0}; ///< of this machine's clock
        Result<std::vector<Listing>> listings() const;
    };
    Result<void> parse(const QByteArray& text, const QUrl& url);
    Result<std::vector<Listing>> playlistListings(TaskContext& ctx, const QList<int>& chosen) const;
    Result<std::vector<Listing>> manifestListings(TaskContext& ctx, const QList<int>& chosen);
    void askServersClock(TaskContext& ctx);

    Presentation presentation_;
    QUrl url_;
    std::optional<Listing> only_;        ///< of the one track, when the URL was a media playlist
    std::shared_ptr<Manifest> manifest_; ///< null: HLS
};

/// Waits for one resource. Errors: Cancelled, those of the fetch.
Result<ResourceFetches::Fetched> fetchOne(TaskContext& ctx, ResourceFetches::Wish wish);

} // namespace weir
