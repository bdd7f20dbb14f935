// The real segmented task on a network in virtual time: seconds of transfer take milliseconds, and every byte is judged.
#include "support/content.h"
#include "support/fake_clock.h"
#include "support/fake_context.h"
#include "support/fake_fetcher.h"

#include <weir/segmented_task.h>

#include <QCryptographicHash>
#include <QJsonArray>

#include <gtest/gtest.h>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

constexpr qint64 kKiB = 1 << 10, kMiB = 1 << 20;

class SegmentedTask : public ::testing::Test {
protected:
    void SetUp() override
    {
        services.fetcher = &network;
        spec.id = 1;
        spec.url = QUrl("http://origin/file.bin");
        spec.directory = "/downloads";
        spec.request = std::make_shared<RequestContext>();
    }

    FakeSource& host(const QString& name, qint64 size, qint64 perConnection = 0, std::chrono::microseconds rtt = 1ms)
    {
        FakeSource source;
        source.host = name;
        source.file = {7, size};
        source.route.perConnection = perConnection;
        source.route.rtt = rtt;
        return network.add(source);
    }

    Result<void> run()
    {
        if (!context)
            context = std::make_unique<FakeContext>(services, spec);
        auto task = makeSegmentedTask();
        return context->run(*task);
    }

    static QJsonObject piecesOf(qint64 size, qint64 length, quint64 seed = 7)
    {
        QJsonArray hashes;
        for (qint64 at = 0; at < size; at += length) {
            const QByteArray piece = content(seed, at, std::min(length, size - at));
            hashes.append(QString(QCryptographicHash::hash(piece, QCryptographicHash::Sha256).toHex()));
        }
        return {{"algorithm", "sha-256"}, {"length", length}, {"hashes", hashes}};
    }

    double seconds() const { return std::chrono::duration<double>(context->took).count(); }
    void expectWhole(qint64 size, quint64 seed = 7)
    {
        const QByteArray bytes = context->bytes("file.bin");
        ASSERT_EQ(bytes.size(), size);
        EXPECT_TRUE(isContent(seed, 0, {bytes.constData(), std::size_t(bytes.size())}));
        EXPECT_EQ(context->written("file.bin").bytes(), size);
    }
    Code codeOf(const Result<void>& result) { return result ? Code::Ok : result.error().code; }

    FakeClock clock;
    FakeFetcher network{clock, 42};
    FakeServices services{clock};
    TaskSpec spec;
    std::unique_ptr<FakeContext> context;
};

TEST_F(SegmentedTask, ASmallFileIsOneRequest)
{
    host("origin", 20 * kKiB);
    ASSERT_TRUE(run());
    expectWhole(20 * kKiB);
    EXPECT_EQ(network.statistics().requests, 1);
}

TEST_F(SegmentedTask, AnEmptyFileIsAFile)
{
    host("origin", 0);
    ASSERT_TRUE(run());
    expectWhole(0);
}

TEST_F(SegmentedTask, ManyConnectionsWhereEachIsCapped)
{
    host("origin", 256 * kMiB, 4'000'000);
    spec.connections = 16;
    ASSERT_TRUE(run());
    expectWhole(256 * kMiB);
    EXPECT_LT(seconds(), 1.1 * 256 * kMiB / 64e6);
    EXPECT_LT(network.statistics().wasted, 256 * kMiB / 100);
}

TEST_F(SegmentedTask, TheAdaptiveCountComesNearTheBestOne)
{
    host("origin", 256 * kMiB, 4'000'000);
    ASSERT_TRUE(run());
    expectWhole(256 * kMiB);
    EXPECT_LT(seconds(), 1.5 * 256 * kMiB / 64e6);
}

TEST_F(SegmentedTask, ALinkThatOneConnectionFillsIsNotCrowded)
{
    FakeSource& source = host("origin", 128 * kMiB, 0, 100ms);
    source.route.line = {25'000'000, 2'500'000};
    source.route.backoff = 0.7;
    spec.connections = 1;
    ASSERT_TRUE(run());
    const double alone = seconds();
    context.reset();
    spec.connections = 0;
    ASSERT_TRUE(run());
    expectWhole(128 * kMiB);
    EXPECT_LT(seconds(), 2 * alone);
    EXPECT_LE(network.statistics().peakConnections, 16);
}

