#pragma once
// The rows of the store as plain values.

#include "platform/disk.h"

#include <weir/range_set.h>

#include <QByteArray>
#include <QJsonObject>
#include <QString>

#include <optional>
#include <vector>

namespace weir {

using TaskId = qint64;

enum class State : quint8 { Waiting, Running, Sharing, Choosing, Done, Failed };

/// The small columns of a task: what is kept in memory for each. Times are milliseconds since 1970, 0: never.
struct TaskRecord {
    TaskId id = 0;
    QString url;
    QByteArray adapter; ///< plugin that took it; empty: not decided
    QByteArray mime;
    State state = State::Waiting;
    qint8 priority = 0;  ///< -1 low, 0 normal, 1 high
    qint64 position = 0; ///< in the queue; smaller is earlier
    QString name, directory;
    qint64 size = -1, done = 0, uploaded = 0;
    quint8 verified = 0;   ///< weir::Verified
    quint16 attempts = 0;  ///< failures in a row
    quint16 crashes = 0;   ///< runs during which the daemon died
    quint16 errorCode = 0; ///< Code::Ok: none
    int errorNative = 0;
    QString errorDetail;
    qint64 notBefore = 0, created = 0, finished = 0;
    bool fromBrowser = false;
    bool unlisted = false; ///< from a private window: no row survives its end
};

/// What was asked for beyond the columns. `secrets` (headers, cookies, passwords) has a table of its own and is erased when
/// the task ends.
struct SpecRecord {
    QJsonObject options, secrets;
};

struct ProgressRecord {
    TaskId task = 0;
    QString path; ///< final path, relative to the task's directory
    qint64 size = -1;
    RangeSet written; ///< synced bytes only
};

/// "This part file is whole and is about to get that name."
struct IntentRecord {
    TaskId task = 0;
    QString path;                ///< as in its ProgressRecord
    QString partPath, finalPath; ///< absolute
    quint64 device = 0, inode = 0;
    qint64 born = 0, size = 0; ///< as FileIdentity
};

/// "The files of this task are on their way to another folder." Until `switched` its row names the folder it comes from.
struct RelocationRecord {
    struct Entry {
        QString from, to;    ///< a file or a whole folder, relative to the folders
        FileIdentity origin; ///< what lies at `from`
        FileIdentity placed; ///< what gets the name `to`: the same, or its copy; inode 0: nothing yet
        bool operator==(const Entry&) const = default;
    };
    TaskId task = 0;
    QString from, to; ///< folders
    QString staging;  ///< one in `to` where copies gather; empty: names alone are changed
    bool switched = false;
    std::vector<Entry> entries;
    bool operator==(const RelocationRecord&) const = default;
};

struct HoldRecord {
    QString scope;    ///< "task", "kind", "volume", "host", "network", "all"
    QString key;      ///< task id, kind, device ...; empty for "network" and "all"
    QString owner;    ///< "user", "disk-full", "disk-read-only" ...
    QString reason;   ///< a sentence
    qint64 until = 0; ///< 0: until released
    bool operator==(const HoldRecord&) const = default;
};

/// Bytes of one day.
struct TrafficRecord {
    QString day; ///< "2026-11-22"
    qint64 down = 0, up = 0;
    bool operator==(const TrafficRecord&) const = default;
};

struct PluginRecord {
    QString path;
    qint64 modified = 0, size = 0; ///< of the file that was looked at
    QJsonObject descriptor;        ///< name, version, schemes, mimeTypes, marks; empty if refused
    quint16 errorCode = 0;         ///< why it was refused
    QString errorDetail;
    bool enabled = true;
    bool quarantined = false;
};

struct StrikeRecord {
    QString plugin;
    TaskId task = 0;
    qint64 at = 0;
};

} // namespace weir
