// A stranger's plugin: built elsewhere with nothing but an installed weir, dropped into the plugin folder, downloaded through.
#include "flash_films.h"
#include "support/gopher.h"
#include "support/plain_http_server.h"
#include "support/server_process.h"
#include "test_paths.h"

#include <QDir>

#include <gtest/gtest.h>

using namespace weir::test;

namespace {

class PluginSdk : public ::testing::Test {
protected:
    struct Ran {
        int status = -1;
        QByteArray output;
    };
    Ran run(const QString& program, const QStringList& arguments)
    {
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("WEIR_HOME", folder.filePath("h"));
        environment.insert("HOME", folder.filePath("home"));
        environment.insert("XDG_DATA_HOME", folder.filePath("home/share"));
        environment.remove("WEIR_PLUGIN_PATH");
        process.setProcessEnvironment(environment);
        process.setWorkingDirectory(folder.path());
        process.start(program, arguments);
        if (!process.waitForFinished(240'000))
            process.kill();
        process.waitForFinished();
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAll()};
    }
    Ran weir(const QStringList& arguments) { return run(folder.filePath("prefix/bin/weir"), arguments); }
    void SetUp() override
    {
        ASSERT_TRUE(folder.isValid());
        const Ran installed = run("cmake", {"--install", WEIR_BUILD_DIR, "--prefix", folder.filePath("prefix")});
        ASSERT_EQ(installed.status, 0) << installed.output.right(2000).toStdString();
    }
    void TearDown() override
    {
        if (QFile::exists(folder.filePath("prefix/bin/weir")))
            weir({"daemon", "stop"});
    }
    /// Copies an example away from the tree, builds it and drops it into the plugin folder.
    void build(const QString& name)
    {
        const QDir source(WEIR_SOURCE_DIR "/examples/plugins/" + name);
        const QString copy = folder.filePath("elsewhere/" + name), built = copy + "/build";
        ASSERT_TRUE(QDir().mkpath(copy));
        for (const QString& file : source.entryList(QDir::Files))
            ASSERT_TRUE(QFile::copy(source.filePath(file), copy + '/' + file));
        const Ran configured = run("cmake", {"-S", copy, "-B", built, "-DCMAKE_PREFIX_PATH=" + folder.filePath("prefix")});
        ASSERT_EQ(configured.status, 0) << configured.output.right(2000).toStdString();
        const Ran compiled = run("cmake", {"--build", built});
        ASSERT_EQ(compiled.status, 0) << compiled.output.right(2000).toStdString();
        ASSERT_TRUE(QDir().mkpath(folder.filePath("h/plugins")));
        ASSERT_TRUE(QFile::copy(built + "/weir-" + name + ".so", folder.filePath("h/plugins/weir-" + name + ".so")));
    }

    QTemporaryDir folder;
};

TEST_F(PluginSdk, ExamplesAreBuiltElsewhereAndWork)
{
    ASSERT_NO_FATAL_FAILURE(build("gopher"));
    ASSERT_NO_FATAL_FAILURE(build("data"));

    const QByteArray content = patternBytes(300'000);
    SocketServer server([&](Connection& connection) { serveGopher(connection, {{"/files/a.bin", content}}); });
    const Ran fetched =
        weir({"get", "-d", folder.path(), QStringLiteral("gopher://127.0.0.1:%1/9/files/a.bin").arg(server.port())});
    ASSERT_EQ(fetched.status, 0) << fetched.output.toStdString();
    QFile file(folder.filePath("a.bin"));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_TRUE(file.readAll() == content);

    const Ran inlined = weir({"get", "-d", folder.path(), "-o", "note.txt", "data:text/plain;base64,SGVsbG8="});
    ASSERT_EQ(inlined.status, 0) << inlined.output.toStdString();
    QFile note(folder.filePath("note.txt"));
    ASSERT_TRUE(note.open(QIODevice::ReadOnly));
    EXPECT_EQ(note.readAll(), "Hello");
    EXPECT_EQ(weir({"get", "data:no-comma"}).status, 28);

    for (const char* name : {"gopher", "data"}) { // what their authors list lies beside them
        const Ran checked =
            weir({"plugin", "check", folder.filePath(QStringLiteral("elsewhere/%1/build/weir-%1.so").arg(name))});
        EXPECT_EQ(checked.status, 0) << checked.output.toStdString();
        EXPECT_TRUE(checked.output.contains("address")) << checked.output.toStdString();
    }

    const Ran listed = weir({"plugin", "list"});
    EXPECT_TRUE(listed.output.contains("gopher") && listed.output.contains("data")) << listed.output.toStdString();
}

TEST_F(PluginSdk, AddressesInFlashFilmsAreListed)
{
    ASSERT_NO_FATAL_FAILURE(build("swf-scan"));
    const QByteArray old =
        flash::actions("http://a.example/pool.flv", "http://a.example/pushed.flv", "ftp://a.example/asked.zip");
    const QByteArray newer =
        flash::tag(82, flash::abc({"flash.net", "http://b.example/film.mp4", "javascript:x", "rtmp://b.example/live"}));
    const std::map<QByteArray, QByteArray> films{
        {"/plain.swf", flash::film("FWS", flash::tag(12, old))},
        {"/zlib.swf", flash::film("CWS", newer)},
        {"/lzma.swf", flash::film("ZWS", newer)},
        {"/sprite.swf",
            flash::film("FWS",
                flash::tag(59, flash::number(quint16(7)) + old)
                    + flash::tag(71, flash::text("http://c.example/lib.swf") + "\1"))},
        {"/cut.swf", flash::film("FWS", flash::tag(82, "x")).chopped(4)},
    };
    PlainHttpServer server([&](const PlainRequest& request, Connection& to) {
        const auto found = films.find(request.target);
        return found != films.end() ? PlainHttpServer::serveFile(request, to, found->second)
                                    : PlainHttpServer::reply(to, 404, {});
    });
    const auto scan = [&](const QString& name) {
        const Ran ran = weir({"get", "-d", folder.path(), "swf-scan:" + server.url('/' + name + ".swf").toString()});
        QFile list(folder.filePath(name + ".urls.txt"));
        return ran.status != 0 ? QByteArray::number(ran.status) : list.open(QIODevice::ReadOnly) ? list.readAll() : ran.output;
    };
    EXPECT_EQ(scan("plain"), "http://a.example/pool.flv\nhttp://a.example/pushed.flv\nftp://a.example/asked.zip\n");
    EXPECT_EQ(scan("zlib"), "http://b.example/film.mp4\nrtmp://b.example/live\n");
    EXPECT_EQ(scan("lzma"), scan("zlib"));
    EXPECT_EQ(scan("sprite"),
        "http://a.example/pool.flv\nhttp://a.example/pushed.flv\nftp://a.example/asked.zip\nhttp://c.example/lib.swf\n");
    EXPECT_EQ(scan("cut"), "15") << "a damaged one is said to be unreadable";
}

} // namespace