TEST_F(SegmentedTask, FewConnectionsDoNotTakeTheEndFromEachOther)
{
    for (const int connections : {2, 4, 8}) {
        SCOPED_TRACE(connections);
        FakeSource& source = host("origin", 128 * kMiB, 0, 100ms);
        source.route.line = {25'000'000, 2'500'000};
        source.route.backoff = 0.7;
        spec.connections = connections;
        const qint64 before = network.statistics().requests;
        ASSERT_TRUE(run());
        expectWhole(128 * kMiB);
        // Each request is a connection that begins slowly.
        EXPECT_LT(network.statistics().requests - before, 5 * connections);
        context.reset();
    }
}

TEST_F(SegmentedTask, ALossyLinkGetsManyConnections)
{
    FakeSource& source = host("origin", 16 * kMiB, 0, 100ms);
    source.route.loss = 0.01;
    source.route.backoff = 0.7;
    source.route.line = {25'000'000, 2'500'000};
    ASSERT_TRUE(run());
    expectWhole(16 * kMiB);
    EXPECT_LT(seconds(), 10);
}

TEST_F(SegmentedTask, OneSlowConnectionDoesNotHoldTheEnd)
{
    // user-asks 2: the last percent. One of eight connections has a hundredth of the others' rate.
    FakeSource& source = host("origin", 64 * kMiB, 2'000'000);
    source.script = [](const FetchRequest&, int number, FakeReply& reply) {
        if (number == 3)
            reply.stallAfter = 64 * kKiB;
    };
    spec.connections = 8;
    ASSERT_TRUE(run());
    expectWhole(64 * kMiB);
    EXPECT_LT(seconds(), 1.35 * 64 * kMiB / 16e6);
}

TEST_F(SegmentedTask, ConnectionsThatAreCutGoOnWhereTheyStood)
{
    FakeSource& source = host("origin", 64 * kMiB, 4'000'000);
    source.cut = 0.3;
    spec.connections = 8;
    ASSERT_TRUE(run());
    expectWhole(64 * kMiB);
    EXPECT_LT(network.statistics().wasted, 2 * kMiB);
}

TEST_F(SegmentedTask, AServerWithoutRangesIsReadInOneGo)
{
    FakeSource& source = host("origin", 32 * kMiB, 8'000'000);
    source.ranges = false;
    spec.connections = 8;
    ASSERT_TRUE(run());
    expectWhole(32 * kMiB);
    EXPECT_LT(network.statistics().bytes, 34 * kMiB) << "the first reply must not be given up";
}

TEST_F(SegmentedTask, AnUnknownLengthEndsWithItsReply)
{
    FakeSource& source = host("origin", 3 * kMiB);
    source.sizeKnown = false;
    source.ranges = false;
    ASSERT_TRUE(run());
    expectWhole(3 * kMiB);
    EXPECT_EQ(context->verified, Verified::Unverifiable);
}

TEST_F(SegmentedTask, APausedTaskAsksOnlyForWhatIsMissing)
{
    host("origin", 64 * kMiB, 4'000'000);
    spec.connections = 4;
    context = std::make_unique<FakeContext>(services, spec);
    context->stopAfter(1500ms);
    EXPECT_EQ(codeOf(run()), Code::Cancelled);
    const qint64 before = context->written("file.bin").bytes();
    EXPECT_GT(before, 8 * kMiB);
    ASSERT_TRUE(run());
    expectWhole(64 * kMiB);
    EXPECT_LE(network.statistics().bytes, 64 * kMiB + 4 * 64 * kKiB + 1 * kMiB);
}

