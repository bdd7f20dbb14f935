// The FTP profile over the real engine, against a server that follows a script: every byte, or the precise code.

#include "ftp/ftp_profile.h"
#include "support/ftp_server.h"
#include "unit/net/fetching.h"

namespace weir {
namespace {

using namespace weir::test;

class FtpFetching : public Fetching {
protected:
    RangeFetcher& ftp()
    {
        if (!ftp_)
            ftp_ = makeCurlFetcher(engine(), ftpProfile(mode));
        return *ftp_;
    }
    FetchDone fetch(FetchRequest request, FetchSink& sink)
    {
        auto promise = std::make_shared<std::promise<FetchDone>>();
        Running running{0, promise->get_future()};
        running.id = ftp().start(std::move(request), sink, [promise](FetchDone done) { promise->set_value(std::move(done)); });
        return wait(running);
    }
    FetchDone fetch(FetchRequest request)
    {
        ProbeSink sink;
        return fetch(std::move(request), sink);
    }
    /// The code with which fetching a file of 1 MB ends under that behaviour.
    Code codeUnder(const FtpBehaviour& behaviour, FetchRequest request = {})
    {
        FtpServer server({{"/f", content}}, behaviour);
        request.url = server.url("/f");
        ProbeSink sink;
        const FetchDone done = fetch(std::move(request), sink);
        if (done.head) {
            EXPECT_EQ(sink.data(), content);
        }
        return codeOf(done);
    }
    void TearDown() override
    {
        ftp_.reset();
        stopEngine();
    }

