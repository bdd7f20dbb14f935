// Libraries that are no usable plugins: each is refused, with its own reason, and the daemon runs on.
#include "support/daemon_process.h"
#include "support/server_process.h"
#include "test_paths.h"

#include <QJsonArray>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

class Misfits : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(writeFile(daemon.path("weir-text.so"), "this is no library"));
        daemon.environment.insert("WEIR_PLUGIN_PATH",
            QStringLiteral(WEIR_BUILD_DIR "/tests/misfits:%1:" WEIR_BUILD_DIR "/tests/plugins").arg(daemon.home.path()));
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    }
    /// By the names of their files.
    QMap<QString, QJsonObject> listed(RpcPeer& peer)
    {
        QMap<QString, QJsonObject> found;
        for (const QJsonValue& each : peer.result("plugin.list")[u"plugins"].toArray())
            found[each[u"path"].toString().section(u'/', -1).section(u'.', 0, 0)] = each.toObject();
        return found;
    }
    DaemonProcess daemon;
};

TEST_F(Misfits, EachIsRefusedForItsOwnReason)
{
    const auto peer = daemon.client();
    const auto plugins = listed(*peer);
    const QMap<QString, QString> reasons{{"weir-misfit-abi", "PluginOtherAbi"}, {"weir-misfit-tag", "PluginBuildTag"},
        {"weir-misfit-symbol", "PluginSymbolMissing"}, {"weir-misfit-library", "PluginNoEntry"},
        {"weir-misfit-crashes", "PluginProbeCrashed"}, {"weir-misfit-throws", "PluginProbeCrashed"},
        {"weir-misfit-hangs", "PluginProbeTimeout"}, {"weir-misfit-nameless", "PluginDescriptorBad"},
        {"weir-text", "PluginLoadFailed"}};
    for (auto each = reasons.begin(); each != reasons.end(); ++each) {
        EXPECT_EQ(plugins[each.key()][u"error"].toString(), each.value()) << each.key().toStdString();
        EXPECT_EQ(plugins[each.key()][u"state"].toString(), "refused") << each.key().toStdString();
        EXPECT_FALSE(plugins[each.key()][u"reason"].toString().isEmpty());
    }
    EXPECT_FALSE(peer->untilState(daemon.addTask(*peer, QUrl("fake://x/write?5")), "done").isEmpty());
}

TEST_F(Misfits, AnAdapterThatCantBeMadeIsRefusedAtItsFirstAddress)
{
    const auto peer = daemon.client();
    const auto failed = peer->untilState(daemon.addTask(*peer, QUrl("misfit://x/")), "failed");
    EXPECT_EQ(failed[u"error"][u"code"].toString(), "PluginCreateFailed");
    EXPECT_EQ(listed(*peer)["weir-misfit-constructor"][u"error"].toString(), "PluginCreateFailed");
    EXPECT_FALSE(peer->untilState(daemon.addTask(*peer, QUrl("fake://x/write?5")), "done").isEmpty());
}

} // namespace
