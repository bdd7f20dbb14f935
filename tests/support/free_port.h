#pragma once
// A port of this machine for a server that can't choose one by itself. Any thread.

#include <QTcpServer>
#include <QUdpSocket>

namespace weir::test {

/// Free now on every address, for TCP and UDP.
inline quint16 freePort()
{
    for (;;) {
        QTcpServer server;
        if (!server.listen(QHostAddress::Any))
            continue;
        QUdpSocket udp;
        if (udp.bind(QHostAddress::Any, server.serverPort()))
            return server.serverPort();
    }
}

} // namespace weir::test