    FtpMode mode = FtpMode::Passive;
    const QByteArray content = patternBytes(1'000'000);

private:
    std::unique_ptr<RangeFetcher> ftp_;
};

TEST_F(FtpFetching, AWholeFileWithItsSizeAndDate)
{
    FtpServer server({{"/folder/f.bin", content}});
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/folder/f.bin")}, sink);
    ASSERT_TRUE(done.head) << describe(done.head.error()).toStdString();
    EXPECT_EQ(sink.data(), content);
    EXPECT_EQ(done.head->totalSize, content.size());
    EXPECT_EQ(done.head->validator, "date:Tue, 02 Jan 2024 03:04:05 GMT");
    EXPECT_TRUE(done.head->rangesOffered);
    EXPECT_FALSE(done.head->rangesVouched);
    EXPECT_TRUE(server.commands().contains("USER anonymous"));
}

TEST_F(FtpFetching, ARangeEndsWhereItMustAndNobodyWaitsForTheServer)
{
    FtpServer server({{"/f", content}}, {.silentAtEnd = true});
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/f"), .range = ByteRange{300'000, 500'001}}, sink);
    ASSERT_TRUE(done.head) << describe(done.head.error()).toStdString();
    EXPECT_EQ(sink.firstOffset(), 300'000);
    EXPECT_EQ(sink.data(), content.mid(300'000, 200'001));
    EXPECT_EQ(done.head->totalSize, content.size());
    EXPECT_TRUE(done.head->ranged);
    EXPECT_TRUE(server.commands().contains("REST 300000"));
}

TEST_F(FtpFetching, ARangeToTheEndKeepsTheConnection)
{
    FtpServer server({{"/f", content}});
    for (int i = 0; i < 3; ++i) {
        ProbeSink sink;
        ASSERT_TRUE(fetch({.url = server.url("/f"), .range = ByteRange{900'000, content.size()}}, sink).head);
        EXPECT_EQ(sink.data(), content.mid(900'000));
    }
    EXPECT_EQ(server.accepted(), 1);
}

TEST_F(FtpFetching, ARangeToTheEndOfAFileThatGoesOnIsNotItsEnd)
{
    FtpServer server({{"/f", content}}, {.sizeLie = -1});
    for (const qint64 begin : {qint64(0), qint64(999'000), content.size() - 2}) {
        ProbeSink sink;
        EXPECT_EQ(codeOf(fetch({.url = server.url("/f"), .range = ByteRange{begin, content.size() - 1}}, sink)),
            Code::RemoteSizeWrong)
            << begin;
        ProbeSink part;
        EXPECT_TRUE(
            fetch({.url = server.url("/f"), .range = ByteRange{begin, content.size() - 2}}, part).head || begin > 999'000);
    }
}

TEST_F(FtpFetching, ActiveModeLetsTheServerConnect)
{
    mode = FtpMode::Active;
    FtpServer server({{"/f", content}});
    ProbeSink sink;
    ASSERT_TRUE(fetch({.url = server.url("/f")}, sink).head);
    EXPECT_EQ(sink.data(), content);
    const auto commands = server.commands();
    EXPECT_TRUE(std::any_of(commands.begin(), commands.end(), [](const QByteArray& c) { return c.startsWith("EPRT"); }));
}

TEST_F(FtpFetching, ServersThatKnowLittle)
{
    EXPECT_EQ(codeUnder({.epsv = false}), Code::Ok);
    EXPECT_EQ(codeUnder({.mdtm = false}), Code::Ok);
    EXPECT_EQ(codeUnder({.size = false}), Code::Ok);
    EXPECT_EQ(codeUnder({.size = false, .mdtm = false, .epsv = false}), Code::Ok);
    EXPECT_EQ(codeUnder({.bytewise = true}), Code::Ok);
    EXPECT_EQ(codeUnder({.silentAtEnd = true}), Code::Ok);
    EXPECT_EQ(codeUnder({.leavesOpen = true}), Code::Ok);
    EXPECT_EQ(codeUnder({.opening = "150 Opening BINARY mode data connection for f (17 bytes)."}), Code::Ok);
    EXPECT_EQ(codeUnder({.welcome = "220-One\r\n220-" + QByteArray(4000, 'x') + "\r\n 221 no\r\n220 Two\r\n"}), Code::Ok);
}

TEST_F(FtpFetching, FaultsHaveTheirNames)
{
    EXPECT_EQ(codeUnder({.welcome = "421 Too many users\r\n"}), Code::HostBusy);
    EXPECT_EQ(codeUnder({.welcome = "SSH-2.0-OpenSSH_9\r\n220 no\r\n"}), Code::Ok); // chatter before the greeting
    EXPECT_EQ(codeUnder({.loginRefusal = "530 Login incorrect.\r\n"}), Code::LoginRefused);
    EXPECT_EQ(
        codeUnder({.loginRefusal = "530 Sorry, the maximum number of clients (2) are already connected.\r\n"}), Code::HostBusy);
    EXPECT_EQ(codeUnder({.loginRefusal = "530 Non-anonymous sessions must use encryption.\r\n"}), Code::FtpNeedsTls);
    EXPECT_EQ(codeUnder({.retrRefusal = "550 Failed to open file.\r\n"}), Code::RemoteFileMissing);
    EXPECT_EQ(codeUnder({.retrRefusal = "550 f: Permission denied\r\n"}), Code::RemoteAccessDenied);
    EXPECT_EQ(codeUnder({.retrRefusal = "425 Can't open data connection\r\n"}), Code::FtpDataConnection);
    EXPECT_EQ(codeUnder({.retrRefusal = "451 Local error\r\n"}), Code::FtpBrokenOff);
    EXPECT_EQ(codeUnder({.noData = true}), Code::FtpDataConnection);
    EXPECT_EQ(codeUnder({.dropsAt = 400'000, .drops = 9}), Code::ConnectionClosed);
    EXPECT_EQ(codeUnder({.sizeLie = 1000}), Code::ConnectionClosed);
    EXPECT_EQ(codeUnder({.sizeLie = -1000}), Code::RemoteSizeWrong);
    EXPECT_EQ(codeUnder({.sizeLie = -1'000'000}), Code::RemoteSizeWrong);
    EXPECT_EQ(codeUnder({.rest = false}, {.range = ByteRange{1, 10}}), Code::RangeUnsatisfiable);
    EXPECT_EQ(codeUnder({}, {.validator = "date:Mon, 01 Jan 2024 00:00:00 GMT"}), Code::ValidatorChanged);
    EXPECT_EQ(codeUnder({}, {.expectedSize = 999}), Code::SizeChanged);
    EXPECT_EQ(codeUnder({}, {.range = ByteRange{2'000'000, 3'000'000}, .expectedSize = 4'000'000}), Code::SizeChanged);
    FtpServer server({{"/f", content}});
    EXPECT_EQ(codeOf(fetch({.url = server.url("/other")})), Code::RemoteFileMissing);
    EXPECT_EQ(codeOf(fetch({.url = server.url("/no/such")})), Code::RemoteFileMissing);
    EXPECT_EQ(codeOf(fetch({.url = server.url("/a%0d%0aDELE%20f")})), Code::BadUrl);
    QUrl encrypted = server.url("/f");
    encrypted.setScheme("ftpes");
    EXPECT_EQ(codeOf(fetch({.url = encrypted})), Code::FtpTlsRefused);
}

TEST_F(FtpFetching, NobodySmugglesACommand)
{
    FtpServer server({{"/f", content}});
    const auto context = newContext();
    context->method = "DELE f";
    context->body = "x";
    EXPECT_TRUE(fetch({.url = server.url("/f"), .context = context}).head);
    const FetchDone listed = fetch({.url = server.url("/"), .context = context});
    EXPECT_TRUE(listed.head) << describe(listed.head.error()).toStdString();
    for (const QByteArray& command : server.commands())
        EXPECT_FALSE(command.startsWith("DELE") || command.startsWith("STOR")) << command.toStdString();
}

TEST_F(FtpFetching, NamesGoAsTheBytesOfTheAddress)
{
    FtpServer server({{"/\xc3\xbc/caf\xe9 #1.bin", content}, {"/\xe4\xb8\xad.bin", content}});
    EXPECT_TRUE(fetch({.url = QUrl(server.url("/").toString() + "%C3%BC/caf%E9%20%231.bin")}).head);
    EXPECT_TRUE(fetch({.url = QUrl(server.url("/").toString() + QString::fromUtf8("\xe4\xb8\xad.bin"))}).head);
    EXPECT_EQ(server.commands().count("OPTS UTF8 ON"), 1);
}

TEST_F(FtpFetching, LoginsComeFromTheContext)
{
    FtpServer server({{"/f", content}}, {.user = "me", .password = "s3cret"});
    const auto context = newContext();
    context->auth.user = "me";
    context->auth.password = "s3cret";
    EXPECT_TRUE(fetch({.url = server.url("/f"), .context = context}).head);
    const auto wrong = newContext();
    wrong->auth.user = "me";
    wrong->auth.password = "C4NARY";
    const FetchDone refused = fetch({.url = server.url("/f"), .context = wrong});
    EXPECT_EQ(codeOf(refused), Code::LoginRefused);
    EXPECT_FALSE(refused.head.error().detail.contains("C4NARY"));
}

TEST_F(FtpFetching, AFolderAnswersWithItsListing)
{
    FtpServer server({{"/d/a", "1"}, {"/d/sub/b", "22"}});
    const auto context = newContext();
    context->method = "MLSD";
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/d/"), .context = context}, sink);
    ASSERT_TRUE(done.head);
    EXPECT_EQ(done.head->mime, "inode/directory");
    EXPECT_TRUE(sink.data().contains("type=file;size=1;modify=20240102030405; a")) << sink.data().toStdString();
}

TEST_F(FtpFetching, AServerWithoutALastWordDoesNotHoldUpOthers)
{
    // Its file has no known size, so that only the last word could tell that it is whole.
    FtpServer mute({{"/f", content}}, {.size = false, .silentAtEnd = true});
    FtpServer good({{"/f", content}});
    ProbeSink first, second;
    auto promise = std::make_shared<std::promise<FetchDone>>();
    Running stuck{0, promise->get_future()};
    stuck.id = ftp().start({.url = mute.url("/f")}, first, [promise](FetchDone done) { promise->set_value(std::move(done)); });
    ASSERT_TRUE(first.waitFor(content.size()));
    EXPECT_TRUE(fetch({.url = good.url("/f")}, second).head);
    EXPECT_EQ(codeOf(wait(stuck)), Code::Stalled);
}

} // namespace
} // namespace weir