TEST_F(SegmentedTask, AChangedFileIsNeverMixed)
{
    FakeSource& source = host("origin", 64 * kMiB, 4'000'000);
    spec.connections = 4;
    context = std::make_unique<FakeContext>(services, spec);
    context->stopAfter(1s);
    EXPECT_EQ(codeOf(run()), Code::Cancelled);
    source.validator = "\"v2\"";
    source.file.seed = 8;
    EXPECT_EQ(codeOf(run()), Code::ValidatorChanged);
    const QByteArray bytes = context->bytes("file.bin");
    const RangeSet written = context->written("file.bin");
    EXPECT_FALSE(written.empty());
    for (ByteRange range : written.ranges())
        EXPECT_TRUE(isContent(7, range.begin, {bytes.constData() + range.begin, std::size_t(range.size())}));
}

TEST_F(SegmentedTask, ALyingServerWithoutValidatorIsFoundOutByASample)
{
    FakeSource& source = host("origin", 64 * kMiB, 4'000'000);
    source.validator = "";
    context = std::make_unique<FakeContext>(services, spec);
    context->stopAfter(1s);
    EXPECT_EQ(codeOf(run()), Code::Cancelled);
    source.file.seed = 8;
    EXPECT_EQ(codeOf(run()), Code::ContentChanged);
}

TEST_F(SegmentedTask, AServerThatAnswersIfRangeWronglyIsAskedWithout)
{
    FakeSource& source = host("origin", 32 * kMiB, 4'000'000);
    source.brokenIfRange = true;
    spec.connections = 4;
    context = std::make_unique<FakeContext>(services, spec);
    context->stopAfter(500ms);
    EXPECT_EQ(codeOf(run()), Code::Cancelled);
    ASSERT_TRUE(run());
    expectWhole(32 * kMiB);
    EXPECT_LT(network.statistics().bytes, 40 * kMiB);
}

TEST_F(SegmentedTask, MirrorsShareTheWorkOnceTheyAreProven)
{
    host("origin", 128 * kMiB, 4'000'000);
    host("mirror", 128 * kMiB, 4'000'000).validator = "\"other\"";
    spec.mirrors = {QUrl("http://mirror/file.bin")};
    spec.connections = 8;
    ASSERT_TRUE(run());
    expectWhole(128 * kMiB);
    EXPECT_GT(network.statistics("mirror").bytes, 28 * kMiB);
}

TEST_F(SegmentedTask, AMirrorWithAnotherFileIsDropped)
{
    host("origin", 64 * kMiB, 4'000'000);
    host("mirror", 64 * kMiB, 4'000'000).file.seed = 9;
    spec.mirrors = {QUrl("http://mirror/file.bin")};
    spec.connections = 8;
    ASSERT_TRUE(run());
    expectWhole(64 * kMiB);
    EXPECT_LE(network.statistics("mirror").bytes, 128 * kKiB);
}

TEST_F(SegmentedTask, AMirrorGoesOnWhenTheOriginDies)
{
    FakeSource& origin = host("origin", 64 * kMiB, 4'000'000);
    host("mirror", 64 * kMiB, 4'000'000);
    spec.mirrors = {QUrl("http://mirror/file.bin")};
    spec.connections = 4;
    clock.after(2s, [&] {
        origin.down = true;
        network.cut("origin");
    });
    ASSERT_TRUE(run());
    expectWhole(64 * kMiB);
}

TEST_F(SegmentedTask, ABusyServerKeepsTheConnectionsItAllows)
{
    FakeSource& source = host("origin", 64 * kMiB, 4'000'000);
    source.maxConnections = 3;
    source.overload = Code::HttpTooManyRequests;
    spec.connections = 16;
    ASSERT_TRUE(run());
    expectWhole(64 * kMiB);
    EXPECT_LT(network.statistics().refused, 40);
    EXPECT_FALSE(context->busyHosts.isEmpty());
}

TEST_F(SegmentedTask, ALinkForOneUseIsReadInOneGo)
{
    FakeSource& source = host("origin", 32 * kMiB, 4'000'000);
    source.script = [](const FetchRequest&, int number, FakeReply& reply) {
        if (number > 1)
            reply.failure = Error{Code::HttpForbidden, "used"};
    };
    ASSERT_TRUE(run());
    expectWhole(32 * kMiB);
}

