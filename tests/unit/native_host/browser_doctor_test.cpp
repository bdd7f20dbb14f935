// The doctor's walk: which link it names, and what it tells the user to do.
#include "browser_doctor.h"

#include "extension_ids.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir;

namespace {

using S = Link::State;

BrowserFacts wellBrowser()
{
    BrowserFacts facts;
    facts.name = "chromium";
    facts.title = "Chromium";
    facts.extension = Seen::Yes;
    facts.profile = "/home/u/.config/chromium/Default";
    facts.manifestFile = "/home/u/m/org.weir.host.json";
    facts.manifest = ManifestState::Good;
    facts.manifestProgram = "/usr/bin/weir";
    facts.programRuns = true;
    return facts;
}

HostFacts wellHost()
{
    HostFacts facts;
    facts.program = "/usr/bin/weir";
    facts.daemonProgram = "/usr/bin/weir-daemon";
    facts.socket = "/run/user/1000/weir/weir.sock";
    facts.daemonVersion = "9.9";
    return facts;
}

QString broken(const BrowserFacts& browser, const HostFacts& host = wellHost())
{
    const auto links = diagnose(browser, host);
    const Link* link = brokenLink(links);
    if (!link)
        return {};
    EXPECT_FALSE(link->remedy.isEmpty()) << link->name.toStdString();
    EXPECT_FALSE(link->detail.isEmpty()) << link->name.toStdString();
    return link->name + ": " + link->remedy;
}

} // namespace

TEST(BrowserDoctor, NamesNothingWhereAllIsWell)
{
    const auto links = diagnose(wellBrowser(), wellHost());
    QStringList names;
    for (const Link& link : links) {
        names += link.name;
        EXPECT_EQ(link.state, S::Ok) << link.name.toStdString();
        EXPECT_TRUE(link.remedy.isEmpty());
    }
    EXPECT_EQ(names, QStringList({"extension", "manifest", "host", "socket", "daemon"}));
    EXPECT_EQ(brokenLink(links), nullptr);
}

TEST(BrowserDoctor, NamesEachLinkThatIsBroken)
{
    BrowserFacts browser = wellBrowser();
    browser.extension = Seen::No;
    EXPECT_TRUE(broken(browser).startsWith("extension: "));

    browser = wellBrowser();
    browser.manifest = ManifestState::Missing;
    EXPECT_EQ(broken(browser), "manifest: `weir browser install --browser chromium`");
    browser.manifest = ManifestState::Foreign;
    EXPECT_EQ(broken(browser), "manifest: `weir browser install --browser chromium --force`");
    browser.manifest = ManifestState::OtherExtension;
    EXPECT_EQ(broken(browser), "manifest: `weir browser install --browser chromium`");

    browser = wellBrowser();
    browser.programRuns = false;
    EXPECT_EQ(broken(browser), "host: `weir browser install --browser chromium`");
    browser = wellBrowser();
    browser.wrapper = "/home/u/.var/app/x/weir-host";
    EXPECT_TRUE(broken(browser).startsWith("host: "));
    HostFacts host = wellHost();
    host.daemonProgram.clear();
    EXPECT_TRUE(broken(wellBrowser(), host).startsWith("host: "));

    host = wellHost();
    host.unreachable = Error{Code::RuntimeDirUnsafe, "/run/user/1000/weir"};
    EXPECT_TRUE(broken(wellBrowser(), host).startsWith("socket: "));
    host.unreachable = Error{Code::RpcVersion, "the daemon is 0.0"};
    EXPECT_TRUE(broken(wellBrowser(), host).startsWith("daemon: `weir daemon stop`"));
    host = wellHost();
    host.complaints = {"plugins: none was found"};
    EXPECT_TRUE(broken(wellBrowser(), host).startsWith("daemon: "));
}

TEST(BrowserDoctor, ADaemonThatDoesNotRunIsNoFault)
{
    HostFacts host = wellHost();
    host.unreachable = Error{Code::DaemonNotRunning, host.socket};
    EXPECT_EQ(broken(wellBrowser(), host), QString());
}

