// The engine inside of a stranger's program: examples/embed, built elsewhere with nothing but an installed weir.
#include "e2e/installed_weir.h"
#include "support/content.h"
#include "support/plain_http_server.h"

using namespace weir::test;

namespace {

using Embedding = InstalledWeir;

TEST_F(Embedding, TheExampleIsBuiltElsewhereAndDownloads)
{
    const QString fetch = build("examples/embed") + "/fetch";
    const QByteArray content = patternBytes(20'000'000);
    PlainHttpServer server([&](const PlainRequest& request, Connection& to) {
        return request.target == "/missing" ? PlainHttpServer::reply(to, 404, {})
                                            : PlainHttpServer::serveFile(request, to, content);
    });
    const QString home = folder.filePath("its"), out = folder.filePath("out");
    const QStringList both{home, out, server.url("/a.bin").toString(), server.url("/b.bin").toString()};
    const Ran fetched = run(fetch, both);
    ASSERT_EQ(fetched.status, 0) << fetched.output.toStdString();
    EXPECT_TRUE(contents("out/a.bin") == content && contents("out/b.bin") == content);
    EXPECT_TRUE(fetched.output.contains((out + "/a.bin\n").toUtf8())) << fetched.output.toStdString();
    EXPECT_FALSE(QFile::exists(folder.filePath("h")) || QFile::exists(folder.filePath("home")))
        << "something was written outside of the home that was named";

    EXPECT_EQ(run(fetch, both).status, 0) << "what is there is not added again";
    EXPECT_EQ(QDir(out).entryList(QDir::Files), (QStringList{"a.bin", "b.bin"}));
    const Ran missing = run(fetch, {home, out, server.url("/missing").toString()});
    EXPECT_EQ(missing.status, 1) << missing.output.toStdString();
}

TEST_F(Embedding, AnEngineThatIsEndedGoesOnWhereItWas)
{
    const QString fetch = build("examples/embed") + "/fetch";
    const QByteArray content = patternBytes(30'000'000);
    std::atomic<bool> slow{true};
    std::atomic<qint64> sent{0};
    PlainHttpServer server([&](const PlainRequest& request, Connection& to) {
        if (!slow) {
            const auto range = request.range().value_or(weir::ByteRange{0, content.size()});
            sent += (range.end < 0 ? content.size() : range.end) - range.begin;
            return PlainHttpServer::serveFile(request, to, content);
        }
        const QByteArray head = "HTTP/1.1 200 OK\r\nContent-Length: " + QByteArray::number(content.size())
            + "\r\nETag: \"v1\"\r\nAccept-Ranges: bytes\r\n\r\n";
        to.write(head);
        to.write(content.left(20'000'000)); // and nothing more, until the other side leaves
        while (!to.read().isEmpty()) {}
        return false;
    });
    const QStringList arguments{folder.filePath("its"), folder.filePath("out"), server.url("/a.bin").toString()};
    QProcess first;
    first.setProcessEnvironment(environment());
    first.setWorkingDirectory(folder.path());
    first.start(fetch, arguments);
    QByteArray said;
    ASSERT_TRUE(eventually([&] {
        first.waitForReadyRead(10);
        said += first.readAllStandardError();
        return said.contains("a.bin: 20000000 bytes");
    })) << said.toStdString();
    first.kill(); // as rudely as it gets
    first.waitForFinished();
    slow = false;
    const Ran second = run(fetch, arguments);
    ASSERT_EQ(second.status, 0) << second.output.toStdString();
    EXPECT_TRUE(contents("out/a.bin") == content);
}

} // namespace
