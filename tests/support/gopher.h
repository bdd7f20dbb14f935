#pragma once
// What a Gopher server does with a connection: one line names a file, and its bytes follow until the end (RFC 1436).

#include "support/plain_http_server.h"

#include <QMap>

namespace weir::test {

inline void serveGopher(Connection& connection, const QMap<QByteArray, QByteArray>& files)
{
    QByteArray selector;
    while (!selector.endsWith('\n')) {
        const QByteArray more = connection.read();
        if (more.isEmpty())
            return;
        selector += more;
    }
    connection.write(files.value(selector.trimmed(), "3no such thing\terror.host\t1\r\n.\r\n"));
}

} // namespace weir::test
