// Servers that misbehave, and what the real daemon makes of each: the whole file to the last byte, or the precise code; never
// wrong bytes under the final name, never a task that stands still without an end. One row each; all rows share a daemon.
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/http_fault_server.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QThread>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kLimitMs = 30'000;

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// The daemon of all rows: short waits, so that a row with retries takes no longer than it must.
class World : public ::testing::Environment {
public:
    static DaemonProcess& daemon()
    {
        if (!instance_) {
            instance_ = std::make_unique<DaemonProcess>();
            instance_->writeConfig({{"retry.base", "50ms"}, {"retry.cap", "200ms"}, {"retry.attempts", 3},
                {"network.stallTimeout", "1s"}, {"network.connectTimeout", "2s"}, {"log.level", "debug"}});
            if (!instance_->start())
                qFatal("the daemon does not start: %s", instance_->errorOutput().constData());
        }
        return *instance_;
    }
    void TearDown() override { instance_.reset(); }

private:
    static inline std::unique_ptr<DaemonProcess> instance_;
};
const auto* const kWorld = ::testing::AddGlobalTestEnvironment(new World);

class Faults : public ::testing::Test {
protected:
    void SetUp() override
    {
        client = World::daemon().client();
        ASSERT_TRUE(QDir().mkpath(directory.path()));
    }
    void TearDown() override
    {
        if (HasFailure())
            for (const qint64 id : added)
                std::fprintf(stderr, "%s\n", qPrintable(storyOf(id)));
        for (const qint64 id : added)
            client->call("task.remove", {{"ids", QJsonArray{id}}, {"files", "delete"}});
    }
    qint64 add(const QUrl& url, QJsonObject item = {})
    {
        item.insert("dir", directory.path());
        const qint64 id = World::daemon().addTask(*client, url, item);
        added.push_back(id);
        return id;
    }
    QJsonObject get(qint64 id) { return client->result("task.get", {{"id", id}}); }
    /// The task as soon as it fulfils that; empty: it did not in 30 s.
    QJsonObject until(qint64 id, const std::function<bool(const QJsonObject&)>& wanted)
    {
        QElapsedTimer clock;
        for (clock.start(); clock.elapsed() < kLimitMs; QThread::msleep(10)) {
            const QJsonObject task = get(id);
            if (wanted(task))
                return task;
        }
        ADD_FAILURE() << "stuck for 30 s";
        return {};
    }
    QJsonObject ended(qint64 id)
    {
        return until(id, [](const QJsonObject& task) {
            const QString state = task[u"state"].toString();
            return state == u"done" || state == u"failed";
        });
    }
    QString storyOf(qint64 id)
    {
        return QString::fromUtf8(QJsonDocument(get(id)).toJson())
            + "why: " + client->result("task.why", {{"id", id}})[u"sentence"].toString() + "\nlog:\n"
            + client->result("task.log", {{"id", id}, {"lines", 30}})[u"text"].toString();
    }
    static std::string codeOf(const QJsonObject& task) { return task[u"error"][u"code"].toString().toStdString(); }
    /// What the folder holds apart from unfinished files.
    QStringList finished() const
    {
        return QDir(directory.path())
            .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)
            .filter(QRegularExpression("(?<!\\.part)$"));
    }

    QTemporaryDir directory;
    std::unique_ptr<RpcPeer> client;
    std::vector<qint64> added;
};

struct Seen {
    const HttpFaultServer& server;
    const QJsonObject& task;
    std::vector<HttpRequest> requests() const { return server.requests(); }
    int ranges() const
    {
        const auto all = requests();
        return int(std::count_if(all.begin(), all.end(), [](const HttpRequest& r) { return !r.range().isNull(); }));
    }
};
using Check = std::function<void(const Seen&)>;

