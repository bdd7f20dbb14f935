#pragma once
// Lists of public trackers that others keep: what of their text is a tracker, and which of them a torrent is given. Pure; any
// thread. The text is hostile.

#include <QByteArrayView>
#include <QHash>
#include <QStringList>

namespace weir {

constexpr qint64 kMostListBytes = 1 << 20;

/// As it is compared and announced to: http, https or udp, without a default port, a password or what follows "#". Empty: it
/// is no tracker that can be used.
QString normalTracker(const QString& address);
/// One a line; empty lines, "#" comments and what is no tracker are left out, as is what was there before. At most 500.
QStringList readTrackerList(QByteArrayView text);

/// What became of the announces to one tracker. Times are seconds since 1970.
struct TrackerHealth {
    int failures = 0; ///< since it answered last
    qint64 failedAt = 0;
    bool operator==(const TrackerHealth&) const = default;
};
/// Many torrents fail at the same time: that is one failure.
TrackerHealth afterFailure(TrackerHealth before, qint64 now);
/// It failed again and again, and is left alone for a while: the longer, the more often.
bool restsNow(const TrackerHealth& health, qint64 now);
/// For one torrent, at most 50: those that never fail first, those that rest not at all. If all rest, the network did: nobody
/// is left out.
QStringList bestTrackers(const QStringList& trackers, const QHash<QString, TrackerHealth>& health, qint64 now);

} // namespace weir
