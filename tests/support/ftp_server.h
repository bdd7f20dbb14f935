#pragma once
// A small FTP server that follows a script: files in memory, control connections on 127.0.0.1, and every fault that a test can
// wish for. Each control connection has a thread of its own, which ends with the server.

#include "support/plain_http_server.h"

#include <QMap>
#include <QStringList>

namespace weir::test {

struct FtpBehaviour {
    QByteArray welcome = "220 Hello\r\n";
    QByteArray user, password; ///< empty: everybody may
    QByteArray loginRefusal;   ///< said to PASS instead of 230
    int mostClients = 0;       ///< at a time; more are turned away with 421; 0: any number
    bool size = true, mdtm = true, mlsd = true, epsv = true;
    bool rest = true;         ///< false: 502
    bool ignoresRest = false; ///< 350, but then it sends from the first byte
    qint64 sizeLie = 0;       ///< added to what SIZE says
    qint64 dropsAt = -1;      ///< closes the data connection when it has sent so much, and says 226
    int drops = 0;            ///< how many times
    bool silentAtEnd = false; ///< never says 226
    bool bytewise = false;    ///< answers come in pieces
    bool noData = false;      ///< refuses data connections
    QByteArray retrRefusal;   ///< said to RETR instead of 150
    QByteArray unreadable;    ///< the file that RETR refuses
    QByteArray opening = "150 Here it comes";
    bool leavesOpen = false; ///< does not close the data connection behind the last byte until the client does
    QByteArray listing;      ///< of LIST, instead of the true one
    QByteArray modified = "20240102030405";
};

class FtpServer {
public:
    explicit FtpServer(QMap<QByteArray, QByteArray> files, FtpBehaviour behaviour = {});

    QUrl url(const QString& path) const;
    quint16 port() const { return server_.port(); }
    int accepted() const { return server_.accepted(); }
    QList<QByteArray> commands() const; ///< all, in the order of arrival
    void behave(const std::function<void(FtpBehaviour&)>& change);
    void put(const QByteArray& path, const QByteArray& content);

private:
    class Session;
    void serve(Connection& connection);
    FtpBehaviour behaviour() const;
    std::optional<QByteArray> file(const QByteArray& path) const;
    bool hasFolder(const QByteArray& path) const;

    mutable std::mutex mutex_;
    QMap<QByteArray, QByteArray> files_; ///< "/folder/name"
    FtpBehaviour behaviour_;
    QList<QByteArray> commands_;
    int clients_ = 0;
    SocketServer server_; ///< last: its threads use the others
};

} // namespace weir::test
