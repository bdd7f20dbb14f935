#pragma once
// What yt-dlp says of a page. findMedia() runs it and blocks; readMedia() is pure.

#include <weir/fetch.h>
#include <weir/result.h>

#include <stop_token>

struct PageMedia {
    QUrl url;              ///< of the media file or the stream's playlist
    weir::Headers headers; ///< with which the page's player would ask
    QString fileName;      ///< suggested; empty for a stream
};

/// yt-dlp's JSON. Errors: WeirdReply, Unsupported (a list of several, nothing over HTTP), DrmProtected.
weir::Result<PageMedia> readMedia(const QByteArray& json);

/// Errors: those of readMedia(), Unsupported (yt-dlp is missing or knows nothing of that page), Stalled, Cancelled.
weir::Result<PageMedia> findMedia(const QUrl& page, const weir::ProxyConfig& proxy, bool insecure, std::stop_token stop);