struct Row {
    std::string name;
    Behaviour behaviour;
    std::string end;  ///< "": the file, whole; else the error's code; "A|B": either
    QJsonObject item; ///< of task.add
    Check check;
    QByteArray path = "/file.bin";
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

// How a range comes to be asked for at all.
Behaviour several(Behaviour b)
{
    b.size = std::max<qint64>(b.size, 4 << 20);
    if (b.rates.empty())
        b.rates = {6'000'000};
    return b;
}
Behaviour broken(Behaviour b)
{
    b.cutAfter = 300'000;
    b.cutTimes = 1;
    return b;
}
const QJsonObject kFour{{"options", QJsonObject{{"connections", 4}}}};

template <class Change> Behaviour with(Behaviour b, Change change)
{
    change(b);
    return b;
}
Behaviour named(const char* name) { return behaviours::named(name); }
QJsonObject secrets(const QJsonObject& secrets) { return {{"secrets", secrets}}; }
QJsonObject options(const QJsonObject& options) { return {{"options", options}}; }

void noOpenRange(const Seen& seen)
{
    for (const HttpRequest& request : seen.requests())
        EXPECT_FALSE(request.range().endsWith('-')) << request.range().toStdString();
}
void asksConditionally(const Seen& seen)
{
    EXPECT_GT(seen.ranges(), 0);
    for (const HttpRequest& request : seen.requests()) {
        if (!request.range().isNull()) {
            EXPECT_EQ(request.ifRange(), "\"v1\"");
        }
    }
    noOpenRange(seen);
}
void neverAsksConditionally(const Seen& seen)
{
    EXPECT_GT(seen.ranges(), 0);
    for (const HttpRequest& request : seen.requests())
        EXPECT_TRUE(request.ifRange().isNull());
}
void noHead(const Seen& seen)
{
    for (const HttpRequest& request : seen.requests())
        EXPECT_EQ(request.method, "GET");
}
Check asked(int times)
{
    return [times](const Seen& seen) { EXPECT_EQ(int(seen.requests().size()), times); };
}
Check verified(const char* how)
{
    return [how](const Seen& seen) { EXPECT_EQ(seen.task[u"verified"].toString(), how); };
}
/// What was lost with a broken connection may be asked for again, no more.
void wastesNothing(const Seen& seen)
{
    EXPECT_LT(seen.server.bytesSent(), seen.task[u"size"].toInteger() + (2 << 20));
    if (qEnvironmentVariableIsSet("WEIR_TALK"))
        for (const HttpRequest& request : seen.requests())
            std::printf("%s %d %lld\n", request.range().constData(), request.status, static_cast<long long>(request.bytesSent));
}
void asksForIdentity(const Seen& seen)
{
    for (const HttpRequest& request : seen.requests())
        EXPECT_EQ(request.header("Accept-Encoding"), "identity");
}

void addFiles(std::vector<Row>& rows)
{
    rows.push_back({"Honest", named("honest"), "", {}, asked(1)});
    rows.push_back({"HonestOverFour", several(named("honest")), "", kFour, asksConditionally});
    rows.push_back({"EmptyFile", named("empty file"), "", {}, asked(1)});
    rows.push_back({"OneByte", named("one byte"), "", {}, asked(1)});
    rows.push_back({"NoType", named("no type"), "", {}, {}});
    rows.push_back({"WeakEtag", several(named("weak etag")), "", kFour, neverAsksConditionally});
    rows.push_back({"WeakEtagResumed", broken(named("weak etag")), "", {}, neverAsksConditionally});
    rows.push_back({"DateOnly", several(named("date only")), "", kFour, noOpenRange});
    rows.push_back({"DateOnlyResumed", broken(named("date only")), "", {}, noOpenRange});
    rows.push_back({"NoValidator", several(named("no validator")), "", kFour, neverAsksConditionally});
    rows.push_back({"NoValidatorResumed", broken(named("no validator")), "", {}, neverAsksConditionally});
    rows.push_back({"ChangesWithItsEtag", several(named("changes with its etag")), "ValidatorChanged", kFour, {}});
    rows.push_back({"ChangesBetweenRequests",
        with(broken(named("honest")), [](Behaviour& b) { b.changeAfter = 1, b.laterSeed = 99, b.laterEtag = "\"v2\""; }),
        "ValidatorChanged", {}, {}});
    rows.push_back({"GrowsWithItsEtag", several(named("grows with its etag")), "ValidatorChanged|SizeChanged", kFour, {}});
    rows.push_back({"EtagFlaps", several(named("etag flaps")), "ValidatorChanged", kFour, {}});
    rows.push_back({"ChangesWithItsDate", several(named("changes with its date")), "ValidatorChanged", kFour, {}});
    rows.push_back({"ChangesUnderItsEtag",
        with(broken(named("changes under its etag")),
            [](Behaviour& b) { b.changeAfter = 1, b.digest = Behaviour::Digest::ReprSha256; }),
        "DigestMismatch", {}, {}});
    rows.push_back({"ChangesWithoutValidator",
        with(broken(named("changes without validator")), [](Behaviour& b) { b.changeAfter = 1; }), "ContentChanged", {}, {}});
    rows.push_back({"GrowsWithoutValidator",
        with(broken(named("no validator")), [](Behaviour& b) { b.changeAfter = 1, b.laterSize = b.size + 5; }), "SizeChanged",
        {}, {}});
}

void addDigests(std::vector<Row>& rows)
{
    rows.push_back({"ReprDigest", named("repr-digest"), "", {}, verified("verified")});
    rows.push_back({"ReprDigest512", named("repr-digest sha-512"), "", {}, verified("verified")});
    rows.push_back({"ReprDigestWrong", named("repr-digest wrong"), "DigestMismatch", {}, {}});
    rows.push_back({"Digest", named("digest"), "", {}, verified("verified")});
    rows.push_back({"DigestWrong", named("digest wrong"), "DigestMismatch", {}, {}});
    rows.push_back({"ContentMd5", named("content-md5"), "", {}, verified("verified")});
    rows.push_back({"ContentMd5Wrong", named("content-md5 wrong"), "DigestMismatch", {}, {}});
    const QByteArray hex = QCryptographicHash::hash(content(1, 0, 1 << 20), QCryptographicHash::Sha256).toHex();
    rows.push_back({"ChecksumRight", named("honest"), "", options({{"checksums", QJsonArray{QString("sha-256=" + hex)}}}),
        verified("verified")});
    rows.push_back({"ChecksumWrong", named("honest"), "ChecksumMismatch",
        options({{"checksums", QJsonArray{QString("sha-256=" + QByteArray(64, '0'))}}}), {}});
    rows.push_back({"NoChecksum", named("honest"), "", {}, verified("received")});
}

void addRanges(std::vector<Row>& rows)
{
    for (const auto& [name, kind] : std::initializer_list<std::pair<std::string, const char*>>{
             {"RangesIgnored", "ranges ignored"}, {"AcceptRangesNone", "accept-ranges none"}, {"RangeShifted", "range shifted"},
             {"UnknownTotal", "range of unknown total"}, {"NoContentRange", "no content-range"},
             {"GarbledContentRange", "garbled content-range"}, {"RangeEndsBeyond", "range ends beyond"},
             {"AnotherRange", "another range"}, {"ShorterRange", "shorter range"}, {"MultipartRange", "multipart range"},
             {"NotSatisfiable", "416 always"}, {"IfRangeAlways200", "if-range always 200"}, {"IfRange412", "if-range 412"}}) {
        rows.push_back({name + "Over4", several(named(kind)), "", kFour, noOpenRange});
        rows.push_back({name + "Resumed", broken(named(kind)), "", {}, noOpenRange});
    }
    rows.push_back({"RangeOfAnotherTotal", several(named("range of another total")), "SizeChanged", kFour, {}});
    rows.push_back({"RangeOfOtherBytes",
        with(several(named("range of other bytes")), [](Behaviour& b) { b.digest = Behaviour::Digest::ReprSha256; }),
        "DigestMismatch", kFour, {}});
    rows.push_back({"IfRangeNotLookedAt", several(named("if-range not looked at")), "ValidatorChanged", kFour, {}});
    rows.push_back({"WholeForOpenStart", several(named("whole for an open start")), "", kFour, noOpenRange});
    rows.push_back({"EachRangeFailsOnce", several(named("each range fails once")), "", kFour, {}});
    rows.push_back({"NotSatisfiableOnce", broken(named("416 once")), "", {}, {}});
}

void addFraming(std::vector<Row>& rows)
{
    rows.push_back({"EndsWithTheConnection", named("ends with the connection"), "", {}, verified("unverifiable")});
    rows.push_back({"LengthTooBig", named("length too big"), "SizeChanged", {}, {}});
    rows.push_back({"LengthTooSmallOver4", several(named("length too small")), "ContentLengthBad|SizeChanged", kFour, {}});
    rows.push_back({"LengthNegative", named("length negative"), "ContentLengthBad|WeirdReply", {}, {}});
    rows.push_back({"LengthGarbage", named("length garbage"), "ContentLengthBad|WeirdReply", {}, {}});
    rows.push_back(
        {"LengthBeyond64Bits", named("length beyond 64 bits"), "ContentLengthBad|FileTooBigForLimit|WeirdReply", {}, {}});
    rows.push_back({"TwoLengths", named("two lengths"), "ContentLengthBad|WeirdReply", {}, {}});
    rows.push_back({"Chunked", named("chunked"), "", {}, {}});
    rows.push_back({"ChunkSizeBroken", named("chunk size broken"), "BadChunk", {}, {}});
    rows.push_back({"LastChunkMissing", named("last chunk missing"), "ConnectionClosed|BadChunk", {}, {}});
    rows.push_back({"Http10", named("http/1.0"), "", {}, {}});
    rows.push_back({"Http10WithoutLength", named("http/1.0 without length"), "", {}, verified("unverifiable")});
    rows.push_back({"NoKeepAlive", several(named("no keep-alive")), "", kFour, {}});
    rows.push_back({"ExtraBytes", named("extra bytes"), "", {}, {}});
    rows.push_back({"ExtraBytesOver4", several(named("extra bytes")), "", kFour, {}});
    rows.push_back({"Gzip", named("gzip"), "", {}, asksForIdentity});
    rows.push_back({"GzipOver4", several(named("gzip")), "", kFour, asksForIdentity});
    rows.push_back({"GzipCut", broken(named("gzip")), "", {}, {}});
    rows.push_back({"GzipBroken", named("gzip broken"), "BadContentEncoding", {}, {}});
    rows.push_back({"GzipOfWrongLength", named("gzip of wrong length"), "LengthMismatch", {}, {}});
    rows.push_back({"UnknownCoding", named("unknown coding"), "BadContentEncoding", {}, {}});
}

void addConnections(std::vector<Row>& rows)
{
    rows.push_back({"CutEveryTime", named("cut every time"), "", {}, wastesNothing});
    rows.push_back({"CutEveryTimeOver4", several(named("cut every time")), "", kFour, wastesNothing});
    rows.push_back({"CutBeforeTheFirstByte", named("cut before the first byte"), "", {}, {}});
    rows.push_back({"CutAnywhere", named("cut anywhere"), "", kFour, wastesNothing});
    rows.push_back({"ResetThreeTimes", named("reset three times"), "", {}, wastesNothing});
    rows.push_back({"StallsOnce", named("stalls once"), "", {}, wastesNothing});
    rows.push_back({"StallsOnceOver4", several(named("stalls once")), "", kFour, wastesNothing});
    rows.push_back({"StallsForEver", with(named("stalls for ever"), [](Behaviour& b) { b.size = 300'000; }), "", {}, {}});
    rows.push_back({"StallsAfterTheHeaders", named("stalls after the headers"), "", {}, {}});
    rows.push_back({"NeverSendsAByte", with(named("stalls after the headers"), [](Behaviour& b) { b.stallTimes = -1; }),
        "Stalled", {}, {}});
    rows.push_back({"Drips", named("drips"), "", {}, {}});
    rows.push_back({"SlowFirstByte", named("slow first byte"), "", {}, {}});
    rows.push_back({"Uneven", named("uneven"), "", kFour, noOpenRange});
    rows.push_back({"TwoAtATimeElse503", several(named("two at a time, else 503")), "", kFour, {}});
    rows.push_back({"TwoAtATimeElse429", several(named("two at a time, else 429")), "", kFour, {}});
    rows.push_back({"TwoAtATimeElseClosed", several(named("two at a time, else closed")), "", kFour, {}});
    rows.push_back({"RefusesForAWhile", named("refuses connections for a while"), "", {}, {}});
    rows.push_back({"Noise", named("noise"), "WeirdReply", {}, {}});
    rows.push_back({"ClosesWithoutAReply", named("closes without a reply"), "EmptyReply", {}, {}});
    rows.push_back({"HugeHeaders", named("huge headers"), "HeadersTooLarge", {}, {}});
}

void addStatus(std::vector<Row>& rows)
{
    for (const auto& [name, code] : std::initializer_list<std::pair<const char*, const char*>>{{"400", "HttpBadRequest"},
             {"403", "HttpForbidden"}, {"404", "HttpNotFound"}, {"410", "HttpGone"}, {"418", "HttpTeapot"},
             {"451", "HttpLegalReasons"}, {"511", "HttpNetworkLogin"}, {"799", "HttpStatusUnknown"}})
        rows.push_back({std::string("Status") + name, named(name), code, {}, asked(1)});
    for (const char* name : {"500 twice", "502 twice", "504 twice", "521 twice", "503 twice", "429 twice"})
        rows.push_back(
            {std::string("Status") + QByteArray(name).left(3).toStdString() + "Twice", named(name), "", {}, asked(3)});
    rows.push_back({"Status503WithTheTimeToWait", named("503 twice with the time to wait"), "", {}, asked(3)});
    rows.push_back({"Status429WithTheTimeToWait", named("429 twice with the time to wait"), "", {}, asked(3)});
    rows.push_back({"Status429UntilADate", named("429 until a date"), "", {}, asked(2)});
    rows.push_back({"Status500ForEver", with(named("500 twice"), [](Behaviour& b) { b.statusTimes = -1; }), "HttpServerError",
        {}, asked(3)});
    rows.push_back({"Status503ForEver", with(named("503 twice"), [](Behaviour& b) { b.statusTimes = -1; }), "HttpUnavailable",
        {}, asked(3)});
    rows.push_back({"LinkExpiresForNewConnections", several(named("link expires")), "", kFour, {}});
    rows.push_back(
        {"LinkExpires", with(broken(named("link expires")), [](Behaviour& b) { b.statusAfter = 1; }), "LinkExpired", {}, {}});
    rows.push_back({"LoginPage", named("login page"), "HtmlInsteadOfFile", {}, asked(1)});
    rows.push_back({"LoginPageForRanges", broken(named("login page for ranges")), "HtmlInsteadOfFile", {}, {}});
    rows.push_back({"PageThatIsWanted", with(named("login page"), [](Behaviour& b) { b.size = b.body->size(); }), "", {}, {},
        "/index.html"});
    rows.push_back({"HeadForbidden", named("HEAD 403"), "", {}, noHead});
    rows.push_back({"HeadNotAllowed", named("HEAD 405"), "", {}, noHead});
}

void addDemands(std::vector<Row>& rows)
{
    rows.push_back({"FiveRedirects", named("five redirects"), "", {}, asked(6)});
    rows.push_back({"PermanentRedirect", named("permanent redirect"), "", {}, {}});
    rows.push_back({"RelativeRedirect", named("relative redirect"), "", {}, {}});
    rows.push_back({"RedirectLoop", named("redirect loop"), "RedirectLoop", {}, {}});
    rows.push_back({"RedirectToNowhere", named("redirect to nowhere"), "HttpRedirectBroken", {}, asked(1)});
    rows.push_back({"RedirectToTheDisk", named("redirect to a file of the disk"), "RedirectRefused", {}, asked(1)});
    rows.push_back({"SingleUse", named("single-use addresses"), "", {}, {}});
    rows.push_back({"SingleUseOver4", several(named("single-use addresses")), "", kFour, {}});
    rows.push_back({"SingleUseResumed", broken(named("single-use addresses")), "", {}, {}});
    rows.push_back({"CaptivePortal", named("captive portal"), "HtmlInsteadOfFile", {}, {}});
    rows.push_back({"BasicLoginMissing", named("basic login"), "HttpUnauthorized", {}, asked(1)});
    rows.push_back({"BasicLogin", several(named("basic login")), "",
        {{"options", kFour["options"]}, {"secrets", QJsonObject{{"user", "anna:s3cret"}}}}, {}});
    rows.push_back(
        {"BasicLoginWrong", named("basic login"), "LoginRefused|HttpUnauthorized", secrets({{"user", "anna:wrong"}}), {}});
    rows.push_back({"DigestLogin", named("digest login"), "", secrets({{"user", "anna:s3cret"}}), {}});
    rows.push_back({"DigestLoginResumed", broken(named("digest login")), "", secrets({{"user", "anna:s3cret"}}), {}});
    rows.push_back({"BearerLogin", named("bearer login"), "", secrets({{"bearer", "s3cret"}}), {}});
    rows.push_back({"CookieOfARedirect", named("cookie needed"), "", {}, {}});
    rows.push_back({"CookieOfARedirectOver4", several(named("cookie needed")), "", kFour, {}});
    rows.push_back(
        {"CookieBrought", named("cookie needed"), "", secrets({{"cookies", QJsonArray{"session=opened"}}}), asked(1)});
    rows.push_back({"RefererMissing", named("referer needed"), "HttpForbidden", {}, asked(1)});
    rows.push_back({"Referer", named("referer needed"), "", secrets({{"referer", "http://127.0.0.1/page"}}), {}});
    rows.push_back({"Post", named("POST needed"), "", secrets({{"body", "id=7"}, {"method", "POST"}}), {}});
}

std::vector<Row> allRows()
{
    std::vector<Row> rows;
    addFiles(rows);
    addDigests(rows);
    addRanges(rows);
    addFraming(rows);
    addConnections(rows);
    addStatus(rows);
    addDemands(rows);
    return rows;
}

class HttpFaults : public Faults, public ::testing::WithParamInterface<Row> {};

TEST_P(HttpFaults, EndWholeOrWithTheirCode)
{
    const Row& row = GetParam();
    HttpFaultServer server;
    const qint64 id = add(server.on(row.path, row.behaviour), row.item);
    const QJsonObject task = ended(id);
    ASSERT_FALSE(task.isEmpty());
    const QStringList files = finished();
    if (row.end.empty()) {
        ASSERT_EQ(task[u"state"].toString(), "done") << codeOf(task);
        ASSERT_EQ(files, QStringList(task[u"name"].toString()));
        const QByteArray expected = row.behaviour.body.value_or(content(row.behaviour.seed, 0, row.behaviour.size));
        EXPECT_TRUE(contents(task[u"path"].toString()) == expected) << "wrong bytes under the final name";
        EXPECT_EQ(task[u"done"].toInteger(), expected.size());
        EXPECT_FALSE(QFile::exists(task[u"path"].toString() + ".part"));
    } else {
        EXPECT_EQ(task[u"state"].toString(), "failed");
        EXPECT_TRUE(QString::fromStdString(row.end).split('|').contains(QString::fromStdString(codeOf(task))))
            << codeOf(task) << " instead of " << row.end;
        EXPECT_EQ(files, QStringList());
    }
    if (row.check)
        row.check({server, task});
}

INSTANTIATE_TEST_SUITE_P(All, HttpFaults, ::testing::ValuesIn(allRows()), [](const auto& info) { return info.param.name; });

TEST_F(Faults, EveryNameStaysInsideTheFolder)
{
    HttpFaultServer server;
    for (const auto& [name, disposition] : behaviours::dispositions()) {
        Behaviour behaviour;
        behaviour.size = 1000;
        behaviour.disposition = disposition;
        const QJsonObject task = ended(add(server.on("/file.bin", behaviour)));
        ASSERT_EQ(task[u"state"].toString(), "done") << name;
        const QString path = task[u"path"].toString();
        EXPECT_EQ(QFileInfo(path).canonicalPath(), QFileInfo(directory.path()).canonicalFilePath()) << name;
        EXPECT_LE(task[u"name"].toString().toUtf8().size(), 255) << name;
        EXPECT_FALSE(task[u"name"].toString().startsWith(u'.')) << name;
        EXPECT_TRUE(contents(path) == content(1, 0, 1000)) << name;
    }
}

TEST_F(Faults, AnExpiredLinkGoesOnFromAFreshOne)
{
    HttpFaultServer server;
    Behaviour old;
    old.size = 3 << 20;
    old.cutAfter = 2 << 20;
    old.cutTimes = 1;
    old.status = 403;
    old.statusAfter = 1;
    Behaviour fresh;
    fresh.size = old.size;
    const qint64 id = add(server.on("/file.bin", old));
    EXPECT_EQ(codeOf(ended(id)), "LinkExpired");
    const QUrl other = server.on("/other.bin", fresh);
    client->result("task.relink", {{"id", id}, {"url", other.toString()}});
    const QJsonObject task = until(id,
        [](const QJsonObject& t) { return t[u"state"] == "done" || (t[u"state"] == "failed" && codeOf(t) != "LinkExpired"); });
    ASSERT_EQ(task[u"state"].toString(), "done") << codeOf(task);
    EXPECT_TRUE(contents(task[u"path"].toString()) == content(1, 0, fresh.size));
    EXPECT_LT(server.bytesSent("/other.bin"), 2 << 20) << "what was there is not fetched again";
}

TEST_F(Faults, AChangedFileIsFetchedAnewWhenTold)
{
    HttpFaultServer server;
    Behaviour behaviour = broken(Behaviour{});
    behaviour.changeAfter = 1;
    behaviour.laterSeed = 7;
    behaviour.laterEtag = "\"v2\"";
    const qint64 id = add(server.on("/file.bin", behaviour));
    EXPECT_EQ(codeOf(ended(id)), "ValidatorChanged");
    client->result("task.restart", {{"ids", QJsonArray{id}}, {"fromZero", true}});
    const QJsonObject task = until(id, [](const QJsonObject& t) { return t[u"state"] == "done"; });
    EXPECT_TRUE(contents(task[u"path"].toString()) == content(7, 0, behaviour.size));
}

TEST_F(Faults, APauseKeepsWhatIsThere)
{
    HttpFaultServer server;
    Behaviour behaviour;
    behaviour.size = 4 << 20;
    behaviour.stallAfter = 2 << 20;
    behaviour.stallTimes = 1;
    const qint64 id = add(server.on("/file.bin", behaviour), options({{"connections", 1}}));
    ASSERT_TRUE(server.waitForStalled(1));
    until(id, [](const QJsonObject& t) { return t[u"done"].toInteger() > 0; }); // the client may be behind the server
    client->result("task.pause", {{"ids", QJsonArray{id}}});
    until(id, [](const QJsonObject& t) { return t[u"state"] == "waiting" && !t[u"holds"].toArray().isEmpty(); });
    client->result("task.resume", {{"ids", QJsonArray{id}}});
    const QJsonObject task = until(id, [](const QJsonObject& t) { return t[u"state"] == "done"; });
    EXPECT_TRUE(contents(task[u"path"].toString()) == content(1, 0, behaviour.size));
    EXPECT_LT(server.bytesSent(), behaviour.size + (1 << 20));
    EXPECT_EQ(server.requests().back().ifRange(), "\"v1\"");
}

TEST_F(Faults, ALongRetryAfterIsWaitedForWithoutAnotherRequest)
{
    HttpFaultServer server;
    Behaviour behaviour;
    behaviour.status = 429;
    behaviour.statusTimes = 1;
    behaviour.retryAfter = 3600;
    const qint64 id = add(server.on("/file.bin", behaviour));
    until(id, [](const QJsonObject& t) { return t[u"state"] == "waiting" && codeOf(t) == "HttpTooManyRequests"; });
    EXPECT_FALSE(client->result("task.why", {{"id", id}})[u"sentence"].toString().isEmpty());
    EXPECT_EQ(server.requests().size(), 1U);
}

} // namespace
