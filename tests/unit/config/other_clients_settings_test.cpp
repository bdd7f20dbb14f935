// What people set in other torrent clients has a key of its own here, or a reason why there is none.
#include "config/settings.h"

#include <QSet>

#include <gtest/gtest.h>

using namespace weir;

namespace {

struct Theirs {
    const char* name;
    const char* key;    ///< ours; null: there is none
    const char* reason; ///< why there is none; null: there is one
};

constexpr Theirs kTheirs[] = {
    {"alternative speed limits, by the clock", nullptr,
        "limits hold at once when they are set: a timetable calls `weir limit`, or sets limits.down and limits.up"},
    {"bind address", "network.bindTo", nullptr},
    {"blocklist", "bt.blocklist", nullptr},
    {"disk cache", nullptr, "the engine maps files into memory: the system's page cache is the cache"},
    {"DHT", "bt.dht.enabled", nullptr},
    {"DHT entrances", "bt.dht.bootstrap", nullptr},
    {"local peer discovery", "bt.lsd", nullptr},
    {"peer exchange", "bt.pex", nullptr},
    {"uTP", "bt.utp", nullptr},
    {"encryption", "bt.encryption", nullptr},
    {"download folder", "downloads.dir", nullptr},
    {"incomplete folder", nullptr, "what is not whole lies beside its place as NAME.part: the end is a rename, never a copy"},
    {"rename partial files", nullptr, "they are always called NAME.part"},
    {"peer limit", "bt.connections", nullptr},
    {"peer limit of one torrent", "bt.connectionsPerTorrent", nullptr},
    {"listening ports", "bt.ports", nullptr},
    {"random listening port", nullptr, "the first free one of bt.ports is taken, which a range makes as wide as one likes"},
    {"outgoing ports", "bt.outgoingPorts", nullptr},
    {"port mapping", "bt.portMapping", nullptr},
    {"preallocation", "transfer.preallocate", nullptr},
    {"preallocation of torrents", "bt.preallocate", nullptr},
    {"speed limit down", "limits.down", nullptr},
    {"speed limit up", "limits.up", nullptr},
    {"speed limit up, torrents only", "bt.up", nullptr},
    {"download queue size", "queue.running", nullptr},
    {"seed queue size", nullptr, "a torrent that shares has no thread and no place in the queue"},
    {"stalled minutes", nullptr,
        "they free places of the queue, of which there are 256; a torrent that gets nothing says why, and keeps its place"},
    {"ratio limit", "bt.seedRatio", nullptr},
    {"idle limit", "bt.seedIdle", nullptr},
    {"seeding time limit", "bt.seedTime", nullptr},
    {"upload slots", "bt.uploadSlots", nullptr},
    {"upload slots of one torrent", "bt.uploadSlotsPerTorrent", nullptr},
    {"default trackers", "bt.trackers", nullptr},
    {"lists of trackers", "bt.trackerLists", nullptr},
    {"speed limit of a check", "bt.checkRate", nullptr},
    {"umask", "downloads.umask", nullptr},
    {"log level", "log.level", nullptr},
    {"log of peers", "bt.logPeers", nullptr},
    {"proxy", "network.proxy", nullptr},
    {"RPC address, password and whitelist", nullptr, "there is a socket in a folder of the user's alone, and no port"},
    {"script when done", nullptr, "a script waits with `weir get`, or is told by events.subscribe"},
    {"watched folder", nullptr, "whatever watches a folder calls `weir add`"},
};

} // namespace

TEST(OtherClientsSettings, HaveAKeyOrAReason)
{
    QSet<QString> names;
    for (const Theirs& row : kTheirs) {
        EXPECT_FALSE(names.contains(QLatin1String(row.name))) << row.name;
        names.insert(QLatin1String(row.name));
        EXPECT_NE(row.key == nullptr, row.reason == nullptr) << row.name;
        if (row.key) {
            const QString key = QLatin1String(row.key);
            EXPECT_TRUE(settingRow(key) && !isPluginKey(key)) << row.name;
        }
    }
}

// Whoever adds a key for torrents says which of theirs it is, or that nobody else has it.
TEST(OtherClientsSettings, KnowEveryKeyForTorrents)
{
    QSet<QString> known{"bt.dht.keep"};
    for (const Theirs& row : kTheirs)
        known.insert(QLatin1String(row.key));
    for (const SettingRow& row : settingRows())
        if (const QString key = QLatin1String(row.key); key.startsWith(u"bt.")) {
            EXPECT_TRUE(known.contains(key)) << row.key;
        }
}
