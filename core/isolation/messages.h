#pragma once
// What passes between the daemon and a worker, as CBOR maps: plain values there and back. What is missing or of the wrong kind
// becomes a default, so that reading never fails; whoever uses a value checks what it means. Pure; any thread. Secrets are
// among it.

#include "net/curl_engine.h"

#include <weir/context.h>

#include <QCborMap>

namespace weir {

/// PluginAnswerBad: no map, or more nested or more numerous than anything honest.
Result<QCborMap> decodeMessage(const QByteArray& bytes);
inline QByteArray encodeMessage(const QCborMap& message) { return message.toCborValue().toCbor(); }

QCborMap toCbor(const Error& error);
QCborMap toCbor(const Result<void>& outcome); ///< {} or {"error": ...}
QCborMap toCbor(const TaskSpec& spec);
QCborMap toCbor(const TaskInfo& info);
QCborMap toCbor(const Choice& choice);
QCborMap toCbor(const Activity& activity);
QCborMap toCbor(const Prefetched& reply);
QCborMap toCbor(const QList<DescribedFile>& files); ///< {"files": ...}
QCborMap toCbor(const ProxyConfig& proxy);
QCborMap toCbor(const CurlEngine::Config& network);

/// A number that is no error of the catalogue becomes PluginContract.
Error errorFrom(const QCborMap& map);
Result<void> outcomeFrom(const QCborMap& map);
TaskSpec taskSpecFrom(const QCborMap& map);
TaskInfo taskInfoFrom(const QCborMap& map);
Choice choiceFrom(const QCborMap& map);
Activity activityFrom(const QCborMap& map);
Prefetched prefetchedFrom(const QCborMap& map);
QList<DescribedFile> describedFilesFrom(const QCborMap& map);
ProxyConfig proxyFrom(const QCborMap& map);
CurlEngine::Config networkFrom(const QCborMap& map);

// Single fields.
inline QCborValue field(const QCborMap& map, const char* name) { return map.value(QLatin1StringView(name)); }
inline QString textIn(const QCborMap& map, const char* name) { return field(map, name).toString(); }
inline QByteArray bytesIn(const QCborMap& map, const char* name) { return field(map, name).toByteArray(); }
inline QCborMap mapIn(const QCborMap& map, const char* name) { return field(map, name).toMap(); }
inline bool flagIn(const QCborMap& map, const char* name) { return field(map, name).toBool(); }
inline qint64 numberIn(const QCborMap& map, const char* name, qint64 otherwise = 0)
{
    return field(map, name).toInteger(otherwise);
}
inline QString urlText(const QUrl& url) { return url.toString(QUrl::FullyEncoded); }
inline QUrl urlIn(const QCborMap& map, const char* name) { return QUrl(textIn(map, name)); }
/// {"NAME": value, ...} without the noise.
inline QCborMap fields(std::initializer_list<std::pair<const char*, QCborValue>> values)
{
    QCborMap map;
    for (const auto& [name, value] : values)
        map.insert(QLatin1StringView(name), value);
    return map;
}

} // namespace weir
