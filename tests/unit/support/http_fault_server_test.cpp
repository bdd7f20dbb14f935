#include "support/content.h"
#include "support/http_fault_server.h"

#include <QCryptographicHash>
#include <QFile>
#include <QTemporaryDir>

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <future>

using namespace std::chrono_literals;

namespace weir::test {
namespace {

struct Answer {
    CURLcode result = CURLE_OK;
    long status = 0;
    QByteArray head, body;
};

size_t append(char* data, size_t size, size_t count, void* into)
{
    static_cast<QByteArray*>(into)->append(data, static_cast<qsizetype>(size * count));
    return size * count;
}

/// One request by libcurl, on a connection of its own. `options` sets more on the handle.
Answer get(const QUrl& url, const QByteArray& range = {}, const std::function<void(CURL*)>& options = {})
{
    Answer answer;
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url.toEncoded().constData());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, append);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer.head);
    if (!range.isEmpty())
        curl_easy_setopt(easy, CURLOPT_RANGE, range.constData());
    if (options)
        options(easy);
    answer.result = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_cleanup(easy);
    return answer;
}

void follow(CURL* easy)
{
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 20L);
}
void cookies(CURL* easy)
{
    follow(easy);
    curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
}

class HttpFaultServerTest : public testing::Test {
protected:
    Answer ask(const std::string& behaviour, const QByteArray& range = {}, const std::function<void(CURL*)>& options = {})
    {
        return get(server.on("/f", behaviours::named(behaviour)), range, options);
    }
    HttpFaultServer server;
};

TEST_F(HttpFaultServerTest, ServesFilesAndRangesAndRemembersWhatWasAsked)
{
    const QUrl url = server.on("/a.bin", {});
    const Answer whole = get(url);
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(whole.body, content(1, 0, 1 << 20));
    const Answer part = get(url, "1000-1999");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, content(1, 1000, 1000));
    EXPECT_TRUE(part.head.contains("Content-Range: bytes 1000-1999/1048576"));
    const auto log = server.requests("/a.bin");
    ASSERT_EQ(log.size(), 2u);
    EXPECT_TRUE(log[0].range().isNull());
    EXPECT_EQ(log[1].range(), "bytes=1000-1999");
    EXPECT_EQ(log[1].status, 206);
    EXPECT_EQ(log[1].bytesSent, 1000);
    EXPECT_NE(log[0].connection, log[1].connection);
    EXPECT_EQ(get(server.url("/none")).status, 404);
}

TEST_F(HttpFaultServerTest, AFileLargerThanTheMemoryCostsNone)
{
    Behaviour huge;
    huge.size = 1ll << 45;
    const Answer end = get(server.on("/huge", huge), "35184372088000-");
    EXPECT_EQ(end.body, content(1, 35184372088000, (1ll << 45) - 35184372088000));
}

TEST_F(HttpFaultServerTest, EveryNamedBehaviourAnswersAndLeavesTheServerWhole)
{
    const std::vector<behaviours::Named> all = behaviours::all();
    EXPECT_GE(all.size(), 90u);
    std::set<std::string> names;
    for (const auto& [name, behaviour] : all) {
        SCOPED_TRACE(name);
        EXPECT_TRUE(names.insert(name).second);
        const QUrl url = server.on("/b", behaviour);
        get(url, "10-19", [stalls = behaviour.stallAfter.has_value()](CURL* easy) {
            curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, stalls ? 100L : 20'000L);
        });
        server.openListener();
        server.on("/b", {});
        EXPECT_EQ(get(url, "10-19").body, content(1, 10, 10));
    }
}

TEST_F(HttpFaultServerTest, RangesLieAsTheyAreTold)
{
    EXPECT_EQ(ask("ranges ignored", "5-9").status, 200);
    EXPECT_FALSE(ask("ranges ignored", "5-9").head.contains("Accept-Ranges"));
    EXPECT_TRUE(ask("accept-ranges none", "5-9").head.contains("Accept-Ranges: none"));
    EXPECT_TRUE(ask("range shifted", "5-9").head.contains("bytes 1029-1033/"));
    EXPECT_EQ(ask("range shifted", "5-9").body, content(1, 5, 5));
    EXPECT_TRUE(ask("range of another total", "5-9").head.contains("/1049576"));
    EXPECT_TRUE(ask("range of unknown total", "5-9").head.contains("bytes 5-9/*"));
    EXPECT_FALSE(ask("no content-range", "5-9").head.contains("Content-Range"));
    EXPECT_TRUE(ask("range ends beyond", "5-9").head.contains("bytes 5-1048585/"));
    EXPECT_TRUE(ask("range of other bytes", "5-9").head.contains("bytes 5-9/"));
    EXPECT_EQ(ask("range of other bytes", "5-9").body, content(1, 3, 5));
    EXPECT_TRUE(ask("another range", "6-9").head.contains("bytes 3-6/"));
    EXPECT_TRUE(ask("shorter range", "0-9").head.contains("bytes 0-4/"));
    EXPECT_TRUE(ask("multipart range", "0-9").head.contains("multipart/byteranges"));
    EXPECT_EQ(ask("416 always", "0-9").status, 416);
    EXPECT_EQ(ask("whole for an open start", "0-").status, 200);
    EXPECT_EQ(ask("honest", "2000000-").status, 416);
    EXPECT_EQ(ask("honest", "-10").body, content(1, (1 << 20) - 10, 10));
}

