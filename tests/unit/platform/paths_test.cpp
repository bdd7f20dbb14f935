#include "platform/paths.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <map>

#include <sys/stat.h>

namespace weir {
namespace {

class PathsTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        for (const char* name : {"WEIR_HOME", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
                 "WEIR_PLUGIN_PATH"}) {
            if (qEnvironmentVariableIsSet(name))
                before_[name] = qgetenv(name);
            qunsetenv(name);
        }
    }
    void TearDown() override
    {
        for (const char* name : {"WEIR_HOME", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
                 "WEIR_PLUGIN_PATH"}) {
            if (before_.contains(name))
                qputenv(name, before_[name]);
            else
                qunsetenv(name);
        }
    }
    static mode_t modeOf(const QString& path)
    {
        struct stat info = {};
        return ::stat(QFile::encodeName(path).constData(), &info) == 0 ? info.st_mode & 07777 : 0;
    }

    QTemporaryDir folder_;
    std::map<std::string, QByteArray> before_;
};

TEST_F(PathsTest, WeirHomeHoldsEverything)
{
    const QString home = folder_.filePath(QStringLiteral("weir home"));
    qputenv("WEIR_HOME", QFile::encodeName(home) + "/");
    const auto paths = Paths::locate();
    ASSERT_TRUE(paths);
    EXPECT_EQ(paths->config, home + QStringLiteral("/config.json"));
    EXPECT_EQ(paths->database, home + QStringLiteral("/state/weir.db"));
    EXPECT_EQ(paths->socket, home + QStringLiteral("/run/weir.sock"));
    EXPECT_EQ(paths->logDir, home + QStringLiteral("/log"));
    ASSERT_TRUE(paths->create());
    for (const QString& path : {home, paths->stateDir, paths->runtimeDir, paths->logDir})
        EXPECT_EQ(modeOf(path), 0700u) << path.toStdString();
    EXPECT_TRUE(paths->create()) << "again is fine";
}

TEST_F(PathsTest, XdgFoldersWithoutIt)
{
    qputenv("HOME", "/home/someone");
    qputenv("XDG_STATE_HOME", "/var/state");
    qputenv("XDG_CONFIG_HOME", "relative/is/ignored");
    qputenv("XDG_RUNTIME_DIR", "/run/somewhere");
    const auto paths = Paths::locate();
    ASSERT_TRUE(paths);
    EXPECT_EQ(paths->config, QStringLiteral("/home/someone/.config/weir/config.json"));
    EXPECT_EQ(paths->database, QStringLiteral("/var/state/weir/weir.db"));
    EXPECT_EQ(paths->socket, QStringLiteral("/run/somewhere/weir/weir.sock"));
    EXPECT_EQ(paths->systemConfig, QStringLiteral("/etc/weir/config.json"));
}

TEST_F(PathsTest, NowhereToLive)
{
    const auto paths = Paths::locate();
    ASSERT_FALSE(paths);
    EXPECT_EQ(paths.error().code, Code::HomeMissing);
}

TEST_F(PathsTest, TheSocketsPathMustFit)
{
    const QByteArray home = "/tmp/" + QByteArray(107 - 5 - 14, 'x'); // and "/run/weir.sock"
    qputenv("WEIR_HOME", home);
    EXPECT_TRUE(Paths::locate());
    qputenv("WEIR_HOME", home + "x");
    const auto paths = Paths::locate();
    ASSERT_FALSE(paths);
    EXPECT_EQ(paths.error().code, Code::SocketPathTooLong);
}

TEST_F(PathsTest, ARuntimeFolderThatOthersCanEnterIsRefused)
{
    qputenv("WEIR_HOME", QFile::encodeName(folder_.path()));
    const auto paths = Paths::locate();
    ASSERT_TRUE(paths);
    ASSERT_TRUE(paths->create());
    ::chmod(QFile::encodeName(paths->runtimeDir).constData(), 0755);
    ASSERT_FALSE(paths->create());
    EXPECT_EQ(paths->check().error().code, Code::RuntimeDirUnsafe);

    QDir().rmdir(paths->runtimeDir);
    ASSERT_TRUE(QDir().mkpath(folder_.filePath(QStringLiteral("elsewhere"))));
    ::chmod(QFile::encodeName(folder_.filePath(QStringLiteral("elsewhere"))).constData(), 0700);
    ASSERT_TRUE(QFile::link(folder_.filePath(QStringLiteral("elsewhere")), paths->runtimeDir));
    EXPECT_EQ(paths->check().error().code, Code::RuntimeDirUnsafe) << "a link leads where others may decide";
}

TEST_F(PathsTest, PluginsComeFromBesideTheLibraryOrFromTheGivenPath)
{
    qputenv("WEIR_HOME", "/somewhere");
    const auto usual = Paths::locate();
    ASSERT_TRUE(usual);
    EXPECT_TRUE(usual->pluginDirs.value(0).endsWith(QStringLiteral("/weir/plugins")));
    EXPECT_EQ(usual->pluginDirs.value(1), QStringLiteral("/somewhere/plugins"));
    qputenv("WEIR_PLUGIN_PATH", "/a:/b/c");
    EXPECT_EQ(Paths::locate()->pluginDirs, QStringList({QStringLiteral("/a"), QStringLiteral("/b/c")}));
}

} // namespace
} // namespace weir
