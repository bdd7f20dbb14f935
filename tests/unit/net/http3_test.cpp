// HTTP/3 against caddy, where libcurl has it: `./dev http3` builds weir with one that does and runs this.
#include "unit/net/fetching.h"
#include "unit/net/test_pki.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::test {
namespace {

quint16 freeDatagramPort()
{
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    close(socket);
    return ntohs(address.sin_port);
}

class Http3 : public Fetching {
protected:
    void SetUp() override
    {
        const QString caddy = QStandardPaths::findExecutable("caddy");
        if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP3) || caddy.isEmpty())
            GTEST_SKIP() << "this libcurl has no HTTP/3, or there is no caddy: ./dev http3 brings both";
        port_ = freeDatagramPort();
        write("small", patternBytes(5000));
        write("large", patternBytes(8 << 20));
        const auto tls = TestPki::instance().good();
        // No TCP at all: whatever comes has come over QUIC.
        write("Caddyfile",
            QStringLiteral("{\n admin off\n auto_https off\n servers {\n protocols h3\n }\n}\n"
                           "https://localhost:%1 {\n bind 127.0.0.1\n tls %2 %3\n root * %4\n file_server\n}\n")
                .arg(port_)
                .arg(tls.certificate, tls.key, folder_.path())
                .toUtf8());
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("HOME", folder_.path());
        environment.insert("XDG_DATA_HOME", folder_.path());
        environment.insert("XDG_CONFIG_HOME", folder_.path());
        caddy_.setProcessEnvironment(environment);
        caddy_.setProcessChannelMode(QProcess::MergedChannels);
        caddy_.start(caddy, {"run", "--config", folder_.filePath("Caddyfile"), "--adapter", "caddyfile"});
        QByteArray said;
        while (!said.contains("serving initial configuration")) {
            ASSERT_TRUE(caddy_.waitForReadyRead(20'000)) << said.toStdString();
            said += caddy_.readAll();
        }
        context_ = newContext();
        context_->tls.caFile = TestPki::instance().authority();
    }
    void TearDown() override
    {
        stopEngine();
        caddy_.terminate();
        caddy_.waitForFinished();
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
        return {.url = QUrl(QStringLiteral("https://localhost:%1%2").arg(port_).arg(path)),
            .context = context_,
            .multiplex = multiplex};
    }

    QTemporaryDir folder_;
    QProcess caddy_;
    quint16 port_ = 0;
    std::shared_ptr<RequestContext> context_;
};

TEST_F(Http3, RangesOfALargeFile)
{
    const QByteArray content = patternBytes(8 << 20);
    std::vector<std::unique_ptr<ProbeSink>> sinks;
    std::vector<Running> fetches;
    for (qint64 i = 0; i < 4; ++i) {
        sinks.push_back(std::make_unique<ProbeSink>());
        FetchRequest part = request("/large", true); // bulk has TCP connections of its own
        part.range = ByteRange{i << 21, (i + 1) << 21};
        fetches.push_back(start(part, *sinks.back()));
    }
    for (std::size_t i = 0; i < fetches.size(); ++i) {
        const FetchDone done = wait(fetches[i]);
        ASSERT_TRUE(done.head) << reason(done);
        EXPECT_TRUE(done.head->ranged && isStrongValidator(done.head->validator));
        EXPECT_EQ(sinks[i]->data(), content.mid(qsizetype(i) << 21, 1 << 21));
    }
}

TEST_F(Http3, ManySmallRepliesShareAConnection)
{
    std::vector<std::unique_ptr<ProbeSink>> sinks;
    std::vector<Running> fetches;
    for (int i = 0; i < 200; ++i) {
        sinks.push_back(std::make_unique<ProbeSink>());
        fetches.push_back(start(request("/small", true), *sinks.back()));
    }
    for (std::size_t i = 0; i < fetches.size(); ++i) {
        const FetchDone done = wait(fetches[i]);
        ASSERT_TRUE(done.head) << reason(done);
        EXPECT_TRUE(done.head->multiplexed);
        EXPECT_EQ(sinks[i]->data(), patternBytes(5000));
    }
    EXPECT_LE(engine().statistics().connectionsMade, 2);
    EXPECT_EQ(codeOf(fetch(request("/missing", true))), Code::HttpNotFound);
}

} // namespace
} // namespace weir::test
