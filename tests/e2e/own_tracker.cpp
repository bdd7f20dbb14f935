#include "e2e/own_tracker.h"

#include "test_paths.h"

#include <QJsonDocument>
#include <QUrl>

namespace weir::test {

OwnTracker::~OwnTracker()
{
    process_.terminate();
    if (process_.state() != QProcess::NotRunning && !process_.waitForFinished(5000)) {
        process_.kill();
        process_.waitForFinished();
    }
}

bool OwnTracker::start(const QString& address, const QStringList& more)
{
    address_ = address == u"0.0.0.0" ? QStringLiteral("127.0.0.1") : address;
    const QStringList words = prefix_
        + QStringList{QStringLiteral(WEIR_BUILD_DIR "/bin/weir"), "tracker", "serve", "--bind", address, "--port", "0",
            "--json"}
        + more;
    process_.start(words.first(), words.mid(1));
    if (!process_.waitForStarted() || !process_.waitForReadyRead(20'000))
        return false;
    const QJsonArray urls = QJsonDocument::fromJson(process_.readLine())[u"announce"].toArray();
    for (const QJsonValue each : urls) {
        const QUrl url(each.toString());
        (url.scheme() == u"udp" ? udpPort_ : port_) = quint16(url.port(0));
    }
    return port_ != 0 && udpPort_ != 0;
}

QJsonObject OwnTracker::state() const
{
    // Its sockets are on its machine.
    QProcess curl;
    const QStringList words =
        prefix_ + QStringList{"curl", "-sS", "--fail", QStringLiteral("http://%1:%2/state.json").arg(address_).arg(port_)};
    curl.start(words.first(), words.mid(1));
    return curl.waitForFinished() && curl.exitCode() == 0 ? QJsonDocument::fromJson(curl.readAllStandardOutput()).object()
                                                          : QJsonObject();
}

QJsonObject OwnTracker::torrent(const QByteArray& hashInHex) const
{
    const QJsonArray torrents = state()[u"torrents"].toArray();
    for (const QJsonValue one : torrents)
        if (one[u"hash"].toString().toLatin1() == hashInHex)
            return one.toObject();
    return {};
}

} // namespace weir::test
