#include "support/rpc_world.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

class SessionRules : public ::testing::Test {
protected:
    QJsonObject hello(const QString& role, int protocol = kProtocol, const QString& origin = {})
    {
        QJsonObject params{{QStringLiteral("client"), QStringLiteral("t")}, {QStringLiteral("version"), QStringLiteral("1")},
            {QStringLiteral("protocol"), protocol}, {QStringLiteral("role"), role}};
        if (!origin.isEmpty())
            params.insert(QStringLiteral("origin"), origin);
        return params;
    }
    QJsonObject send(const QByteArray& message)
    {
        session.receive(message);
        return wire.last();
    }

    RpcWorld world;
    FakeWire wire;
    Session session{world.backend, wire};
};

TEST_F(SessionRules, HelloComesFirst)
{
    EXPECT_EQ(errorCode(world.call(session, wire, "system.status")), "RpcHelloExpected");
    const auto reply = world.call(session, wire, "session.hello", hello("client"));
    EXPECT_EQ(reply.value(u"result").toObject().value(u"protocol").toInt(), kProtocol);
    EXPECT_EQ(reply.value(u"result").toObject().value(u"pid").toInt(), 42);
    EXPECT_EQ(reply.value(u"result").toObject().value(u"role").toString(), "client");
    EXPECT_EQ(errorCode(world.call(session, wire, "system.listMethods")), "");
}

TEST_F(SessionRules, HelloComesOnce)
{
    world.call(session, wire, "session.hello", hello("browser", kProtocol, "chrome-extension://x"));
    EXPECT_EQ(errorCode(world.call(session, wire, "session.hello", hello("client"))), "RpcHelloTwice");
    EXPECT_EQ(session.role(), Role::Browser);
}

TEST_F(SessionRules, AnotherProtocolEndsTheConnection)
{
    const auto reply = world.call(session, wire, "session.hello", hello("client", kProtocol + 1));
    EXPECT_EQ(errorCode(reply), "RpcVersion");
    EXPECT_TRUE(wire.closed);
    EXPECT_FALSE(session.takesInput());
}

TEST_F(SessionRules, RolesThatAreNoneAreRefused)
{
    EXPECT_EQ(errorCode(world.call(session, wire, "session.hello", hello("admin"))), "RpcBadRole");
    EXPECT_EQ(errorCode(world.call(session, wire, "session.hello", hello("client", kProtocol, "chrome-extension://x"))),
        "RpcBadRole");
    EXPECT_EQ(errorCode(world.call(session, wire, "system.status")), "RpcHelloExpected");
}

TEST_F(SessionRules, ABrowserMayCallOnlyWhatIsMeantForIt)
{
    world.call(session, wire, "session.hello", hello("browser"));
    for (const Method& method : methods()) {
        const QString name = QString::fromLatin1(method.name);
        if (method.atLeast == Role::Client)
            EXPECT_EQ(errorCode(world.call(session, wire, name)), "RpcNotAllowed") << method.name;
    }
    EXPECT_EQ(errorCode(world.call(session, wire, "task.list")), "");
}

TEST_F(SessionRules, TheBrowsersMethodsAreThoseOfTheInterface)
{
    QStringList names;
    for (const Method& method : methods())
        if (method.atLeast == Role::Browser)
            names.append(QString::fromLatin1(method.name));
    EXPECT_EQ(names,
        QStringList({"capture.foreground", "capture.push", "capture.rules", "events.subscribe", "limits.set", "session.hello",
            "system.doctor", "task.add", "task.choose", "task.get", "task.history", "task.list", "task.pause", "task.relink",
            "task.remove", "task.restart", "task.resume"}));
}

