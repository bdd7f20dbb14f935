// Many small replies over one HTTP/2 connection, against nginx.
#include "unit/net/fetching.h"
#include "unit/net/test_pki.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::test {
namespace {

sockaddr_in loopback(quint16 port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

quint16 freePort()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    close(socket);
    return ntohs(address.sin_port);
}

bool answers(quint16 port)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool yes = connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(socket);
    return yes;
}

class Http2 : public Fetching {
protected:
    void SetUp() override
    {
        QString program = QStandardPaths::findExecutable("nginx", {"/usr/sbin", "/usr/bin"});
        if (program.isEmpty())
            GTEST_SKIP() << "nginx is not installed";
        port_ = freePort();
        write("small", patternBytes(5000));
        write("large", patternBytes(8 << 20));
        const auto tls = TestPki::instance().good();
        write("nginx.conf",
            QStringLiteral(R"(daemon off; master_process off; pid %1/pid; error_log %1/log;
events { worker_connections 256; }
http { access_log off; client_body_temp_path %1/t1; proxy_temp_path %1/t2; fastcgi_temp_path %1/t3; uwsgi_temp_path %1/t4; scgi_temp_path %1/t5;
  server { listen 127.0.0.1:%2 ssl http2; ssl_certificate %3; ssl_certificate_key %4; root %1; http2_max_concurrent_streams 100; keepalive_requests 100000; } })")
                .arg(folder_.path())
                .arg(port_)
                .arg(tls.certificate, tls.key)
                .toUtf8());
        nginx_.start(program, {"-p", folder_.path(), "-e", folder_.filePath("log"), "-c", folder_.filePath("nginx.conf")});
        while (!answers(port_)) {
            if (nginx_.waitForFinished(10))
                FAIL() << "nginx: " << nginx_.readAllStandardError().toStdString();
        }
        context_ = newContext();
        context_->tls.caFile = TestPki::instance().authority();
    }
    void TearDown() override
    {
        stopEngine();
        nginx_.terminate();
        nginx_.waitForFinished();
    }
    void write(const QString& name, const QByteArray& bytes)
    {
        QFile file(folder_.filePath(name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    static std::string reason(const FetchDone& done) { return done.head ? "" : done.head.error().detail.toStdString(); }
    FetchRequest request(const char* path, bool multiplex)
    {
        return {.url = QUrl(QStringLiteral("https://127.0.0.1:%1%2").arg(port_).arg(path)),
            .context = context_,
            .multiplex = multiplex};
    }

    QTemporaryDir folder_;
    QProcess nginx_;
    quint16 port_ = 0;
    std::shared_ptr<RequestContext> context_;
};

TEST_F(Http2, ThousandSmallRepliesShareOneConnection)
{
    std::vector<std::unique_ptr<ProbeSink>> sinks;
    std::vector<Running> fetches;
    for (int i = 0; i < 1000; ++i) {
        sinks.push_back(std::make_unique<ProbeSink>());
        fetches.push_back(start(request("/small", true), *sinks.back()));
    }
    for (std::size_t i = 0; i < fetches.size(); ++i) {
        const FetchDone done = wait(fetches[i]);
        EXPECT_TRUE(done.head && done.head->multiplexed) << reason(done);
        EXPECT_EQ(sinks[i]->data(), patternBytes(5000));
    }
    EXPECT_EQ(engine().statistics().connectionsMade, 1);
}

TEST_F(Http2, BulkRangesHaveConnectionsOfTheirOwn)
{
    std::vector<std::unique_ptr<ProbeSink>> sinks;
    std::vector<Running> fetches;
    const QByteArray content = patternBytes(8 << 20);
    for (qint64 i = 0; i < 4; ++i) {
        sinks.push_back(std::make_unique<ProbeSink>());
        FetchRequest part = request("/large", false);
        part.range = ByteRange{i << 21, (i + 1) << 21};
        fetches.push_back(start(part, *sinks.back()));
    }
    for (std::size_t i = 0; i < fetches.size(); ++i) {
        const FetchDone done = wait(fetches[i]);
        EXPECT_TRUE(done.head && !done.head->multiplexed) << reason(done);
        EXPECT_EQ(sinks[i]->data(), content.mid(qsizetype(i) << 21, 1 << 21));
    }
    EXPECT_EQ(engine().statistics().connectionsMade, 4);
}

TEST_F(Http2, CancelledStreamsLeaveTheOthersAlone)
{
    std::vector<std::unique_ptr<ProbeSink>> sinks;
    std::vector<Running> fetches;
    for (int i = 0; i < 20; ++i) {
        sinks.push_back(std::make_unique<ProbeSink>());
        fetches.push_back(start(request("/large", true), *sinks.back()));
    }
    ASSERT_TRUE(sinks[0]->waitFor(1));
    for (std::size_t i = 0; i < fetches.size(); i += 2)
        http().cancel(fetches[i].id);
    const QByteArray content = patternBytes(8 << 20);
    for (std::size_t i = 0; i < fetches.size(); ++i) {
        const FetchDone done = wait(fetches[i]);
        if (i % 2 == 1)
            EXPECT_EQ(sinks[i]->data(), content) << i;
        else
            EXPECT_TRUE(codeOf(done) == Code::Cancelled || sinks[i]->data() == content);
    }
    EXPECT_EQ(engine().statistics().connectionsMade, 1);
}

TEST_F(Http2, RefusedStreamsKeepTheConnection)
{
    EXPECT_EQ(codeOf(fetch(request("/missing", true))), Code::HttpNotFound);
    EXPECT_EQ(codeOf(fetch(request("/small", true))), Code::Ok);
    EXPECT_EQ(engine().statistics().connectionsMade, 1);
}

} // namespace
} // namespace weir::test
