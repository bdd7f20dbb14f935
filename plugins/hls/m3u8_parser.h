#pragma once
// HLS playlists (RFC 8216 and its successor up to version 12) as values. Pure; any thread. `url` is where the text came from,
// after redirects. Errors name the URL, the line and the reason. What a player may skip (parts, preload hints, I-frame lists,
// session data, steering) is skipped; delta updates are refused, since nobody here asks for them.

#include "hls/m3u8_text.h"
#include "hls/stream_model.h"

namespace weir {

/// It lists other playlists, not segments.
bool isMaster(QByteArrayView text);

/// Tracks with playlists and without segments: each variant is one, and so is each rendition that has a playlist of its own.
Result<Presentation> parseMaster(QByteArrayView text, const QUrl& url);

/// The segments of one track. `imported`: Presentation::variables of the master playlist. A stretch that only DRM opens has no
/// keys, and Listing::drm names the systems.
Result<Listing> parseMedia(QByteArrayView text, const QUrl& url, const Variables& imported = {});

} // namespace weir
