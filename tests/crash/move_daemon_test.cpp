// The real daemon moves files to another volume and is killed meanwhile, or finds no room there: the bytes are whole where the
// ledger says, once. WEIR_SEED sets when the kills come.
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/http_fault_server.h"
#include "support/rpc_world.h"
#include "support/small_volume.h"

#include "platform/disk.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QThread>

#include <gtest/gtest.h>

#include <random>

namespace weir::test {
namespace {

constexpr qint64 kMiB = 1 << 20;

QStringList filesIn(const QString& folder)
{
    return QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
}

class MovedFiles : public ::testing::Test {
protected:
    void SetUp() override
    {
        daemon.writeConfig({{"sync.interval", "100ms"}, {"retry.base", "50ms"}, {"retry.cap", "200ms"}});
        ASSERT_TRUE(QDir().mkpath(near()));
        ASSERT_TRUE(live());
    }
    void TearDown() override { unmount(volume); }
    bool live()
    {
        const bool started = daemon.start();
        peer = started ? daemon.client() : nullptr;
        return started;
    }
    QString near() const { return daemon.path(QStringLiteral("near")); }
    QJsonObject task(qint64 id) { return peer->result("task.get", {{"id", id}}); }
    QString move(qint64 id, const QString& to)
    {
        return errorCode(peer->call("task.relocate", {{"ids", QJsonArray{id}}, {"dir", to}}));
    }
    /// Asks, and does not wait for the answer.
    void beginMove(qint64 id, const QString& to)
    {
        peer->send(frame(requestText(99'999, "task.relocate", {{"ids", QJsonArray{id}}, {"dir", to}})));
    }
    qint64 add(const char* path, Behaviour behaviour, const QJsonObject& options = {})
    {
        return daemon.addTask(*peer, server.on(path, behaviour), {{"dir", near()}, {"options", options}});
    }
    static bool isWhole(const QString& path, const Behaviour& file)
    {
        QFile in(path);
        if (!in.open(QIODevice::ReadOnly) || in.size() != file.size)
            return false;
        const QByteArray bytes = in.readAll();
        return isContent(file.seed, 0, {bytes.constData(), std::size_t(bytes.size())});
    }

    HttpFaultServer server;
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
    QTemporaryDir place;
    QString volume;
};

TEST_F(MovedFiles, AKillOnTheWayLosesNothingAndLeavesNothingBehind)
{
    const QTemporaryDir far(QStringLiteral("/dev/shm/weir-move-XXXXXX"));
    if (!far.isValid() || systemDisk().volume(far.path())->device == systemDisk().volume(near())->device)
        GTEST_SKIP() << "/dev/shm is no volume of its own here";
    const quint64 seed =
        qEnvironmentVariableIsSet("WEIR_SEED") ? qEnvironmentVariable("WEIR_SEED").toULongLong() : std::random_device{}();
    std::printf("WEIR_SEED=%llu\n", static_cast<unsigned long long>(seed));
    std::mt19937_64 random(seed);
    const Behaviour whole{.seed = 3, .size = 48 * kMiB}, half{.seed = 4, .size = 24 * kMiB};
    const qint64 done = add("/done.bin", whole);
    ASSERT_FALSE(peer->untilState(done, "done").isEmpty());
    const qint64 paused = add("/half.bin", half, {{"limit", 8 * kMiB}});
    ASSERT_TRUE(eventually([&] { return task(paused)[u"done"].toInteger() > 12 * kMiB; }));
    peer->result("task.pause", {{"ids", QJsonArray{paused}}});
    ASSERT_FALSE(peer->untilState(paused, "waiting").isEmpty());
    peer->result("task.setOptions", {{"ids", QJsonArray{paused}}, {"options", QJsonObject{{"limit", 0}}}});
    const qint64 sent = server.bytesSent("/half.bin");
    const qint64 there = task(paused)[u"done"].toInteger();
    int moved = 0, stayed = 0;
    for (int kill = 0; kill < 24; ++kill) {
        SCOPED_TRACE(kill);
        const QString from = task(done)[u"directory"].toString();
        const QString to = from == near() ? far.path() : near();
        beginMove(kill % 2 ? paused : done, to);
        if (kill % 2 == 0)
            beginMove(paused, to);
        QThread::usleep(static_cast<unsigned long>(random() % 400'000));
        daemon.kill();
        ASSERT_TRUE(live()) << daemon.errorOutput().toStdString();
        const QString now = task(done)[u"path"].toString();
        EXPECT_TRUE(isWhole(now, whole)) << now.toStdString();
        EXPECT_EQ(task(paused)[u"done"].toInteger(), there);
        const QString part = task(paused)[u"path"].toString() + QStringLiteral(".part");
        EXPECT_TRUE(QFile::exists(part)) << part.toStdString();
        EXPECT_EQ(filesIn(near()).size() + filesIn(far.path()).size(), 2)
            << (filesIn(near()) + filesIn(far.path())).join(u' ').toStdString();
        ++(task(done)[u"directory"].toString() == from ? stayed : moved);
        if (HasFailure())
            return;
    }
    std::printf("%d moved, %d stayed\n", moved, stayed);
    peer->result("task.resume", {{"ids", QJsonArray{paused}}});
    const auto ended = peer->untilState(paused, "done");
    ASSERT_FALSE(ended.isEmpty());
    EXPECT_TRUE(isWhole(ended[u"path"].toString(), half));
    EXPECT_LE(server.bytesSent("/half.bin") - sent, half.size - there + 4 * kMiB) << "what was there came again";
}

TEST_F(MovedFiles, AVolumeThatIsTooSmallTakesNothing)
{
    volume = smallVolume(place.path(), "size=8m");
    if (volume.isEmpty())
        GTEST_SKIP() << "mounting a small volume needs root";
    daemon.kill();
    ASSERT_TRUE(live()); // the one before does not see it
    const Behaviour file{.seed = 5, .size = 20 * kMiB};
    const qint64 id = add("/large.bin", file);
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    const auto refused = peer->call("task.relocate", {{"ids", QJsonArray{id}}, {"dir", volume}});
    EXPECT_EQ(errorCode(refused), "DiskFull") << QJsonDocument(refused).toJson().toStdString();
    EXPECT_TRUE(filesIn(volume).isEmpty());
    EXPECT_TRUE(isWhole(near() + "/large.bin", file));
    EXPECT_EQ(task(id)[u"path"].toString(), near() + "/large.bin");
}

TEST_F(MovedFiles, AVolumeThatOnlyReadsStopsNobody)
{
    volume = smallVolume(place.path(), "size=8m", true);
    if (volume.isEmpty())
        GTEST_SKIP() << "mounting a volume needs root";
    daemon.kill();
    ASSERT_TRUE(live());
    const Behaviour file{.seed = 6, .size = 6 * kMiB};
    const qint64 id = add("/f.bin", file, {{"limit", 4 * kMiB}});
    ASSERT_TRUE(eventually([&] { return task(id)[u"state"] == "running"; }));
    EXPECT_EQ(move(id, volume), "DiskReadOnly");
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    EXPECT_TRUE(isWhole(near() + "/f.bin", file));
    EXPECT_EQ(server.bytesSent("/f.bin"), file.size) << "it was not even stopped";
}

} // namespace
} // namespace weir::test
