// The real daemon, killed with SIGKILL while it downloads, again and again: no task is lost, what the ledger says is there is
// there and right, little is fetched twice, and what has its final name is whole. WEIR_KILLS sets how often, WEIR_SEED what
// happens when.
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/http_fault_server.h"
#include "support/small_volume.h"

#include "ledger/store.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QThread>

#include <gtest/gtest.h>

#include <random>

namespace weir::test {
namespace {

constexpr qint64 kMiB = 1 << 20;
constexpr qint64 kBudgetMs = 75'000; ///< for the kills, unless WEIR_KILLS says how many

quint64 seedOfThisRun()
{
    const quint64 seed =
        qEnvironmentVariableIsSet("WEIR_SEED") ? qEnvironmentVariable("WEIR_SEED").toULongLong() : std::random_device{}();
    std::printf("WEIR_SEED=%llu\n", static_cast<unsigned long long>(seed));
    return seed;
}

/// Bytes [range) of a file are those of the content with that seed.
bool isRight(const QString& path, quint64 seed, ByteRange range)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || !file.seek(range.begin))
        return false;
    for (qint64 at = range.begin; at < range.end;) {
        const QByteArray bytes = file.read(std::min<qint64>(kMiB, range.end - at));
        if (bytes.isEmpty() || !isContent(seed, at, {bytes.constData(), std::size_t(bytes.size())}))
            return false;
        at += bytes.size();
    }
    return true;
}

bool isWhole(const QString& path, quint64 seed, qint64 size)
{
    return QFileInfo(path).size() == size && isRight(path, seed, {0, size});
}

class KilledDaemon : public ::testing::Test {
protected:
    struct File {
        qint64 id = 0;
        quint64 seed = 0;
        qint64 size = 0, rate = 0;
        QString name;
        bool done = false;
        qint64 before = 0; ///< done at the moment of the last kill
        RangeSet checked;  ///< of NAME.part, and found right
        int lives = 0;     ///< kills that hit it
    };

    void SetUp() override { ASSERT_TRUE(QDir().mkpath(directory.path())); }
    void configure(const QString& syncInterval)
    {
        daemon.writeConfig(
            {{"sync.interval", syncInterval}, {"retry.base", "50ms"}, {"retry.cap", "500ms"}, {"retry.attempts", 20}});
    }
    bool live()
    {
        if (!daemon.start()) {
            ADD_FAILURE() << "the daemon does not start again: " << daemon.errorOutput().toStdString();
            return false;
        }
        peer = daemon.client();
        return true;
    }
    QString path(const File& file) const { return directory.filePath(file.name); }

