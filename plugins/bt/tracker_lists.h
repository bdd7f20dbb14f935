#pragma once
// The lists of trackers that the user has subscribed to (bt.trackerLists): fetched again when a torrent wants them and they
// are a day old, kept in the plugin's folder, so that a dead server changes nothing. Any thread; the session owns it.

#include "bt/tracker_list.h"

#include <weir/context.h>

#include <libtorrent/alert.hpp>

#include <map>
#include <mutex>

namespace weir {

class TrackerLists {
public:
    explicit TrackerLists(Services& services) : services_(services) {}

    /// For a torrent that is known to be public; what is due is fetched first, for a few seconds at most. The task's thread.
    QStringList trackers(std::stop_token stop);
    /// What the session says of announces. Quick.
    void hear(const lt::alert& alert);

private:
    struct List {
        qint64 fetched = 0, tried = 0; ///< seconds since 1970; 0: never
        QStringList trackers;
    };
    using Address = QString;

    static bool isDue(const List& list, qint64 now);
    void load();
    void keep(const QHash<QString, TrackerHealth>& known);
    void refresh(const QStringList& addresses, std::stop_token stop);
    void take(const Address& address, const Result<QByteArray>& text);

    Services& services_;
    std::mutex mutex_; ///< guards the lists: who comes second waits for what the first one fetches
    bool loaded_ = false;
    std::map<QByteArray, List> lists_; ///< by the digest of their address, which may hold a key
    QJsonObject keptLists_;            ///< as they are in the file
    qint64 keptAt_ = 0;

    std::mutex healthMutex_;               ///< guards what follows
    QHash<QString, TrackerHealth> health_; ///< of those in a list; no others are remembered
};

} // namespace weir
