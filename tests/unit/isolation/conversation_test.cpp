// Both ends of a task's conversation: a context as a worker has it, and the daemon's server behind a real channel and real
// files.
#include "contract/check_context.h"
#include "isolation/context_server.h"
#include "isolation/remote_context.h"
#include "plugin_host/plugin_world.h"

#include <QCborArray>
#include <QFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

#include <thread>

using namespace std::chrono_literals;

namespace weir {
namespace {

class Conversations : public ::testing::Test {
protected:
    void SetUp() override
    {
        TaskSpec spec;
        spec.url = QUrl("x://y/");
        spec.directory = folder.path();
        auto request = std::make_shared<RequestContext>();
        spec.request = request;
        context = std::make_unique<CheckContext>(services, world.registry, spec, KeptRun{}, CheckContext::Wishes{});
        server = std::make_unique<ContextServer>(*context, [] {});
        auto ends = Channel::pair();
        ASSERT_TRUE(ends);
        daemon = std::move(ends->first);
        remote = std::make_unique<RemoteContext>(std::move(ends->second), services, spec, "state", 5);
    }
    /// What a task does there, while it is served here; ends with the task.
    void run(const std::function<Result<void>(RemoteContext&)>& task)
    {
        std::thread worker([&] { remote->end(task(*remote)); });
        while (!server->ended()) {
            auto message = daemon->receive(10s);
            ASSERT_TRUE(message && *message);
            const auto map = decodeMessage((*message)->bytes);
            ASSERT_TRUE(map);
            const auto answer = server->handle(*map);
            ASSERT_TRUE(answer) << describe(answer.error()).toStdString();
            if (*answer) {
                ASSERT_TRUE(daemon->send(encodeMessage((*answer)->reply), (*answer)->descriptor));
            }
        }
        worker.join();
    }
    RangeSet written(const QString& name) { return context->keep().files[name].written; }

    static PluginWorld& worldOfTests()
    {
        static PluginWorld world({}, QStringLiteral("/nowhere"), {});
        return world;
    }

