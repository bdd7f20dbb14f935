#include "reachable.h"

#include <QEventLoop>
#include <QTcpSocket>
#include <QTimer>

#include <memory>
#include <vector>

namespace weir {

QList<bool> reachable(const QList<PeerAddress>& peers)
{
    constexpr int kPatience = 5000;
    QList<bool> answers(peers.size(), false);
    qsizetype open = peers.size();
    QEventLoop loop;
    std::vector<std::unique_ptr<QTcpSocket>> sockets;
    for (qsizetype i = 0; i < peers.size(); ++i) {
        QTcpSocket* socket = sockets.emplace_back(std::make_unique<QTcpSocket>()).get();
        const auto settle = [&, i](bool answer) {
            answers[i] = answer;
            if (--open == 0)
                loop.quit();
        };
        QObject::connect(socket, &QTcpSocket::connected, &loop, [settle] { settle(true); });
        QObject::connect(socket, &QTcpSocket::errorOccurred, &loop, [settle, socket] {
            // After the connection it says nothing new.
            if (socket->property("settled").isNull())
                settle(false);
        });
        QObject::connect(socket, &QTcpSocket::connected, socket, [socket] { socket->setProperty("settled", true); });
        socket->connectToHost(peers[i].address, peers[i].port);
    }
    QTimer::singleShot(kPatience, &loop, &QEventLoop::quit);
    if (open > 0)
        loop.exec();
    return answers;
}

} // namespace weir