TEST(BrowserDoctor, AnotherInstallationMayServeTheBrowser)
{
    BrowserFacts browser = wellBrowser();
    browser.manifest = ManifestState::OtherProgram;
    browser.manifestProgram = "/opt/weir/bin/weir";
    EXPECT_EQ(broken(browser), QString());
    browser.programRuns = false;
    EXPECT_TRUE(broken(browser).startsWith("manifest: "));
}

TEST(BrowserDoctor, SaysWhatCanNotBeKnown)
{
    BrowserFacts browser = wellBrowser();
    browser.extension = Seen::Unknown;
    browser.wrapper = "/home/u/.var/app/x/weir-host";
    browser.wrapperThere = true;
    browser.limits = "allow it first";
    const auto links = diagnose(browser, wellHost());
    EXPECT_EQ(links[0].state, S::Unknown);
    EXPECT_EQ(links[2].state, S::Unknown);
    EXPECT_EQ(links[2].remedy, "allow it first");
    EXPECT_EQ(brokenLink(links), nullptr);
}

TEST(BrowserDoctor, SaysThatASnapCanNotWork)
{
    BrowserFacts browser = wellBrowser();
    browser.reachable = false;
    browser.limits = "a snap may not";
    EXPECT_TRUE(broken(browser).startsWith("host: "));
}

TEST(BrowserDoctor, LooksIntoProfilesAndManifests)
{
    QTemporaryDir dir;
    const BrowserRoots roots{dir.path(), dir.filePath(".config"), dir.filePath("root")};
    const Browser& chromium = **browserNamed("chromium");
    const Browser& firefox = **browserNamed("firefox");
    const auto put = [&](const QString& path, const QByteArray& text, bool runnable = false) {
        ASSERT_TRUE(QDir().mkpath(QFileInfo(dir.filePath(path)).path()));
        QFile file(dir.filePath(path));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
        if (runnable)
            file.setPermissions(QFile::ReadOwner | QFile::ExeOwner);
    };
    const QString program = dir.filePath("bin/weir");
    put("bin/weir", "#!/bin/sh\n", true);

    EXPECT_EQ(lookAt(chromium, roots, program).extension, Seen::Unknown) << "it was never started";
    put(".config/chromium/Default/Preferences", "{}");
    EXPECT_EQ(lookAt(chromium, roots, program).extension, Seen::No);
    put(".config/chromium/Profile 1/Preferences", "{}");
    put(".config/chromium/Profile 1/Secure Preferences",
        QByteArray("{\"extensions\":{\"settings\":{\"") + kChromiumExtension + "\":{}}}}");
    EXPECT_EQ(lookAt(chromium, roots, program).profile, dir.filePath(".config/chromium/Profile 1"));
    put(".mozilla/firefox/abc.default/extensions.json", "{\"addons\":[]}");
    EXPECT_EQ(lookAt(firefox, roots, program).extension, Seen::Unknown) << "it may be loaded for this session";
    put(".mozilla/firefox/abc.default/extensions.json", "{\"addons\":[{\"id\":\"weir@weir.dev\"}]}");
    EXPECT_EQ(lookAt(firefox, roots, program).extension, Seen::Yes);

    // The user's own manifest comes before that of all users.
    ASSERT_TRUE(writeManifest(systemManifestFolder(chromium, roots), chromium.family, program, false));
    BrowserFacts facts = lookAt(chromium, roots, program);
    EXPECT_EQ(facts.manifest, ManifestState::Good);
    EXPECT_TRUE(facts.programRuns);
    EXPECT_TRUE(facts.manifestFile.startsWith(dir.filePath("root/etc")));
    ASSERT_TRUE(writeManifest(manifestFolders(chromium, roots).first(), chromium.family, dir.filePath("gone/weir"), false));
    facts = lookAt(chromium, roots, program);
    EXPECT_EQ(facts.manifest, ManifestState::OtherProgram);
    EXPECT_FALSE(facts.programRuns);
}