TEST_F(HttpFaultServerTest, ConditionsAreLookedAtOrNot)
{
    const auto ifRange = [](const char* value) {
        return [value](CURL* easy) {
            static curl_slist* list = nullptr;
            curl_slist_free_all(list);
            list = curl_slist_append(nullptr, value);
            curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
        };
    };
    EXPECT_EQ(ask("honest", "5-9", ifRange("If-Range: \"v1\"")).status, 206);
    EXPECT_EQ(ask("honest", "5-9", ifRange("If-Range: \"v0\"")).status, 200);
    EXPECT_EQ(ask("weak etag", "5-9", ifRange("If-Range: W/\"v1\"")).status, 200);
    EXPECT_EQ(ask("if-range always 200", "5-9", ifRange("If-Range: \"v1\"")).status, 200);
    EXPECT_EQ(ask("if-range 412", "5-9", ifRange("If-Range: \"v1\"")).status, 412);
    EXPECT_EQ(ask("if-range not looked at", "5-9", ifRange("If-Range: \"v0\"")).status, 206);
    EXPECT_EQ(server.requests().back().ifRange(), "\"v0\"");
}

TEST_F(HttpFaultServerTest, FilesChangeAfterTheirRequests)
{
    const QUrl url = server.on("/f", behaviours::named("changes with its etag"));
    EXPECT_TRUE(get(url).head.contains("\"v1\""));
    EXPECT_EQ(get(url).body, content(1, 0, 1 << 20));
    const Answer later = get(url);
    EXPECT_TRUE(later.head.contains("\"v2\""));
    EXPECT_EQ(later.body, content(99, 0, 1 << 20));
}

