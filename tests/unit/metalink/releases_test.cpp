// What a machine takes that trusts certain keys only: the rules alone, what it remembers, and a task that waits for its turn
// in virtual time.
#include "metalink/machine_memory.h"
#include "metalink/metalink_task.h"
#include "metalink/release_rules.h"
#include "support/fake_clock.h"
#include "support/fake_context.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

const QByteArray kPublic = "RWSXTKt8mUCSsBo/FOOT1SOVrRGaifvKpZts4ViIJO8RxdqgDfNNC4Em";
const QByteArray kSecret =
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAl0yrfJlAkrDzo9Di7PuqI123Mtp9I+QxptV2fW3Z5LZ1I"
    "YdppXqFYxo/FOOT1SOVrRGaifvKpZts4ViIJO8RxdqgDfNNC4EmAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

QJsonObject section(const QString& pin = {}, const QJsonArray& keys = {QString::fromLatin1(kPublic)})
{
    return {{"trustedKeys", keys}, {"pin", pin}};
}

Code taken(const QString& version, const QString& last, const QString& pin = {}, const QByteArray& algorithm = "sha-256")
{
    const auto rules = ReleaseRules::fromSettings(section(pin));
    EXPECT_TRUE(rules);
    MetalinkFile file;
    file.hashes = {{algorithm, "00"}};
    file.version = version;
    const auto may = mayTake(file, *rules, last);
    return may ? Code::Ok : may.error().code;
}

TEST(ReleaseRules, TheNewerIsTaken)
{
    EXPECT_EQ(taken("1.10", "1.9"), Code::Ok);
    EXPECT_EQ(taken("1.9", "1.9"), Code::Ok) << "once more";
    EXPECT_EQ(taken("1.9", "1.9.0"), Code::Ok);
    EXPECT_EQ(taken("v2", "1.9.9"), Code::Ok);
    EXPECT_EQ(taken("anything", ""), Code::Ok) << "the first";
    EXPECT_EQ(taken("1.8.7", "1.9"), Code::VersionRefused);
    EXPECT_EQ(taken("", "1.9"), Code::VersionRefused) << "an old one need not say what it is";
    EXPECT_EQ(taken("newest", "1.9"), Code::VersionRefused);
    EXPECT_EQ(taken("1.9", "1.9", {}, "md5"), Code::BadChecksum) << "signed, but of no certain bytes";
}

TEST(ReleaseRules, ThePinIsTakenAlone)
{
    EXPECT_EQ(taken("1.8", "1.9", "1.8"), Code::Ok) << "back on purpose";
    EXPECT_EQ(taken("1.10", "1.9", "1.8"), Code::VersionRefused);
    EXPECT_EQ(taken("", "", "1.8"), Code::VersionRefused);
}

TEST(ReleaseRules, WithoutKeysNothingHolds)
{
    const auto rules = ReleaseRules::fromSettings(section("1.8", {}));
    ASSERT_TRUE(rules);
    EXPECT_FALSE(rules->inForce());
    EXPECT_TRUE(mayTake({}, *rules, "9"));
}

TEST(ReleaseRules, AKeyThatCannotBeReadLetsNothingThrough)
{
    const auto rules = ReleaseRules::fromSettings(section({}, {QString::fromLatin1(kPublic), "RWSX"}));
    ASSERT_FALSE(rules);
    EXPECT_EQ(rules.error().code, Code::KeyUnusable);
}

TEST(ReleaseRules, EachReleaseHasALineOfItsOwn)
{
    int inFront = 0, inBoth = 0;
    for (int i = 0; i < 10'000; ++i) {
        const QByteArray machine = QByteArray::number(i);
        const double place = placeInLine(machine, "camera", "1.2");
        ASSERT_TRUE(place >= 0 && place < 100);
        EXPECT_EQ(place, placeInLine(machine, "camera", "1.2"));
        inFront += place < 10;
        inBoth += place < 10 && placeInLine(machine, "camera", "1.3") < 10;
    }
    EXPECT_NEAR(inFront, 1000, 150);
    EXPECT_NEAR(inBoth, 100, 50);
}