TEST_F(SegmentedTask, ALaneGivesUpOnlyWhatOthersBring)
{
    // Three more lanes are asked for at once, and only one that was to bring a middle part is let in: who brought the end goes
    // on.
    FakeSource& origin = host("origin", 64 * kMiB, 4 * kMiB);
    int let = 0;
    origin.script = [&](const FetchRequest& request, int number, FakeReply& reply) {
        const bool middle = request.range && request.range->end > 0 && request.range->end < 64 * kMiB;
        if (number == 1 || (middle && let++ == 0))
            return;
        reply.failure = Error{Code::HttpForbidden, "http://origin/file.bin"};
        reply.delay = 50ms;
    };
    spec.connections = 4;
    ASSERT_TRUE(run());
    EXPECT_GT(let, 0);
    expectWhole(64 * kMiB);
}

TEST_F(SegmentedTask, AnExpiredLinkKeepsWhatIsThere)
{
    FakeSource& source = host("origin", 32 * kMiB, 4'000'000);
    context = std::make_unique<FakeContext>(services, spec);
    context->stopAfter(1s);
    EXPECT_EQ(codeOf(run()), Code::Cancelled);
    source.failure = 1;
    source.failureCode = Code::HttpForbidden;
    EXPECT_EQ(codeOf(run()), Code::LinkExpired);
    EXPECT_GT(context->written("file.bin").bytes(), 2 * kMiB);
}

TEST_F(SegmentedTask, ANewAddressGoesOnIfItsBytesAreTheSame)
{
    FakeSource& source = host("origin", 32 * kMiB, 4'000'000);
    host("other", 32 * kMiB, 4'000'000).validator = "\"another\"";
    context = std::make_unique<FakeContext>(services, spec);
    context->stopAfter(1s);
    EXPECT_EQ(codeOf(run()), Code::Cancelled);
    context->changeSpec().url = QUrl("http://other/file.bin");
    context->changeSpec().options["relinked"] = true;
    source.down = true;
    ASSERT_TRUE(run());
    expectWhole(32 * kMiB);
}

TEST_F(SegmentedTask, ANewAddressWithOtherBytesIsRefused)
{
    host("origin", 32 * kMiB, 4'000'000);
    host("other", 32 * kMiB, 4'000'000).file.seed = 9;
    context = std::make_unique<FakeContext>(services, spec);
    context->stopAfter(1s);
    EXPECT_EQ(codeOf(run()), Code::Cancelled);
    context->changeSpec().url = QUrl("http://other/file.bin");
    context->changeSpec().options["relinked"] = true;
    EXPECT_EQ(codeOf(run()), Code::DifferentContent);
}

TEST_F(SegmentedTask, AServerThatIsDownIsLeftToTheQueue)
{
    host("origin", 32 * kMiB).down = true;
    EXPECT_EQ(codeOf(run()), Code::ConnectRefused);
    EXPECT_LT(seconds(), 5);
}

TEST_F(SegmentedTask, ADeadServerInTheMiddleEndsTheRunSoon)
{
    FakeSource& source = host("origin", 64 * kMiB, 4'000'000);
    clock.after(1s, [&] {
        source.down = true;
        network.cut("origin");
    });
    EXPECT_EQ(codeOf(run()), Code::ConnectRefused);
    EXPECT_LT(seconds(), 20);
    EXPECT_GT(context->written("file.bin").bytes(), 2 * kMiB);
}

TEST_F(SegmentedTask, AFullDiskEndsTheRunWithItsOwnCode)
{
    host("origin", 32 * kMiB, 8'000'000);
    context = std::make_unique<FakeContext>(services, spec);
    context->openError = Error{Code::DiskFull, "file.bin"};
    EXPECT_EQ(codeOf(run()), Code::DiskFull);
}

TEST_F(SegmentedTask, DigestsDecide)
{
    host("origin", 1 * kMiB);
    const QByteArray right = QCryptographicHash::hash(content(7, 0, 1 * kMiB), QCryptographicHash::Sha256);
    spec.digests = {{"sha-256", right}};
    ASSERT_TRUE(run());
    EXPECT_EQ(context->verified, Verified::Verified);

    context.reset();
    spec.digests = {{"sha-256", QByteArray(32, 'x')}};
    EXPECT_EQ(codeOf(run()), Code::ChecksumMismatch);
}

