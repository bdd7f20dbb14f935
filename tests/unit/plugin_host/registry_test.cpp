#include "plugin_host/registry.h"
#include "transfer/buffer_pool.h"

#include <QJsonObject>

#include <gtest/gtest.h>

#include <map>

namespace weir {

namespace {

struct FakeFetcher final : RangeFetcher {
    quint64 start(FetchRequest, FetchSink&, std::function<void(FetchDone)>) override { return 0; }
    void cancel(quint64) override {}
};

/// What the fake plugins say, by name.
struct Opinion {
    int url = 100, content = 0;
    bool throws = false, lends = true;
};
std::map<QByteArray, Opinion> opinions;
std::map<QByteArray, int> made;
std::map<QByteArray, QUrl> proxies;

template <int Number> struct FakeAdapter final : ProtocolAdapter {
    static constexpr char name[] = {'p', char('0' + Number), 0};
    explicit FakeAdapter(Services&) { ++made[name]; }
    int support(const QUrl&) const override { return opinion().throws ? throw 1 : opinion().url; }
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return nullptr; }
    void configureProxy(const ProxyConfig& proxy) override { proxies[name] = proxy.url; }
    int supportContent(QByteArrayView, QByteArrayView) const override { return opinion().content; }
    RangeFetcher* fetcher() override { return opinion().lends ? &fetcher_ : nullptr; }
    Opinion& opinion() const { return opinions[name]; }
    FakeFetcher fetcher_;
};

template <int Number>
const PluginDescriptor kDescriptor{sizeof(PluginDescriptor), WEIR_BUILD_TAG, FakeAdapter<Number>::name, "1.0", "fake", "", "",
    [](Services& services) -> ProtocolAdapter* { return new FakeAdapter<Number>(services); },
    [](ProtocolAdapter* adapter) { delete adapter; }};

class NoServices final : public Services {
public:
    RangeFetcher* fetcherFor(const QUrl&) override { return nullptr; }
    CurlEngine& curl() override { std::abort(); }
    BufferPool& buffers() override { return buffers_; }
    RateBucket& totalRate() override { return rate_; }
    RateBucket& totalUpRate() override { return rate_; }
    Clock& clock() override { return steadyClock(); }
    QJsonObject settings() const override { return {}; }
    QString stateDirectory() const override { return {}; }
    void log(Level, const QString&) override {}

private:
    BufferPool buffers_;
    RateBucket rate_;
};

PluginRecord recordOf(
    const char* name, QJsonArray schemes = {QStringLiteral("fake")}, QJsonArray mimeTypes = {}, QJsonArray marks = {})
{
    PluginRecord record;
    record.path = QStringLiteral("/plugins/weir-%1.so").arg(QLatin1String(name));
    record.descriptor = {{QStringLiteral("name"), QString::fromLatin1(name)},
        {QStringLiteral("version"), QStringLiteral("1.0")}, {QStringLiteral("schemes"), schemes},
        {QStringLiteral("mimeTypes"), mimeTypes}, {QStringLiteral("marks"), marks}};
    return record;
}

Result<const PluginDescriptor*> openFake(const QString& path)
{
    if (path.contains(QStringLiteral("p1")))
        return &kDescriptor<1>;
    if (path.contains(QStringLiteral("p2")))
        return &kDescriptor<2>;
    return failure(Code::PluginLoadFailed, path);
}

class RegistryTest : public testing::Test {
protected:
    void SetUp() override
    {
        opinions.clear();
        made.clear();
        proxies.clear();
    }
    Registry registry(std::vector<PluginRecord> records)
    {
        return Registry(
            std::move(records), [](const QString&) { return std::make_unique<NoServices>(); }, openFake);
    }
    const QUrl url_{QStringLiteral("fake://host/a")};
};

QString stateOf(const Registry& registry, int row)
{
    return registry.list()[row].toObject().value(QLatin1String("state")).toString();
}

} // namespace

TEST_F(RegistryTest, OpensAPluginAtTheFirstUrlThatNeedsIt)
{
    Registry plugins = registry({recordOf("p1")});
    EXPECT_EQ(stateOf(plugins, 0), QStringLiteral("known"));
    EXPECT_EQ(plugins.adapterFor(QUrl(QStringLiteral("other://x"))).error().code, Code::NoAdapter);
    EXPECT_TRUE(made.empty());
    EXPECT_EQ(plugins.adapterFor(url_)->plugin, "p1");
    EXPECT_EQ(plugins.adapterFor(url_)->plugin, "p1");
    EXPECT_EQ(made["p1"], 1);
    EXPECT_EQ(stateOf(plugins, 0), QStringLiteral("open"));
}

