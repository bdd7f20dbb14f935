#include "bt/tracker_list.h"

#include <QSet>
#include <QUrl>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMostTrackers = 500, kMostGiven = 50, kLongestAddress = 300;
constexpr qint64 kSameFailure = 5 * 60, kFirstRest = 3600, kLongestRest = 7 * 24 * 3600;
constexpr int kFailuresToRest = 3, kMostFailures = 20;

} // namespace

QString normalTracker(const QString& address)
{
    if (address.size() > kLongestAddress)
        return {};
    QUrl url(address, QUrl::StrictMode);
    const QString scheme = url.scheme();
    const bool http = scheme == u"http" || scheme == u"https";
    // A password would be the list's, and the same for all its readers.
    if (!url.isValid() || url.host().isEmpty() || !url.userInfo().isEmpty() || (!http && scheme != u"udp"))
        return {};
    if (url.port() == 0 || (!http && url.port() < 0))
        return {};
    if (url.port() == (scheme == u"https" ? 443 : 80) && http)
        url.setPort(-1);
    if (!http) { // the protocol knows no path
        url.setPath(QStringLiteral("/announce"));
        url.setQuery(QString());
    }
    url.setFragment(QString());
    return url.toString(QUrl::FullyEncoded);
}

QStringList readTrackerList(QByteArrayView text)
{
    QStringList trackers;
    QSet<QString> seen;
    const auto lines = text.first(std::min<qsizetype>(text.size(), kMostListBytes)).toByteArray().split('\n');
    for (const QByteArray& raw : lines) {
        const QByteArray line = raw.trimmed();
        if (line.isEmpty() || line.startsWith('#'))
            continue;
        const QString tracker = normalTracker(QString::fromUtf8(line));
        if (tracker.isEmpty() || seen.contains(tracker))
            continue;
        seen.insert(tracker);
        trackers.append(tracker);
        if (trackers.size() == kMostTrackers)
            break;
    }
    return trackers;
}

TrackerHealth afterFailure(TrackerHealth before, qint64 now)
{
    const qint64 since = now - before.failedAt;
    if (before.failures > 0 && since >= 0 && since < kSameFailure)
        return before;
    return {.failures = std::min(before.failures + 1, kMostFailures), .failedAt = now};
}

bool restsNow(const TrackerHealth& health, qint64 now)
{
    if (health.failures < kFailuresToRest)
        return false;
    const qint64 rest = std::min(kFirstRest << (health.failures - kFailuresToRest), kLongestRest);
    const qint64 since = now - health.failedAt;
    return since >= 0 && since < rest;
}

QStringList bestTrackers(const QStringList& trackers, const QHash<QString, TrackerHealth>& health, qint64 now)
{
    QStringList best;
    std::copy_if(trackers.begin(), trackers.end(), std::back_inserter(best),
        [&](const QString& tracker) { return !restsNow(health.value(tracker), now); });
    if (best.isEmpty())
        best = trackers;
    std::stable_sort(best.begin(), best.end(),
        [&](const QString& a, const QString& b) { return health.value(a).failures < health.value(b).failures; });
    return best.first(std::min(kMostGiven, best.size()));
}

} // namespace weir