TEST_F(HttpFaultServerTest, BodiesEndEarlyOrNever)
{
    EXPECT_EQ(ask("cut every time").result, CURLE_PARTIAL_FILE);
    EXPECT_EQ(server.requests().back().bytesSent, 100'000);
    EXPECT_EQ(ask("reset three times").result, CURLE_RECV_ERROR);
    EXPECT_EQ(ask("length too big").result, CURLE_PARTIAL_FILE);
    EXPECT_LT(ask("length too small").body.size(), 1 << 20);
    EXPECT_EQ(ask("ends with the connection").body, content(1, 0, 1 << 20));
    EXPECT_EQ(ask("http/1.0 without length").body, content(1, 0, 1 << 20));
    EXPECT_EQ(ask("chunked").body, content(1, 0, 1 << 20));
    EXPECT_EQ(ask("chunk size broken").result, CURLE_RECV_ERROR);
    EXPECT_EQ(ask("last chunk missing").result, CURLE_PARTIAL_FILE);
    EXPECT_EQ(ask("noise").result, CURLE_UNSUPPORTED_PROTOCOL);
    EXPECT_EQ(ask("closes without a reply").result, CURLE_GOT_NOTHING);
}

TEST_F(HttpFaultServerTest, StalledRepliesWaitForRelease)
{
    const QUrl url = server.on("/f", behaviours::named("stalls for ever"));
    auto answer = std::async(std::launch::async, [&] { return get(url); });
    ASSERT_TRUE(server.waitForStalled(1));
    EXPECT_EQ(server.bytesSent("/f"), 100'000);
    server.release();
    EXPECT_EQ(answer.get().body, content(1, 0, 1 << 20));
}

TEST_F(HttpFaultServerTest, CodingsComeUninvited)
{
    const auto decode = [](CURL* easy) { curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip"); };
    EXPECT_EQ(ask("gzip", {}, decode).body, content(1, 0, 1 << 20));
    EXPECT_NE(ask("gzip").body, content(1, 0, 1 << 20));
    EXPECT_NE(ask("gzip broken", {}, decode).result, CURLE_OK);
    EXPECT_NE(ask("gzip of wrong length", {}, decode).body, content(1, 0, 1 << 20));
    EXPECT_TRUE(ask("unknown coding").head.contains("x-riddle"));
}

TEST_F(HttpFaultServerTest, RedirectsLeadOnOrRound)
{
    EXPECT_EQ(ask("five redirects", {}, follow).body.size(), 1 << 20);
    EXPECT_EQ(server.requests("/f").size(), 6u);
    EXPECT_EQ(ask("relative redirect", {}, follow).body.size(), 1 << 20);
    EXPECT_EQ(ask("redirect loop", {}, follow).result, CURLE_TOO_MANY_REDIRECTS);
    EXPECT_EQ(ask("redirect to nowhere").status, 302);
    EXPECT_TRUE(ask("captive portal", {}, follow).body.contains("<html"));
    const QUrl url = server.on("/f", behaviours::named("single-use addresses"));
    QUrl used;
    const auto effective = get(url, {}, follow);
    EXPECT_EQ(effective.body.size(), 1 << 20);
    used = url;
    used.setQuery("token=1");
    EXPECT_EQ(get(used).status, 403);
    EXPECT_EQ(get(url, {}, follow).body.size(), 1 << 20);
}

TEST_F(HttpFaultServerTest, DemandsAreMadeAndMet)
{
    const auto login = [](long kind) {
        return [kind](CURL* easy) {
            curl_easy_setopt(easy, CURLOPT_HTTPAUTH, kind);
            curl_easy_setopt(easy, CURLOPT_USERPWD, "anna:s3cret");
        };
    };
    EXPECT_EQ(ask("basic login").status, 401);
    EXPECT_EQ(ask("basic login", {}, login(CURLAUTH_BASIC)).status, 200);
    EXPECT_EQ(ask("digest login", {}, login(CURLAUTH_DIGEST)).status, 200);
    EXPECT_EQ(ask("digest login", {}, login(CURLAUTH_BASIC)).status, 401);
    EXPECT_EQ(ask("cookie needed", {}, follow).status, 403);
    EXPECT_EQ(ask("cookie needed", {}, cookies).status, 200);
    EXPECT_EQ(ask("referer needed").status, 403);
    EXPECT_EQ(
        ask("referer needed", {}, [](CURL* e) { curl_easy_setopt(e, CURLOPT_REFERER, "http://127.0.0.1/page"); }).status, 200);
    EXPECT_EQ(ask("POST needed").status, 405);
    EXPECT_EQ(ask("POST needed", {}, [](CURL* e) { curl_easy_setopt(e, CURLOPT_POSTFIELDS, "id=7"); }).status, 200);
    EXPECT_EQ(ask("HEAD 403", {}, [](CURL* e) { curl_easy_setopt(e, CURLOPT_NOBODY, 1L); }).status, 403);
}

TEST_F(HttpFaultServerTest, BusyServersTurnAway)
{
    Behaviour busy = behaviours::named("two at a time, else 429");
    busy.stallAfter = 0;
    busy.retryAfter = 7;
    const QUrl url = server.on("/f", busy);
    auto one = std::async(std::launch::async, [&] { return get(url); });
    auto two = std::async(std::launch::async, [&] { return get(url); });
    ASSERT_TRUE(server.waitForStalled(2));
    const Answer three = get(url);
    EXPECT_EQ(three.status, 429);
    EXPECT_TRUE(three.head.contains("Retry-After: 7"));
    server.release();
    EXPECT_EQ(one.get().status, 200);
    EXPECT_EQ(two.get().status, 200);
    EXPECT_EQ(server.peakParallel("/f"), 3);
}

TEST_F(HttpFaultServerTest, TheListenerGoesAndComesBack)
{
    const QUrl url = server.on("/f", {});
    server.closeListener();
    EXPECT_EQ(get(url).result, CURLE_COULDNT_CONNECT);
    server.openListener();
    EXPECT_EQ(get(url).status, 200);
}

TEST_F(HttpFaultServerTest, DigestsAreRightOrWrong)
{
    const QByteArray right = QCryptographicHash::hash(content(1, 0, 1 << 20), QCryptographicHash::Sha256).toBase64();
    EXPECT_TRUE(ask("repr-digest").head.contains("Repr-Digest: sha-256=:" + right + ':'));
    EXPECT_FALSE(ask("repr-digest wrong").head.contains(right));
    EXPECT_TRUE(ask("digest").head.contains("Digest: SHA-256=" + right));
}

TEST_F(HttpFaultServerTest, HeldRepliesDoNotHoldTheDestructor)
{
    HttpFaultServer held;
    const QUrl url = held.on("/f", behaviours::named("stalls for ever"));
    auto answer = std::async(std::launch::async, [&] { return get(url); });
    ASSERT_TRUE(held.waitForStalled(1));
    held.dropConnections();
    EXPECT_NE(answer.get().result, CURLE_OK);
}

TEST(HttpFaultServerTls, IsTrustedOnlyByThoseWhoKnowTheCertificate)
{
    HttpFaultServer server({.tls = true});
    const QUrl url = server.on("/f", {});
    EXPECT_EQ(url.scheme(), "https");
    QTemporaryDir folder;
    QFile file(folder.filePath("ca.pem"));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(server.caPem());
    file.close();
    const QByteArray path = file.fileName().toLocal8Bit();
    const auto trust = [&](CURL* easy) { curl_easy_setopt(easy, CURLOPT_CAINFO, path.constData()); };
    EXPECT_EQ(get(url, {}, trust).body, content(1, 0, 1 << 20));
    EXPECT_EQ(get(url).result, CURLE_PEER_FAILED_VERIFICATION);
    HttpFaultServer expired({.tls = true, .certificate = TestCertificate::Kind::Expired});
    EXPECT_EQ(get(expired.on("/f", {}), {}, trust).result, CURLE_PEER_FAILED_VERIFICATION);
}

} // namespace
} // namespace weir::test
