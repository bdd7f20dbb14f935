#include "rtsp/live_recording_state.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace weir {

namespace {

constexpr int kVersion = 1;
constexpr double kLongestHole = 600;

} // namespace

QByteArray LiveRecordingState::toBytes() const
{
    return QJsonDocument(
        QJsonObject{{"version", kVersion}, {"name", name}, {"container", container}, {"folder", folder},
            {"spool", QString::fromLatin1(spool.toBase64())}, {"hasVideo", hasVideo}, {"complete", complete}, {"clock", clock},
            {"number", number}, {"connections", connections}, {"lastAt", lastAt}, {"brokenBy", brokenBy}, {"gaps", gaps}})
        .toJson(QJsonDocument::Compact);
}

std::optional<LiveRecordingState> LiveRecordingState::fromBytes(const QByteArray& bytes)
{
    const QJsonObject json = QJsonDocument::fromJson(bytes).object();
    if (json["version"].toInt() != kVersion)
        return std::nullopt;
    return LiveRecordingState{.name = json["name"].toString(),
        .container = json["container"].toString(),
        .folder = json["folder"].toString(),
        .spool = QByteArray::fromBase64(json["spool"].toString().toLatin1()),
        .hasVideo = json["hasVideo"].toBool(),
        .complete = json["complete"].toBool(),
        .clock = json["clock"].toDouble(),
        .number = json["number"].toInteger(),
        .connections = json["connections"].toInt(),
        .lastAt = json["lastAt"].toInteger(),
        .brokenBy = json["brokenBy"].toString(),
        .gaps = json["gaps"].toArray()};
}

LiveHole liveHole(qint64 lastAt, qint64 now)
{
    const double missing = std::max<qint64>(now - lastAt, 0) / 1000.0;
    return {missing, missing <= kLongestHole ? missing : 0};
}

} // namespace weir
