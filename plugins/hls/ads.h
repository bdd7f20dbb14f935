#pragma once
// Advertisements: which segments are ones, by the marks of the playlist or manifest and by a pattern for addresses, and what is
// wished about them. Pure; any thread. Timeline does what is wished.

#include "hls/stream_model.h"

#include <weir/result.h>

#include <QJsonObject>
#include <QRegularExpression>

namespace weir {

enum class Ads : quint8 {
    Keep,
    Drop,  ///< they are not even fetched
    Split, ///< a new file wherever one begins or ends
};

struct AdRule {
    Ads ads = Ads::Keep;
    QRegularExpression pattern; ///< for segments' addresses; empty: none
};

/// The options `ads` and `adPattern`. BadOption.
Result<AdRule> adRuleOf(const QJsonObject& options);

/// Sets Segment::ad where the listing's markers or the pattern say so; what is set stays.
void markAds(Listing& listing, const QRegularExpression& pattern);

/// What one track's list says of a recording holds for all: playlists of sound or subtitles often lack the marks.
void shareAds(std::vector<Listing>& listings);

} // namespace weir