    QTemporaryDir folder;
    PluginWorld& world = worldOfTests();
    PluginServices services{world.host, {}};
    std::unique_ptr<CheckContext> context;
    std::unique_ptr<ContextServer> server;
    std::unique_ptr<Channel> daemon;
    std::unique_ptr<RemoteContext> remote;
};

TEST_F(Conversations, BytesAreWrittenThereAndCountedHere)
{
    run([](RemoteContext& ctx) -> Result<void> {
        const auto choice = ctx.describe({.name = "a/../../etc/passwd", .size = 10});
        if (!choice)
            return failure(choice.error());
        const auto file = ctx.open(choice->name, 10);
        if (!file)
            return failure(file.error());
        (void)(*file)->write(0, {"01234", 5});
        ctx.save("half", {"/nowhere"});
        (void)(*file)->write(5, {"56789", 5});
        (*file)->forget({3, 5});
        EXPECT_EQ((*file)->done(), 8);
        EXPECT_FALSE((*file)->write(8, {"too long", 8}));
        return ctx.complete();
    });
    ASSERT_TRUE(server->ended());
    EXPECT_FALSE(*server->ended()) << "two bytes are missing";
    EXPECT_EQ(context->keep().state, "half");
}

TEST_F(Conversations, TheSameRangesAreKnownOnBothSides)
{
    run([](RemoteContext& ctx) -> Result<void> {
        const auto file = ctx.open("f", -1);
        if (!file)
            return failure(file.error());
        (void)(*file)->write(0, {"0123456789", 10});
        (*file)->forget({3, 5});
        if (auto ok = (*file)->setSize(8); !ok)
            return ok;
        EXPECT_EQ((*file)->written(), (RangeSet{{0, 3}, {5, 8}}));
        EXPECT_EQ(*ctx.open("f", -1), *file) << "the same file again";
        return {};
    });
    EXPECT_TRUE(*server->ended());
    EXPECT_EQ(written("f"), (RangeSet{{0, 3}, {5, 8}}));
    QFile part(folder.filePath("f.part"));
    ASSERT_TRUE(part.open(QIODevice::ReadOnly));
    EXPECT_EQ(part.readAll(), "01234567");
}

TEST_F(Conversations, AnswersAndErrorsComeBack)
{
    run([](RemoteContext& ctx) -> Result<void> {
        EXPECT_EQ(ctx.open("../x", 1).error().code, Code::PathEscapes);
        EXPECT_TRUE(ctx.takeConnection(QUrl("x://y/")));
        ctx.releaseConnection(QUrl("x://y/"));
        EXPECT_FALSE(ctx.belongsToOther("text/plain", "hello"));
        EXPECT_EQ(ctx.savedState(), "state");
        EXPECT_EQ(ctx.device(), 5u);
        ctx.hostIsBusy(QUrl("x://y/"), std::chrono::system_clock::now());
        ctx.setVerified(Verified::Verified);
        ctx.report({.phase = "p"});
        ctx.log(Level::Info, "line");
        return failure(Code::HttpNotFound, "x://y/", 404);
    });
    EXPECT_EQ(server->ended()->error(), (Error{Code::HttpNotFound, "x://y/", 404}));
}

TEST_F(Conversations, WhatWasFetchedThereIsChargedHere)
{
    run([](RemoteContext& ctx) -> Result<void> {
        ctx.rate().charge(1000, ctx.services().clock().now());
        ctx.report({});
        ctx.rate().charge(500, ctx.services().clock().now());
        const auto file = ctx.open("f", 4);
        if (file)
            (void)(*file)->write(0, {"abcd", 4});
        return {};
    });
    EXPECT_EQ(context->rate().total(), 1500);
}

TEST_F(Conversations, LiesAreNotCounted)
{
    const auto code = [&](const QCborMap& message) {
        const auto answer = server->handle(message);
        return answer ? Code::Ok : answer.error().code;
    };
    EXPECT_EQ(code(fields({{"call", "format the disk"}})), Code::PluginAnswerBad);
    EXPECT_EQ(code({}), Code::PluginAnswerBad);
    // Files that were never opened, and connections that were never taken.
    const auto wrote = [&](qint64 file, const QByteArray& ranges) {
        return code(fields({{"call", "wrote"}, {"file", file}, {"ranges", ranges}}));
    };
    EXPECT_EQ(wrote(7, RangeSet({{0, 5}}).toBytes()), Code::Ok);
    EXPECT_EQ(code(fields({{"call", "releaseConnection"}, {"url", "x://y/"}})), Code::Ok);
    EXPECT_EQ(code(fields({{"call", "charged"}, {"bytes", -5}})), Code::Ok);
    ASSERT_EQ(code(fields({{"call", "open"}, {"path", "f"}, {"size", 10}})), Code::Ok);
    EXPECT_EQ(wrote(0, RangeSet({{0, 11}}).toBytes()), Code::LengthMismatch);
    EXPECT_EQ(wrote(0, RangeSet({{1ll << 60, (1ll << 60) + 5}}).toBytes()), Code::LengthMismatch);
    EXPECT_EQ(wrote(0, "\xff\xff\xff"), Code::PluginAnswerBad);
    EXPECT_TRUE(written("f").empty());
}

TEST_F(Conversations, SharingGoesOnAfterTheRun)
{
    run([](RemoteContext& ctx) -> Result<void> {
        ctx.detach([] {});
        return {};
    });
    EXPECT_TRUE(server->detached());
    EXPECT_TRUE(context->detached());
    EXPECT_FALSE(server->left());
    remote->leave(failure(Code::Cancelled));
    auto message = daemon->receive(10s);
    ASSERT_TRUE(message && *message);
    ASSERT_TRUE(server->handle(*decodeMessage((*message)->bytes)));
    EXPECT_EQ(server->left()->error().code, Code::Cancelled);
}

} // namespace
} // namespace weir
