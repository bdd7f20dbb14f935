#include "hls/ads.h"

#include <algorithm>

namespace weir {

namespace {

struct Stretch {
    double begin = 0, end = 0;
};

double middleOf(const Segment& segment) { return segment.start + segment.duration / 2; }

/// Marks the segments whose middle lies in a stretch; both go up in time.
void markWithin(std::vector<Segment>& segments, std::vector<Stretch> stretches)
{
    std::sort(stretches.begin(), stretches.end(), [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
    std::size_t next = 0;
    double until = 0;
    bool any = false;
    for (Segment& segment : segments) {
        const double middle = middleOf(segment);
        for (; next < stretches.size() && stretches[next].begin <= middle; ++next) {
            until = any ? std::max(until, stretches[next].end) : stretches[next].end;
            any = true;
        }
        segment.ad = segment.ad || (any && middle < until);
    }
}

std::vector<Stretch> adsOf(const Listing& listing)
{
    std::vector<Stretch> stretches;
    for (const Segment& segment : listing.segments) {
        if (!segment.ad)
            continue;
        if (!stretches.empty() && segment.start <= stretches.back().end)
            stretches.back().end = segment.start + segment.duration;
        else
            stretches.push_back({segment.start, segment.start + segment.duration});
    }
    return stretches;
}

} // namespace

Result<AdRule> adRuleOf(const QJsonObject& options)
{
    AdRule rule;
    const QString ads = options[QLatin1String("ads")].toString(QStringLiteral("keep"));
    if (ads == u"drop")
        rule.ads = Ads::Drop;
    else if (ads == u"split")
        rule.ads = Ads::Split;
    else if (ads != u"keep")
        return failure(Code::BadOption, QStringLiteral("ads: keep, drop or split is expected, not %1").arg(ads.left(60)));
    rule.pattern.setPattern(options[QLatin1String("adPattern")].toString());
    if (!rule.pattern.isValid())
        return failure(Code::BadOption,
            QStringLiteral("adPattern: %1 at place %2")
                .arg(rule.pattern.errorString())
                .arg(rule.pattern.patternErrorOffset() + 1));
    return rule;
}

void markAds(Listing& listing, const QRegularExpression& pattern)
{
    std::vector<Stretch> stretches;
    for (const Marker& marker : listing.markers)
        if (marker.ad && marker.duration > 0)
            stretches.push_back({marker.start, marker.start + marker.duration});
    markWithin(listing.segments, std::move(stretches));
    if (pattern.pattern().isEmpty())
        return;
    for (Segment& segment : listing.segments)
        segment.ad = segment.ad || pattern.match(segment.media.urls.front().toString()).hasMatch();
}

void shareAds(std::vector<Listing>& listings)
{
    std::vector<Stretch> all;
    for (const Listing& listing : listings) {
        const auto own = adsOf(listing);
        all.insert(all.end(), own.begin(), own.end());
    }
    for (Listing& listing : listings)
        markWithin(listing.segments, all);
}

} // namespace weir