class Releases : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(folder.isValid());
        services.directory = folder.path();
        services.options = section();
    }
    QString path() const { return folder.filePath("fw.meta4"); }
    void publish(const QString& version, double rollout)
    {
        const QByteArray text =
            "<?xml version=\"1.0\"?><metalink xmlns=\"urn:ietf:params:xml:ns:metalink\"><file name=\"fw.bin\">"
            "<identity>camera</identity><version>"
            + version.toUtf8() + "</version><rollout xmlns=\"" + kWeirNamespace + "\">" + QByteArray::number(rollout)
            + "</rollout><hash type=\"sha-256\">" + QByteArray(64, 'a')
            + "</hash><url>http://a.test/fw</url></file></metalink>";
        const auto key = parseSecretKey(kSecret, {});
        ASSERT_TRUE(key);
        write(path(), text);
        write(path() + ".minisig", *sign(text, *key, "x"));
    }
    static void write(const QString& name, const QByteArray& bytes)
    {
        QFile file(name);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    /// NoFetcher: it would be taken, but nobody here can fetch it.
    Code run()
    {
        FakeContext context{services, TaskSpec{.url = QUrl::fromLocalFile(path())}};
        MetalinkTask task(services, memory);
        if (stopAfter > 0s)
            context.stopAfter(stopAfter);
        const auto done = context.run(task);
        activity = context.activity;
        return done ? Code::Ok : done.error().code;
    }

    QTemporaryDir folder;
    FakeClock clock;
    FakeServices services{clock};
    MachineMemory memory{services};
    std::chrono::seconds stopAfter{0};
    Activity activity;
};

TEST_F(Releases, AreNotTakenTwiceInTheOtherOrder)
{
    publish("1.2", 100);
    EXPECT_EQ(run(), Code::NoFetcher);
    publish("1.1", 100);
    EXPECT_EQ(run(), Code::VersionRefused);
    // What was remembered lies on the disk.
    MachineMemory later(services);
    EXPECT_EQ(*later.lastTaken("camera"), "1.2");
    EXPECT_EQ(*later.lastTaken("other"), "");
    services.options = section("1.1");
    EXPECT_EQ(run(), Code::NoFetcher) << "back on purpose";
    services.options = section();
    EXPECT_EQ(run(), Code::NoFetcher) << "there it goes on";
}

TEST_F(Releases, AMemoryThatIsDamagedLetsNothingThrough)
{
    publish("1.2", 100);
    write(folder.filePath("releases.json"), "{");
    EXPECT_EQ(run(), Code::InputUnreadable);
}

TEST_F(Releases, WaitForTheirTurn)
{
    publish("1.2", 0);
    clock.after(3h, [&] { publish("1.2", 100); });
    EXPECT_EQ(run(), Code::NoFetcher);
    EXPECT_GE(clock.elapsed(), 3h);
    EXPECT_LE(clock.elapsed(), 4h);
    EXPECT_TRUE(activity.trouble.contains("1.2 is at 0 %")) << activity.trouble.toStdString();
}

TEST_F(Releases, ThatWaitAreStoppedAndNotRemembered)
{
    publish("1.2", 0);
    stopAfter = 20min;
    EXPECT_EQ(run(), Code::Cancelled);
    EXPECT_EQ(*memory.lastTaken("camera"), "");
}

TEST_F(Releases, ThatBecomeUnsignedAreNotTaken)
{
    publish("1.2", 0);
    clock.after(1h, [&] { write(path() + ".minisig", "gone"); });
    EXPECT_EQ(run(), Code::SignatureBad);
    QFile::remove(path() + ".minisig");
    EXPECT_EQ(run(), Code::SignatureMissing);
}

TEST_F(Releases, ThePinDoesNotWait)
{
    publish("1.2", 0);
    services.options = section("1.2");
    EXPECT_EQ(run(), Code::NoFetcher);
}

} // namespace
