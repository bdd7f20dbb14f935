#pragma once
// An authority and certificates of it, made by the openssl command in a temporary folder. Made once for the test program.

#include "support/plain_http_server.h"

#include <QTemporaryDir>

namespace weir::test {

class TestPki {
public:
    static const TestPki& instance();

    QString authority() const { return path(QStringLiteral("ca.pem")); }
    QString path(const QString& name) const { return folder_.filePath(name); }
    /// For localhost and 127.0.0.1.
    SocketServer::Tls good() const { return pair(QStringLiteral("good")); }
    SocketServer::Tls expired() const { return pair(QStringLiteral("expired")); }
    SocketServer::Tls otherHost() const { return pair(QStringLiteral("other")); }
    SocketServer::Tls selfSigned() const { return pair(QStringLiteral("self")); }

private:
    TestPki();
    SocketServer::Tls pair(const QString& name) const { return {path(name + ".pem"), path(name + ".key")}; }
    void run(const QStringList& arguments) const;
    void issue(const QString& name, const QString& names, int days) const;

    QTemporaryDir folder_;
};

} // namespace weir::test
