// weir browser install, uninstall and doctor, in a home of their own.

#include "test_paths.h"

#include "support/host_process.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir::test;

namespace {

struct Ran {
    int status = -1;
    QByteArray out, err;
};

class BrowserVerbs : public testing::Test {
protected:
    void make(const QString& folder) { ASSERT_TRUE(QDir().mkpath(home_.filePath(folder))); }
    Ran weir(QStringList arguments)
    {
        QProcess process;
        QProcessEnvironment environment;
        environment.insert("HOME", home_.path());
        environment.insert("WEIR_HOME", home_.filePath("weir"));
        environment.insert("PATH", home_.filePath("bin")); // no browser of the machine is on it
        environment.insert("LC_ALL", "C.UTF-8");
        process.setProcessEnvironment(environment);
        process.start(HostProcess::program(), QStringList{"browser"} + arguments);
        EXPECT_TRUE(process.waitForFinished(20'000));
        return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
    }
    QJsonArray json(const Ran& ran) { return QJsonDocument::fromJson(ran.out).array(); }
    QStringList manifests()
    {
        QStringList found;
        QDirIterator each(home_.path(), {"org.weir.host.json"}, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (each.hasNext())
            found += each.next().mid(home_.path().size() + 1);
        found.sort();
        return found;
    }

    QTemporaryDir home_;
};

TEST_F(BrowserVerbs, InstallFindsTheBrowsersAndUninstallLeavesNothing)
{
    make(".config/chromium");
    make(".mozilla/firefox");
    make(".var/app/org.mozilla.firefox/.mozilla");
    const Ran installed = weir({"install"});
    EXPECT_EQ(installed.status, 0) << installed.err.toStdString();
    EXPECT_EQ(manifests(),
        QStringList(
            {".config/chromium/NativeMessagingHosts/org.weir.host.json", ".mozilla/native-messaging-hosts/org.weir.host.json",
                ".var/app/org.mozilla.firefox/.mozilla/native-messaging-hosts/org.weir.host.json"}));
    EXPECT_TRUE(installed.out.contains("flatpak override --user --talk-name=org.freedesktop.Flatpak org.mozilla.firefox"));
    EXPECT_TRUE(QFile::exists(home_.filePath(".var/app/org.mozilla.firefox/weir-host")));
    for (const QJsonValue row : json(weir({"install", "--json"})))
        EXPECT_EQ(row[u"did"].toString(), "unchanged");
    EXPECT_EQ(weir({"uninstall"}).status, 0);
    EXPECT_EQ(manifests(), QStringList());
    EXPECT_FALSE(QFile::exists(home_.filePath(".var/app/org.mozilla.firefox/weir-host")));
    EXPECT_EQ(weir({"uninstall"}).status, 0) << "nothing to do is no failure";
}

TEST_F(BrowserVerbs, OneBrowserThatIsNotHereYet)
{
    EXPECT_NE(weir({"install"}).status, 0);
    EXPECT_EQ(manifests(), QStringList());
    EXPECT_EQ(weir({"install", "--browser", "vivaldi"}).status, 0);
    EXPECT_EQ(manifests(), QStringList{".config/vivaldi/NativeMessagingHosts/org.weir.host.json"});
    const Ran impossible = weir({"install", "--browser", "chromium-snap"});
    EXPECT_EQ(impossible.status, 1);
    EXPECT_TRUE(impossible.out.contains("snap")) << impossible.out.toStdString();
    const Ran unknown = weir({"install", "--browser", "vivaldy"});
    EXPECT_EQ(unknown.status, 28);
    EXPECT_TRUE(unknown.err.contains("vivaldi")) << unknown.err.toStdString();
}

TEST_F(BrowserVerbs, WhatIsNotOursIsNamedAndLeft)
{
    make(".config/chromium/NativeMessagingHosts");
    const QString path = home_.filePath(".config/chromium/NativeMessagingHosts/org.weir.host.json");
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("{\"name\":\"org.weir.host\",\"path\":\"/opt/other/program\"}");
    file.close();
    const Ran refused = weir({"install"});
    EXPECT_EQ(refused.status, 13);
    EXPECT_TRUE(refused.out.contains(path.toUtf8())) << refused.out.toStdString();
    EXPECT_EQ(weir({"uninstall"}).status, 0);
    EXPECT_TRUE(QFile::exists(path));
    EXPECT_EQ(weir({"install", "--force"}).status, 0);
    EXPECT_EQ(weir({"uninstall"}).status, 0);
    EXPECT_FALSE(QFile::exists(path));
}

TEST_F(BrowserVerbs, DoctorNamesTheBrokenLinkAndStartsNothing)
{
    make(".mozilla/firefox/x.default");
    QFile extensions(home_.filePath(".mozilla/firefox/x.default/extensions.json"));
    ASSERT_TRUE(extensions.open(QIODevice::WriteOnly));
    extensions.write("{\"addons\":[{\"id\":\"weir@weir.dev\"}]}");
    extensions.close();
    const Ran before = weir({"doctor", "--json"});
    EXPECT_EQ(before.status, 1);
    ASSERT_EQ(json(before).size(), 1);
    EXPECT_EQ(json(before)[0][u"browser"].toString(), "firefox");
    EXPECT_EQ(json(before)[0][u"broken"].toString(), "manifest");
    EXPECT_TRUE(weir({"doctor"}).out.contains("weir browser install --browser firefox"));
    ASSERT_EQ(weir({"install"}).status, 0);
    const Ran after = weir({"doctor", "--json"});
    EXPECT_EQ(after.status, 0) << after.out.toStdString();
    EXPECT_TRUE(json(after)[0][u"broken"].isNull());
    EXPECT_EQ(json(after)[0][u"links"].toArray().size(), 5);
    EXPECT_FALSE(QFile::exists(home_.filePath("weir/run/weir.sock")));
    EXPECT_GT(json(weir({"doctor", "--all", "--json"})).size(), 20);
}

} // namespace
