#pragma once
// An installed weir in a folder of its own, and strangers' sources that are built against it, away from the tree. Main thread
// of a test; the daemon is stopped with it.

#include "support/server_process.h"
#include "test_paths.h"

#include <QDir>

#include <gtest/gtest.h>

namespace weir::test {

class InstalledWeir : public ::testing::Test {
protected:
    struct Ran {
        int status = -1;
        QByteArray output;
    };
    void SetUp() override
    {
        ASSERT_TRUE(folder.isValid());
        const Ran installed = run("cmake", {"--install", WEIR_BUILD_DIR, "--prefix", prefix});
        ASSERT_EQ(installed.status, 0) << installed.output.right(2000).toStdString();
    }
    void TearDown() override
    {
        if (HasFailure())
            std::fprintf(stderr, "%s\n", contents("h/log/daemon.log").right(4000).constData());
        if (QFile::exists(folder.filePath("h")))
            weir({"daemon", "stop"});
    }
    QProcessEnvironment environment() const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("WEIR_HOME", folder.filePath("h"));
        environment.insert("HOME", folder.filePath("home"));
        environment.insert("XDG_DATA_HOME", folder.filePath("home/share"));
        environment.remove("WEIR_PLUGIN_PATH");
        return environment;
    }
    Ran run(const QString& program, const QStringList& arguments)
    {
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.setProcessEnvironment(environment());
        process.setWorkingDirectory(folder.path());
        process.start(program, arguments);
        if (!process.waitForFinished(240'000))
            process.kill();
        process.waitForFinished();
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAll()};
    }
    Ran weir(const QStringList& arguments) { return run(prefix + "/bin/weir", arguments); }
    /// Copies a folder of the tree away, and builds it with nothing but the installed weir; where.
    QString build(const QString& source)
    {
        const QDir from(QStringLiteral(WEIR_SOURCE_DIR "/") + source);
        const QString copy = folder.filePath("elsewhere/" + source), built = copy + "/build";
        EXPECT_TRUE(QDir().mkpath(copy));
        for (const QString& file : from.entryList(QDir::Files))
            EXPECT_TRUE(QFile::copy(from.filePath(file), copy + '/' + file));
        const Ran configured = run("cmake", {"-S", copy, "-B", built, "-DCMAKE_PREFIX_PATH=" + prefix});
        EXPECT_EQ(configured.status, 0) << configured.output.right(2000).toStdString();
        const Ran compiled = run("cmake", {"--build", built});
        EXPECT_EQ(compiled.status, 0) << compiled.output.right(4000).toStdString();
        return built;
    }
    /// Builds an example and drops it into the plugin folder.
    void addPlugin(const QString& name)
    {
        const QString built = build("examples/plugins/" + name) + "/weir-" + name + ".so";
        ASSERT_TRUE(QDir().mkpath(folder.filePath("h/plugins")));
        ASSERT_TRUE(QFile::copy(built, folder.filePath("h/plugins/weir-" + name + ".so")));
    }
    QByteArray contents(const QString& name) const
    {
        QFile file(folder.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    QTemporaryDir folder;
    const QString prefix = folder.filePath("prefix");
};

} // namespace weir::test