TEST_F(SegmentedTask, OnlyTheBadPiecesAreFetchedAgain)
{
    constexpr qint64 kSize = 32 * kMiB, kPiece = kMiB;
    FakeSource& source = host("origin", kSize, 4 * kMiB);
    spec.options.insert("pieces", piecesOf(kSize, kPiece));
    source.wrong = {{5 * kMiB + 17, 5 * kMiB + 18}, {20 * kMiB - 1, 20 * kMiB + 1}};
    source.script = [&](const FetchRequest&, int, FakeReply&) {
        if (network.statistics().bytes >= kSize)
            source.wrong.clear(); // once all had come, the server is well again
    };
    ASSERT_TRUE(run());
    expectWhole(kSize);
    EXPECT_EQ(context->verified, Verified::Verified);
    EXPECT_LT(network.statistics().bytes, kSize + 4 * kPiece);
}

TEST_F(SegmentedTask, AMirrorThatLiesCostsItsPieces)
{
    constexpr qint64 kSize = 64 * kMiB, kPiece = kMiB;
    host("origin", kSize, 4 * kMiB);
    host("mirror", kSize, 4 * kMiB).wrong = {{40 * kMiB, 60 * kMiB}};
    spec.mirrors = {QUrl("http://mirror/file.bin")};
    spec.options.insert("pieces", piecesOf(kSize, kPiece));
    spec.connections = 4;
    ASSERT_TRUE(run());
    expectWhole(kSize);
    EXPECT_LT(network.statistics().bytes, 2 * kSize);
}

TEST_F(SegmentedTask, PiecesThatStayWrongEndTheTask)
{
    constexpr qint64 kSize = 8 * kMiB;
    host("origin", kSize, 4 * kMiB).wrong = {{3 * kMiB, 3 * kMiB + 1}};
    spec.options.insert("pieces", piecesOf(kSize, kMiB));
    const auto result = run();
    EXPECT_EQ(codeOf(result), Code::ChecksumMismatch);
    EXPECT_TRUE(result.error().detail.contains("bytes 3145728 to 4194304")) << result.error().detail.toStdString();
    EXPECT_LE(network.statistics().bytes, kSize + 4 * kMiB);
}

TEST_F(SegmentedTask, HashesOfAnotherFileAreRefused)
{
    host("origin", 8 * kMiB);
    spec.options.insert("pieces", piecesOf(9 * kMiB, kMiB));
    EXPECT_EQ(codeOf(run()), Code::SizeChanged);
}

TEST_F(SegmentedTask, ContentOfAnotherAdapterIsHandedOverWithoutASecondRequest)
{
    host("origin", 100 * kKiB).mime = "application/vnd.apple.mpegurl";
    context = std::make_unique<FakeContext>(services, spec);
    context->other = [](QByteArrayView mime, QByteArrayView) { return mime == "application/vnd.apple.mpegurl"; };
    EXPECT_EQ(codeOf(run()), Code::OtherAdapter);
    ASSERT_TRUE(context->handedOver);
    EXPECT_EQ(context->handedOver->body, content(7, 0, 100 * kKiB));
    EXPECT_EQ(network.statistics().requests, 1);
}

// On a line that is crowded the head may be there long before the first kilobytes are.
TEST_F(SegmentedTask, ContentOfAnotherAdapterIsRecognisedHoweverSlowlyItComes)
{
    constexpr qint64 kSize = 7 * kKiB;
    host("origin", kSize, 300).firstByte = 3s;
    context = std::make_unique<FakeContext>(services, spec);
    context->other = [](QByteArrayView, QByteArrayView opening) { return opening.startsWith(content(7, 0, 100)); };
    EXPECT_EQ(codeOf(run()), Code::OtherAdapter);
    ASSERT_TRUE(context->handedOver);
    EXPECT_EQ(context->handedOver->body, content(7, 0, kSize));
    EXPECT_EQ(network.statistics().requests, 1);
}