    File& add(qint64 size, qint64 rate, Behaviour behaviour = {})
    {
        File& file = files.emplace_back();
        file.seed = files.size();
        file.size = size;
        file.rate = rate;
        file.name = QStringLiteral("file%1.bin").arg(files.size());
        behaviour.size = size;
        behaviour.seed = file.seed;
        const QUrl url = server.on('/' + file.name.toLatin1(), behaviour);
        file.id = daemon.addTask(*peer, url, {{"dir", directory.path()}, {"options", QJsonObject{{"limit", rate}}}});
        EXPECT_GT(file.id, 0);
        return file;
    }
    std::map<qint64, QJsonObject> tasks()
    {
        std::map<qint64, QJsonObject> byId;
        const QJsonArray all = peer->result("task.list", {{"limit", 10'000}})[u"tasks"].toArray();
        for (const QJsonValue task : all)
            byId[task[u"id"].toInteger()] = task.toObject();
        return byId;
    }

    /// What the dead daemon's ledger holds; a copy is opened, so that the original stays as it was left.
    std::unique_ptr<Store> ledger()
    {
        copies.push_back(std::make_unique<QTemporaryDir>());
        for (const char* name : {"weir.db", "weir.db-wal"})
            QFile::copy(daemon.path(QStringLiteral("state/") + name), copies.back()->filePath(name));
        auto store = Store::open(copies.back()->filePath("weir.db"));
        EXPECT_TRUE(store) << describe(store.error()).toStdString();
        return store ? std::move(*store) : nullptr;
    }

    /// Between two lives: the ledger promises nothing that is not on disk, and nothing unfinished has a final name.
    void checkTheDisk(bool everything)
    {
        const auto store = ledger();
        ASSERT_TRUE(store);
        for (File& file : files) {
            if (file.done && !everything)
                continue;
            const QString part = path(file) + ".part";
            for (const ProgressRecord& record : store->progress(file.id)) {
                RangeSet fresh = record.written;
                if (!everything)
                    for (const ByteRange& range : file.checked.ranges())
                        fresh.remove(range);
                const QString where = QFile::exists(part) ? part : path(file);
                for (const ByteRange& range : fresh.ranges())
                    EXPECT_TRUE(isRight(where, file.seed, range))
                        << where.toStdString() << ' ' << range.begin << " to " << range.end;
                file.checked = record.written;
            }
            if (QFile::exists(path(file))) {
                EXPECT_TRUE(isWhole(path(file), file.seed, file.size))
                    << file.name.toStdString() << " is not whole under its final name";
            }
        }
    }

    /// In the next life: all tasks are there, and lost no more than they may.
    void checkTheTasks(bool beforeIsKnown)
    {
        const auto now = tasks();
        for (File& file : files) {
            const auto found = now.find(file.id);
            ASSERT_NE(found, now.end()) << file.name.toStdString() << " is lost";
            const QJsonObject& task = found->second;
            EXPECT_NE(task[u"state"].toString(), "failed") << task[u"error"][u"code"].toString().toStdString();
            const qint64 done = task[u"done"].toInteger();
            EXPECT_LE(done, file.size);
            if (beforeIsKnown && !file.done) {
                EXPECT_GE(done, file.before - std::min(64 * kMiB, 5 * file.rate) - kMiB) << file.name.toStdString();
            }
            if (task[u"state"] == "done") {
                if (!std::exchange(file.done, true)) {
                    EXPECT_TRUE(isWhole(path(file), file.seed, file.size)) << file.name.toStdString();
                }
            } else {
                EXPECT_FALSE(file.done) << file.name.toStdString() << " was done before";
            }
        }
    }

    /// Kills it; with what the tasks said of themselves just before.
    void kill()
    {
        const auto last = tasks();
        for (File& file : files)
            if (const auto task = last.find(file.id); task != last.end()) {
                file.before = task->second[u"done"].toInteger();
                if (task->second[u"state"] == "done")
                    file.done = true;
                else
                    ++file.lives;
            }
        daemon.kill();
        peer.reset();
    }

    void finishAll()
    {
        QElapsedTimer clock;
        clock.start();
        for (std::size_t left = files.size(); left > 0 && clock.elapsed() < 60'000; QThread::msleep(20)) {
            const auto now = tasks();
            left = std::size_t(
                std::count_if(files.begin(), files.end(), [&](const File& f) { return now.at(f.id)[u"state"] != "done"; }));
        }
        const auto now = tasks();
        for (const File& file : files) {
            EXPECT_EQ(now.at(file.id)[u"state"].toString(), "done")
                << file.name.toStdString() << ": "
                << peer->result("task.why", {{"id", file.id}})[u"sentence"].toString().toStdString();
            EXPECT_TRUE(isWhole(path(file), file.seed, file.size)) << file.name.toStdString();
        }
        EXPECT_EQ(QDir(directory.path()).entryList(QDir::Files | QDir::Hidden).size(), qsizetype(files.size()))
            << "nothing else lies there";
    }

    HttpFaultServer server;
    QTemporaryDir directory;
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
    std::vector<File> files;
    std::vector<std::unique_ptr<QTemporaryDir>> copies;
};

TEST_F(KilledDaemon, AHundredTimesLosesNoTaskAndNoByteThatItPromised)
{
    std::mt19937_64 random(seedOfThisRun());
    const auto upTo = [&](qint64 most) { return qint64(random() % quint64(most + 1)); };
    const int wanted = qEnvironmentVariableIntValue("WEIR_KILLS") > 0 ? qEnvironmentVariableIntValue("WEIR_KILLS") : 100;
    const bool mayEndEarly = !qEnvironmentVariableIsSet("WEIR_KILLS");
    configure("100ms"); // so that lives of a blink get on as well
    ASSERT_TRUE(live());
    QElapsedTimer clock;
    clock.start();
    int kills = 0;
    for (; kills < wanted && !(mayEndEarly && clock.elapsed() > kBudgetMs) && !HasFatalFailure(); ++kills) {
        for (auto running = std::count_if(files.begin(), files.end(), [](const File& f) { return !f.done; }); running < 8;
             ++running)
            add(kMiB / 2 + upTo(12 * kMiB), 2 * kMiB + upTo(6 * kMiB));
        server.waitForBytes(server.bytesSent() + upTo(8 * kMiB), {}, std::chrono::milliseconds(1'000));
        kill();
        // Now and then it does not live long enough to open its door.
        const bool stillborn = upTo(9) == 0;
        if (stillborn) {
            daemon.process.start(DaemonProcess::program(), {});
            ASSERT_TRUE(daemon.process.waitForStarted());
            QThread::msleep(static_cast<unsigned long>(upTo(60)));
            daemon.kill();
        }
        checkTheDisk(kills % 20 == 19);
        ASSERT_TRUE(live());
        checkTheTasks(true);
    }
    std::printf("%d kills, %zu files, %lld ms\n", kills, files.size(), static_cast<long long>(clock.elapsed()));
    EXPECT_GE(kills, std::min(wanted, 25)) << "too few to say anything";
    finishAll();
    for (const File& file : files)
        EXPECT_LE(server.bytesSent('/' + file.name.toLatin1()),
            file.size + (file.lives + 1) * std::min(64 * kMiB, 5 * file.rate + 2 * kMiB));
}

TEST_F(KilledDaemon, LosesAtMostFiveSecondsOfProgress)
{
    configure("5s");
    ASSERT_TRUE(live());
    for (int i = 0; i < 8; ++i)
        add(64 * kMiB, 1 * kMiB);
    // Nine seconds of each, as the daemon counts them: the server's figure has what waits in sockets too.
    ASSERT_TRUE(eventually([&] {
        return std::all_of(files.begin(), files.end(), [&](const File& file) {
            return peer->result("task.get", {{"id", file.id}})[u"done"].toInteger() >= 9 * kMiB;
        });
    }));
    kill();
    checkTheDisk(true);
    ASSERT_TRUE(live());
    checkTheTasks(true);
    for (const File& file : files) {
        EXPECT_GT(file.checked.bytes(), 0) << "nothing was made durable in nine seconds";
        peer->result("task.setOptions", {{"ids", QJsonArray{file.id}}, {"options", QJsonObject{{"limit", 0}}}});
    }
    finishAll();
}

TEST_F(KilledDaemon, LosesNoneOfTwoHundredSmallFiles)
{
    std::mt19937_64 random(seedOfThisRun());
    configure("5s");
    ASSERT_TRUE(live());
    Behaviour slow;
    slow.firstByteDelay = std::chrono::milliseconds(200);
    for (int i = 0; i < 200; ++i)
        add(1 + qint64(random() % 65'536), 0, slow);
    int kills = 0;
    for (int done = 0; done < 200 && kills < 40 && !HasFatalFailure(); ++kills) {
        server.waitForRequests(int(server.requests().size() + 1 + random() % 40), {}, std::chrono::milliseconds(2'000));
        kill();
        checkTheDisk(true);
        ASSERT_TRUE(live());
        checkTheTasks(false);
        done = int(std::count_if(files.begin(), files.end(), [](const File& f) { return f.done; }));
    }
    std::printf("%d kills\n", kills);
    EXPECT_GT(kills, 3);
    finishAll();
}

class FullDisk : public KilledDaemon {
protected:
    void TearDown() override { unmount(volume); }
    bool fill(qint64 bytes)
    {
        QFile ballast(volume + "/ballast");
        return ballast.open(QIODevice::WriteOnly) && ballast.write(QByteArray(bytes, 'b')) == bytes;
    }
    QJsonObject until(qint64 id, const std::function<bool(const QJsonObject&)>& wanted)
    {
        QJsonObject task;
        eventually([&] {
            task = peer->result("task.get", {{"id", id}});
            return wanted(task);
        });
        return task;
    }
    static bool isHeld(const QJsonObject& task)
    {
        for (const QJsonValue hold : task[u"holds"].toArray())
            if (hold[u"owner"] == "disk-full")
                return true;
        return false;
    }
    void goesOnByItself(Behaviour behaviour);

    QTemporaryDir place;
    QString volume;
};

void FullDisk::goesOnByItself(Behaviour behaviour)
{
    volume = smallVolume(place.path(), "size=8m");
    if (volume.isEmpty())
        GTEST_SKIP() << "mounting a small volume needs root";
    configure("5s");
    ASSERT_TRUE(live());
    ASSERT_TRUE(fill(5 * kMiB));
    behaviour.size = 5 * kMiB;
    const qint64 id = daemon.addTask(*peer, server.on("/large.bin", behaviour), {{"dir", volume}});
    QJsonObject task = until(id, isHeld);
    ASSERT_TRUE(isHeld(task)) << task[u"state"].toString().toStdString() << ' '
                              << task[u"error"][u"code"].toString().toStdString();
    EXPECT_EQ(task[u"state"].toString(), "waiting");
    EXPECT_FALSE(QFile::exists(volume + "/large.bin"));
    EXPECT_TRUE(peer->result("task.why", {{"id", id}})[u"sentence"].toString().contains("space"));
    const std::size_t requests = server.requests().size();
    EXPECT_LE(requests, 20U) << "it does not ask again and again";

    // The next life finds out by itself.
    daemon.kill();
    ASSERT_TRUE(live());
    EXPECT_TRUE(isHeld(until(id, isHeld)));

    ASSERT_TRUE(QFile::remove(volume + "/ballast"));
    task = until(id, [](const QJsonObject& t) { return t[u"state"] == "done" || t[u"state"] == "failed"; });
    EXPECT_EQ(task[u"state"].toString(), "done") << task[u"error"][u"code"].toString().toStdString();
    EXPECT_TRUE(task[u"holds"].toArray().isEmpty());
    EXPECT_TRUE(isWhole(task[u"path"].toString(), behaviour.seed, behaviour.size))
        << task[u"path"].toString().toStdString() << ' ' << QFileInfo(task[u"path"].toString()).size();
}

TEST_F(FullDisk, HoldsTheTaskUntilThereIsSpace) { goesOnByItself({}); }

TEST_F(FullDisk, HoldsATaskWhoseSizeNobodyKnew)
{
    Behaviour behaviour;
    behaviour.length = Behaviour::Length::Chunked;
    goesOnByItself(behaviour);
}

TEST_F(FullDisk, ThatHoldsTheLedgerTooCostsTheTaskNeitherItsNameNorASecondFile)
{
    ASSERT_TRUE(QDir().mkpath(daemon.path("state")));
    volume = smallVolume(daemon.path("state"), "size=8m");
    if (volume.isEmpty())
        GTEST_SKIP() << "mounting a small volume needs root";
    configure("5s");
    const QString files = volume + "/files";
    for (const bool killed : {false, true}) {
        ASSERT_TRUE(live());
        ASSERT_TRUE(fill(5 * kMiB));
        Behaviour behaviour;
        behaviour.length = Behaviour::Length::Chunked;
        behaviour.size = 5 * kMiB;
        const QString name = killed ? "killed.bin" : "stopped.bin";
        const qint64 id = daemon.addTask(*peer, server.on('/' + name.toLatin1(), behaviour), {{"dir", files}});
        ASSERT_TRUE(isHeld(until(id, isHeld)));
        if (killed) {
            daemon.kill();
        } else {
            ASSERT_TRUE(daemon.stop());
        }
        ASSERT_TRUE(QFile::remove(volume + "/ballast"));
        ASSERT_TRUE(live());
        const QJsonObject task =
            until(id, [](const QJsonObject& t) { return t[u"state"] == "done" || t[u"state"] == "failed"; });
        EXPECT_EQ(task[u"path"].toString(), files + u'/' + name);
        EXPECT_TRUE(isWhole(files + u'/' + name, behaviour.seed, behaviour.size));
        EXPECT_EQ(QDir(files).entryList(QDir::Files), QStringList(name));
        ASSERT_TRUE(QFile::remove(files + u'/' + name));
        daemon.kill();
    }
}

} // namespace
} // namespace weir::test
