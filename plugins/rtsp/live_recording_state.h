#pragma once
// What a live recording keeps from one run to the next, beside the spool itself. Plain values.

#include <QByteArray>
#include <QJsonArray>
#include <QString>

#include <optional>

namespace weir {

struct LiveRecordingState {
    QString name;      ///< suggested, without an extension
    QString container; ///< "mp4" or "mkv"; empty: nothing was recorded yet
    QString folder;    ///< name of the spool's folder
    QByteArray spool;  ///< Spool::index()
    bool hasVideo = true;
    bool complete = false; ///< everything is in the spool: only the file is still to be made
    double clock = 0;      ///< seconds recorded, holes among them
    qint64 number = 0;     ///< of the next fragment
    int connections = 0;   ///< that brought something
    qint64 lastAt = 0;     ///< when the last packet came, milliseconds of the system's clock
    QString brokenBy;      ///< why it did not go on then
    QJsonArray gaps;

    QByteArray toBytes() const;
    /// nullopt: nothing usable.
    static std::optional<LiveRecordingState> fromBytes(const QByteArray& bytes);
};

/// What is missing between two connections.
struct LiveHole {
    double missing = 0; ///< seconds that nobody recorded
    double hole = 0;    ///< that are left free in the file: long ones are closed, since players can't cross them
};
LiveHole liveHole(qint64 lastAt, qint64 now);

} // namespace weir