TEST_F(SegmentedTask, ALimitIsKept)
{
    host("origin", 20 * kMiB);
    context = std::make_unique<FakeContext>(services, spec);
    context->rate().setRate(2'000'000, clock.now());
    ASSERT_TRUE(run());
    expectWhole(20 * kMiB);
    EXPECT_GT(seconds(), 0.98 * 20 * kMiB / 2e6 - 0.2);
    EXPECT_LT(seconds(), 1.1 * 20 * kMiB / 2e6);
}

/// Bad luck of every kind at once, by seed: whatever comes out, no wrong byte is counted as written, and it ends.
class SegmentedTaskStorm : public SegmentedTask, public ::testing::WithParamInterface<int> {};

TEST_P(SegmentedTaskStorm, EndsWholeOrWithAReason)
{
    std::mt19937_64 random(GetParam());
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    const auto chance = [&](double p) { return std::uniform_real_distribution<>(0, 1)(random) < p; };
    const qint64 size = std::uniform_int_distribution<qint64>(0, 40 * kMiB)(random);
    for (const char* name : {"origin", "mirror1", "mirror2"}) {
        FakeSource& source =
            host(QString::fromLatin1(name), size, chance(0.5) ? 3'000'000 : 0, std::chrono::milliseconds(random() % 80));
        source.cut = chance(0.5) ? 0.3 : 0;
        source.failure = chance(0.3) ? 0.2 : 0;
        source.ranges = chance(0.9);
        source.brokenIfRange = chance(0.2);
        source.validator = chance(0.7) ? QByteArray("\"") + name + '"' : QByteArray();
        source.maxConnections = chance(0.3) ? 2 : 0;
        source.route.line = {20'000'000, 256 * kKiB};
        if (name != std::string("origin") && chance(0.3))
            source.file.seed = 99;
        if (chance(0.3))
            source.stalls[qint64(random() % (size + 1))] = 2;
    }
    spec.mirrors = {QUrl("http://mirror1/file.bin"), QUrl("http://mirror2/file.bin")};
    spec.connections = chance(0.5) ? 0 : 1 + int(random() % 12);
    context = std::make_unique<FakeContext>(services, spec);
    Result<void> result;
    for (int attempt = 0; attempt < 12; ++attempt) {
        if (chance(0.6))
            context->stopAfter(std::chrono::milliseconds(random() % 3000));
        result = run();
        const QByteArray bytes = context->opened().isEmpty() ? QByteArray() : context->bytes("file.bin");
        for (ByteRange range : context->opened().isEmpty() ? std::vector<ByteRange>() : context->written("file.bin").ranges())
            ASSERT_TRUE(isContent(7, range.begin, {bytes.constData() + range.begin, std::size_t(range.size())}));
        if (result)
            break;
    }
    if (result)
        expectWhole(size);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SegmentedTaskStorm, ::testing::Range(1, 61));

TEST_F(SegmentedTask, WhereTheSizeIsOnlyAPromiseItsEndIsSeen)
{
    host("origin", 4 * kMiB).script = [](const FetchRequest&, int, FakeReply& reply) { reply.head.rangesVouched = false; };
    ASSERT_TRUE(run());
    expectWhole(4 * kMiB);
    const int before = network.statistics().requests;
    // As after a pause between the last byte and its end: nothing is missing but the certainty.
    ASSERT_TRUE(run());
    expectWhole(4 * kMiB);
    EXPECT_GE(network.statistics().requests, before + 1);
    EXPECT_LE(network.statistics().requests, before + 2);
}

TEST_F(SegmentedTask, AFileThatGoesOnBehindItsSizeIsNotDone)
{
    host("origin", 4 * kMiB).script = [](const FetchRequest&, int, FakeReply& reply) {
        reply.head.rangesVouched = false;
        if (reply.range.end == 4 * kMiB) {
            reply.cutAfter = reply.range.end - reply.range.begin - 1; // what comes beyond comes with the last bytes
            reply.cutWith = Code::RemoteSizeWrong;
        }
    };
    EXPECT_EQ(codeOf(run()), Code::RemoteSizeWrong);
    EXPECT_EQ(codeOf(run()), Code::RemoteSizeWrong) << "nor when it is tried again";
}

} // namespace
} // namespace weir::test
