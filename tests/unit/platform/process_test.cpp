#include "platform/black_box.h"
#include "platform/process.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QTemporaryDir>

#include <csignal>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

const QString kShell = QStringLiteral("/bin/sh");

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// Runs `work` in a child; its exit status.
template <class Work> int inChild(Work work)
{
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(InstanceLockTest, OnlyOneHoldsItAndItsProcessIsNamed)
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("weir.lock"));
    EXPECT_FALSE(InstanceLock::owner(path));
    auto lock = InstanceLock::take(path);
    ASSERT_TRUE(lock);
    const auto second = InstanceLock::take(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::DaemonRunning);
    EXPECT_TRUE(second.error().detail.contains(QString::number(::getpid())));
    EXPECT_EQ(InstanceLock::owner(path), qint64(::getpid()));
    lock->reset();
    EXPECT_FALSE(InstanceLock::owner(path));
    EXPECT_TRUE(InstanceLock::take(path));
}

TEST(InstanceLockTest, TheDeathOfItsOwnerFreesIt)
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("weir.lock"));
    EXPECT_EQ(inChild([&] {
        auto lock = InstanceLock::take(path);
        ::kill(::getpid(), SIGKILL);
    }),
        -SIGKILL);
    EXPECT_FALSE(InstanceLock::owner(path));
    EXPECT_TRUE(InstanceLock::take(path));
}

TEST(InstanceLockTest, AFolderThatIsNotThere)
{
    const auto lock = InstanceLock::take(QStringLiteral("/nowhere/at/all"));
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().code, Code::LockFailed);
}

TEST(RunWithLimit, GivesOutputAndStatus)
{
    const auto end = runWithLimit(kShell, {QStringLiteral("-c"), QStringLiteral("echo hello; echo noise >&2; exit 7")}, 20s);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->how, ProgramEnd::How::Exited);
    EXPECT_EQ(end->status, 7);
    EXPECT_EQ(end->output, "hello\n");
}

TEST(RunWithLimit, TellsACrash)
{
    const auto end = runWithLimit(kShell, {QStringLiteral("-c"), QStringLiteral("kill -SEGV $$")}, 20s);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->how, ProgramEnd::How::Crashed);
    EXPECT_EQ(end->status, SIGSEGV);
}

TEST(RunWithLimit, KillsWhatHangsWithAllThatItStarted)
{
    const auto end = runWithLimit(kShell, {QStringLiteral("-c"), QStringLiteral("echo begun; sleep 600 & sleep 600")}, 300ms);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->how, ProgramEnd::How::TimedOut);
    EXPECT_EQ(end->output, "begun\n");
}

TEST(RunWithLimit, AProgramThatClosesItsOutputIsWaitedFor)
{
    const auto end = runWithLimit(kShell, {QStringLiteral("-c"), QStringLiteral("exec 1>&-; exit 3")}, 20s);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->status, 3);
}

TEST(RunWithLimit, SaysThatThereIsNoProgram)
{
    const auto end = runWithLimit(QStringLiteral("/no/such/program"), {}, 5s);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Code::DaemonProgramMissing);
    const auto folder = runWithLimit(QStringLiteral("/tmp"), {}, 5s);
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().code, Code::DaemonStartFailed);
}

TEST(SpawnDetached, TheProgramHasItsOwnSessionAndWritesToTheLog)
{
    QTemporaryDir folder;
    const QString log = folder.filePath(QStringLiteral("daemon.log")), done = folder.filePath(QStringLiteral("pipe"));
    ASSERT_EQ(::mkfifo(QFile::encodeName(done).constData(), 0600), 0);
    const auto pid = spawnDetached(kShell,
        {QStringLiteral("-c"), QStringLiteral("echo \"$$ $PWD $(cut -d' ' -f6 /proc/$$/stat)\"; echo over >\"$0\""), done},
        log);
    ASSERT_TRUE(pid) << describe(pid.error()).toStdString();
    QFile pipe(done);
    ASSERT_TRUE(pipe.open(QIODevice::ReadOnly));
    EXPECT_EQ(pipe.readAll(), "over\n");
    const QList<QByteArray> said = contents(log).trimmed().split(' ');
    ASSERT_EQ(said.size(), 3);
    EXPECT_EQ(said[0].toLongLong(), *pid);
    EXPECT_EQ(said[1], "/");
    EXPECT_NE(said[2].toLongLong(), qint64(::getsid(0)));
    EXPECT_EQ(QFile::permissions(log) & (QFileDevice::ReadGroup | QFileDevice::ReadOther), QFileDevice::Permissions());
}