TEST_F(SessionRules, MessagesThatAreNoRequestsAreAnswered)
{
    EXPECT_EQ(errorCode(send("{")), "RpcParse");
    EXPECT_EQ(errorCode(send("\"text\"")), "RpcParse");
    EXPECT_EQ(errorCode(send("{}")), "RpcInvalid");
    EXPECT_EQ(errorCode(send(R"({"jsonrpc": "1.0", "id": 1, "method": "x"})")), "RpcInvalid");
    EXPECT_EQ(errorCode(send(R"({"jsonrpc": "2.0", "id": {}, "method": "x"})")), "RpcInvalid");
    EXPECT_EQ(errorCode(send(R"({"jsonrpc": "2.0", "id": 1, "method": 7})")), "RpcInvalid");
    EXPECT_EQ(errorCode(send("[]")), "RpcInvalid");
    world.call(session, wire, "session.hello", hello("client"));
    EXPECT_EQ(errorCode(send(R"({"jsonrpc": "2.0", "id": "a", "method": "task.conquer"})")), "RpcUnknownMethod");
    EXPECT_EQ(wire.last().value(u"id").toString(), "a");
    EXPECT_EQ(errorCode(send(R"({"jsonrpc": "2.0", "id": 1, "method": "task.get", "params": [1]})")), "RpcBadParams");
    EXPECT_EQ(errorCode(send(R"({"jsonrpc": "2.0", "id": 1, "method": "task.get", "params": {"id": 5}})")), "UnknownTask");
}

TEST_F(SessionRules, AnErrorCarriesItsRow)
{
    const auto error = send("{").value(u"error").toObject();
    EXPECT_EQ(error.value(u"code").toInt(), 6000);
    const auto data = error.value(u"data").toObject();
    for (const char* key : {"code", "number", "category", "retry", "message", "detail", "hint", "exit"})
        EXPECT_TRUE(data.contains(QLatin1StringView(key))) << key;
    EXPECT_EQ(data.value(u"exit").toInt(), 30);
}

TEST_F(SessionRules, NotificationsGetNoAnswer)
{
    world.call(session, wire, "session.hello", hello("client"));
    const auto before = wire.written.size();
    session.receive(R"({"jsonrpc": "2.0", "method": "system.listMethods"})");
    session.receive(R"({"jsonrpc": "2.0", "method": "no.such"})");
    EXPECT_EQ(wire.written.size(), before);
    EXPECT_TRUE(session.takesInput());
}

TEST_F(SessionRules, ABatchIsAnsweredAsOne)
{
    world.call(session, wire, "session.hello", hello("client"));
    wire.written.clear();
    session.receive("[" + requestText(1, "system.listMethods") + "," + requestText(2, "no.such")
        + R"(,{"jsonrpc":"2.0","method":"hold.list"},7])");
    ASSERT_EQ(wire.written.size(), 1u);
    const QJsonArray replies = QJsonDocument::fromJson(wire.written[0]).array();
    ASSERT_EQ(replies.size(), 3);
    EXPECT_TRUE(replies[0][u"result"].isObject());
    EXPECT_EQ(errorCode(replies[1].toObject()), "RpcUnknownMethod");
    EXPECT_EQ(errorCode(replies[2].toObject()), "RpcInvalid");
    session.receive(R"([{"jsonrpc":"2.0","method":"hold.list"}])");
    EXPECT_EQ(wire.written.size(), 1u);
}

TEST_F(SessionRules, AClientThatDoesNotReadIsNotReadFrom)
{
    world.call(session, wire, "session.hello", hello("client"));
    wire.stuck = true;
    int calls = 0;
    while (session.takesInput() && calls < 100'000)
        session.receive(requestText(++calls, "system.listMethods"));
    EXPECT_FALSE(session.takesInput());
    wire.stuck = false;
    session.drained();
    EXPECT_TRUE(session.takesInput());
    EXPECT_GE(wire.wanted, 1);
    EXPECT_EQ(wire.written.size(), std::size_t(calls) + 1);
}

TEST_F(SessionRules, RepliesThatComeAfterTheEndAreDropped)
{
    FakeWire other;
    auto gone = world.client(other);
    gone->receive(requestText(1, "system.doctor"));
    gone.reset();
    world.call(session, wire, "session.hello", hello("client"));
    EXPECT_EQ(errorCode(world.call(session, wire, "system.doctor")), "");
    EXPECT_TRUE(other.written.empty());
}

} // namespace