TEST_F(RegistryTest, TheSurestWinsAndEqualOnesAreDecidedByName)
{
    Registry plugins = registry({recordOf("p2"), recordOf("p1")});
    EXPECT_EQ(plugins.adapterFor(url_)->plugin, "p1");
    opinions["p1"].url = 50;
    EXPECT_EQ(plugins.adapterFor(url_)->plugin, "p2");
    opinions["p2"].url = 0;
    EXPECT_EQ(plugins.adapterFor(url_)->plugin, "p1");
    opinions["p1"].url = 0;
    EXPECT_EQ(plugins.adapterFor(url_).error().code, Code::NoAdapter);
}

TEST_F(RegistryTest, AnOpinionThatThrowsIsNone)
{
    Registry plugins = registry({recordOf("p1"), recordOf("p2")});
    opinions["p1"].throws = true;
    EXPECT_EQ(plugins.adapterFor(url_)->plugin, "p2");
}

TEST_F(RegistryTest, WhyNoneTakesItIsSaid)
{
    PluginRecord disabled = recordOf("p1");
    disabled.enabled = false;
    EXPECT_EQ(registry({disabled}).adapterFor(url_).error().code, Code::PluginDisabled);
    PluginRecord quarantined = recordOf("p1");
    quarantined.quarantined = true;
    EXPECT_EQ(registry({quarantined}).adapterFor(url_).error().code, Code::PluginQuarantined);
    EXPECT_EQ(registry({recordOf("p9")}).adapterFor(url_).error().code, Code::PluginLoadFailed);
}

TEST_F(RegistryTest, AStoredAdapterThatIsGoneIsMissing)
{
    Registry plugins = registry({recordOf("p1")});
    EXPECT_EQ(plugins.adapterNamed("p1")->plugin, "p1");
    EXPECT_EQ(plugins.adapterNamed("gone").error().code, Code::PluginMissing);
}

TEST_F(RegistryTest, WhatIsIsolatedIsAskedOnlyAboutWhatItNamesAndLendsNothing)
{
    struct Stands final : ProtocolAdapter {
        int support(const QUrl&) const override { return 100; }
        std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return nullptr; }
        void configureProxy(const ProxyConfig&) override {}
        int supportContent(QByteArrayView, QByteArrayView) const override { return 100; }
    };
    Registry plugins(
        {recordOf("p1"), recordOf("p2", {}, {QStringLiteral("a/b")})},
        [](const QString&) { return std::make_unique<NoServices>(); }, openFake,
        [](const PluginRecord& plugin) -> Result<std::unique_ptr<ProtocolAdapter>> {
            if (plugin.path.contains(QStringLiteral("p1")))
                return nullptr;
            return std::make_unique<Stands>();
        });
    ASSERT_TRUE(plugins.adapterNamed("p2"));
    EXPECT_EQ(made["p2"], 0) << "it is not opened here";
    EXPECT_FALSE(plugins.adapterForContent("text/plain", "hello", "p1"));
    EXPECT_EQ(plugins.adapterForContent("a/b", "hello", "p1")->plugin, "p2");
    EXPECT_TRUE(plugins.list()[1].toObject()[QLatin1String("isolated")].toBool());
    EXPECT_FALSE(plugins.list()[0].toObject()[QLatin1String("isolated")].toBool());
}

TEST_F(RegistryTest, AFaultIsShownUntilItIsSwitchedOnAnew)
{
    Registry plugins = registry({recordOf("p1")});
    EXPECT_TRUE(plugins.noteFault(QStringLiteral("p1"), Error{Code::PluginThrew, QStringLiteral("x")}));
    EXPECT_EQ(plugins.list()[0].toObject()[QLatin1String("error")].toString(), QStringLiteral("PluginThrew"));
    EXPECT_EQ(stateOf(plugins, 0), QStringLiteral("known"));
    ASSERT_TRUE(plugins.quarantine(QStringLiteral("p1")));
    EXPECT_FALSE(plugins.noteFault(QStringLiteral("p1"), Error{Code::PluginCrashed}));
    ASSERT_TRUE(plugins.setEnabled(QStringLiteral("p1"), true));
    EXPECT_TRUE(plugins.list()[0].toObject()[QLatin1String("error")].isNull());
    EXPECT_FALSE(plugins.noteFault(QStringLiteral("gone"), Error{Code::PluginCrashed}));
}