TEST(SpawnDetached, SaysThatThereIsNoProgram)
{
    QTemporaryDir folder;
    const auto pid = spawnDetached(folder.filePath(QStringLiteral("weir-daemon")), {}, folder.filePath(QStringLiteral("log")));
    ASSERT_FALSE(pid);
    EXPECT_EQ(pid.error().code, Code::DaemonProgramMissing);
}

TEST(Process, KnowsTheUserAtTheOtherEnd)
{
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    EXPECT_EQ(peerUser(ends[0]), Result<quint32>(ownUser()));
    ::close(ends[0]);
    ::close(ends[1]);
    const auto none = peerUser(-1);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::RpcPeerRefused);
}

TEST(Process, KnowsItself)
{
    const ProcessStatistics now = processStatistics();
    EXPECT_GT(now.residentBytes, 1 << 20);
    EXPECT_GE(now.threads, 1);
    EXPECT_TRUE(QFile::exists(programDirectory()));
    EXPECT_TRUE(QFile::exists(libraryDirectory() + QStringLiteral("/libweir.so")));
}

TEST(Process, TellsTheServiceManager)
{
    QTemporaryDir folder;
    const QByteArray path = QFile::encodeName(folder.filePath(QStringLiteral("notify")));
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    qputenv("NOTIFY_SOCKET", path);
    notifySupervisor("READY=1");
    qunsetenv("NOTIFY_SOCKET");
    notifySupervisor("STOPPING=1");
    char text[64] = {};
    EXPECT_EQ(::recv(socket, text, sizeof text, MSG_DONTWAIT), 7);
    EXPECT_STREQ(text, "READY=1");
    EXPECT_LT(::recv(socket, text, sizeof text, MSG_DONTWAIT), 0);
    ::close(socket);
}

class BlackBoxTest : public ::testing::Test {
protected:
    QTemporaryDir folder_;
    const QString path_ = folder_.filePath(QStringLiteral("black-box"));
};

TEST_F(BlackBoxTest, TellsWhoWasRunningWhenTheProcessWasKilled)
{
    ASSERT_EQ(inChild([&] {
        auto box = BlackBox::open(path_);
        (*box)->enter(7, QByteArrayView("http"));
        const int gone = (*box)->enter(8, QByteArrayView("bt"));
        (*box)->enter(9, QByteArrayView("a name that is much longer than the room that there is for a name"));
        (*box)->leave(gone);
        ::kill(::getpid(), SIGKILL);
    }),
        -SIGKILL);
    const auto box = BlackBox::open(path_);
    ASSERT_TRUE(box);
    ASSERT_EQ((*box)->lastLife().size(), 2u);
    EXPECT_EQ((*box)->lastLife()[0], (BlackBox::Note{7, "http"}));
    EXPECT_EQ((*box)->lastLife()[1].task, 9);
    EXPECT_EQ((*box)->lastLife()[1].plugin.size(), 48);
    EXPECT_FALSE((*box)->endedCleanly());
}

TEST_F(BlackBoxTest, ACleanStopLeavesNobody)
{
    {
        auto box = BlackBox::open(path_);
        ASSERT_TRUE(box);
        (*box)->enter(7, QByteArrayView("http"));
        EXPECT_TRUE((*box)->endedCleanly()) << "there was no life before";
        (*box)->markClean();
    }
    const auto box = BlackBox::open(path_);
    ASSERT_TRUE(box);
    EXPECT_TRUE((*box)->lastLife().empty());
    EXPECT_TRUE((*box)->endedCleanly());
}

TEST_F(BlackBoxTest, RubbishIsNobody)
{
    QFile file(path_);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(100'000, '\x5a'));
    file.close();
    const auto box = BlackBox::open(path_);
    ASSERT_TRUE(box);
    EXPECT_TRUE((*box)->lastLife().empty());
    EXPECT_TRUE((*box)->endedCleanly());
}

TEST_F(BlackBoxTest, SlotsAreSharedByManyThreadsAndMayRunOut)
{
    auto box = BlackBox::open(path_);
    ASSERT_TRUE(box);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 2000; ++i)
                BlackBoxNote note(**box, t * 2000 + i + 1, QByteArrayView("http"));
        });
    for (auto& thread : threads)
        thread.join();
    std::vector<int> taken;
    for (int slot = 0; slot >= 0; taken.push_back(slot))
        slot = (*box)->enter(1, QByteArrayView("x"));
    EXPECT_GT(taken.size(), 1000u);
    (*box)->leave(taken.back()); // -1: nothing
    (*box)->leave(taken.front());
    EXPECT_EQ((*box)->enter(2, QByteArrayView("y")), taken.front());
}

} // namespace
} // namespace weir
