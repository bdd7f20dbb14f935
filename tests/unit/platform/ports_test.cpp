#include "platform/ports.h"

#include <QCoreApplication>
#include <QNetworkProxy>
#include <QTcpServer>
#include <QUdpSocket>

#include <gtest/gtest.h>

using namespace weir;

TEST(PortHolder, IsTheProcessThatHasIt)
{
    QTcpServer server;
    ASSERT_TRUE(server.listen(QHostAddress::LocalHost));
    const quint16 port = server.serverPort();
    const auto holder = portHolder(port);
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->process, QCoreApplication::applicationPid());
    EXPECT_FALSE(holder->program.isEmpty());
    server.close();
    EXPECT_FALSE(portHolder(port));
}

TEST(PortHolder, OfUdpToo)
{
    QUdpSocket socket;
    socket.setProxy(QNetworkProxy::NoProxy); // else the system is asked for one, on a thread
    ASSERT_TRUE(socket.bind(QHostAddress::LocalHostIPv6) || socket.bind(QHostAddress::LocalHost));
    const auto holder = portHolder(socket.localPort());
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->process, QCoreApplication::applicationPid());
}