TEST_F(RegistryTest, ContentIsKnownByTypeOrMarkOfTheDescriptorBeforeAnythingIsOpened)
{
    Registry plugins = registry(
        {recordOf("p1"), recordOf("p2", {}, {QStringLiteral("application/vnd.apple.mpegurl")}, {QStringLiteral("#EXTM3U")})});
    opinions["p2"].content = 90;
    EXPECT_FALSE(plugins.adapterForContent("text/plain", "hello", "p1"));
    EXPECT_EQ(made["p2"], 0);
    EXPECT_EQ(plugins.adapterForContent("Application/vnd.apple.mpegurl; charset=x", {}, "p1")->plugin, "p2");
    EXPECT_EQ(plugins.adapterForContent({}, "\xEF\xBB\xBF \n#EXTM3U\n", "p1")->plugin, "p2");
}

TEST_F(RegistryTest, ContentStaysWithWhoKnowsItAsWell)
{
    Registry plugins = registry({recordOf("p1"), recordOf("p2", {}, {QStringLiteral("a/b")})});
    ASSERT_TRUE(plugins.adapterFor(url_));
    opinions["p1"].content = 80;
    opinions["p2"].content = 80;
    EXPECT_FALSE(plugins.adapterForContent("a/b", {}, "p1"));
    opinions["p2"].content = 81;
    EXPECT_TRUE(plugins.adapterForContent("a/b", {}, "p1"));
}

TEST_F(RegistryTest, ASecondPluginOfANameIsRefused)
{
    PluginRecord second = recordOf("p1");
    second.path = QStringLiteral("/other/weir-p1.so");
    Registry plugins = registry({recordOf("p1"), second});
    EXPECT_EQ(stateOf(plugins, 0), QStringLiteral("known"));
    EXPECT_EQ(stateOf(plugins, 1), QStringLiteral("refused"));
    EXPECT_TRUE(plugins.adapterFor(url_));
}

TEST_F(RegistryTest, EnablingEndsAQuarantineAndUnknownNamesGetTheNearest)
{
    PluginRecord record = recordOf("p1");
    record.quarantined = true;
    Registry plugins = registry({record});
    const auto enabled = plugins.setEnabled(QStringLiteral("p1"), true);
    ASSERT_TRUE(enabled);
    EXPECT_FALSE(enabled->quarantined);
    EXPECT_TRUE(plugins.adapterFor(url_));
    plugins.quarantine(QStringLiteral("p1"));
    EXPECT_EQ(plugins.adapterFor(url_).error().code, Code::PluginQuarantined);
    const auto unknown = plugins.setEnabled(QStringLiteral("pl"), true);
    EXPECT_EQ(unknown.error().code, Code::UnknownPlugin);
    EXPECT_TRUE(unknown.error().detail.contains(QStringLiteral("p1")));
}

TEST_F(RegistryTest, FetchersComeFromTheSurestThatLends)
{
    Registry plugins = registry({recordOf("p1"), recordOf("p2")});
    opinions["p1"].lends = false;
    EXPECT_NE(plugins.fetcherFor(url_), nullptr);
    opinions["p2"].lends = false;
    EXPECT_EQ(plugins.fetcherFor(url_), nullptr);
    EXPECT_EQ(plugins.fetcherFor(QUrl(QStringLiteral("other://x"))), nullptr);
}

TEST_F(RegistryTest, AProxyReachesOpenPluginsAndThoseOpenedLater)
{
    Registry plugins = registry({recordOf("p1"), recordOf("p2", {QStringLiteral("late")})});
    ASSERT_TRUE(plugins.adapterFor(url_));
    plugins.configureProxy({.url = QUrl(QStringLiteral("socks5h://h:1"))});
    EXPECT_EQ(proxies["p1"].scheme(), QStringLiteral("socks5h"));
    ASSERT_TRUE(plugins.adapterFor(QUrl(QStringLiteral("late://x"))));
    EXPECT_EQ(proxies["p2"].scheme(), QStringLiteral("socks5h"));
}

} // namespace weir
