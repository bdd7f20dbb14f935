// The table of browsers, and what is read from it.
#include "browsers.h"

#include <QDir>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir;

namespace {

class BrowserTable : public testing::Test {
protected:
    const Browser& browser(const char* name) { return **browserNamed(QLatin1String(name)); }
    void make(const QString& folder) { ASSERT_TRUE(QDir().mkpath(dir_.filePath(folder))); }
    QString at(const QString& path) const { return dir_.filePath(path); }

    QTemporaryDir dir_;
    const BrowserRoots roots_{dir_.path(), dir_.filePath(".config"), dir_.filePath("root")};
};

TEST_F(BrowserTable, RowsAreWhole)
{
    static const QRegularExpression named(QStringLiteral("^[a-z]+(-[a-z]+)*$"));
    QSet<QString> names;
    for (const Browser& row : browsers()) {
        const QString name = QLatin1String(row.name);
        EXPECT_TRUE(named.match(name).hasMatch()) << row.name;
        EXPECT_FALSE(names.contains(name)) << row.name;
        names.insert(name);
        EXPECT_EQ(name.endsWith("-flatpak"), row.packaging == Packaging::Flatpak) << row.name;
        EXPECT_EQ(name.endsWith("-snap"), row.packaging == Packaging::Snap) << row.name;
        EXPECT_EQ(*row.app == 0, row.packaging == Packaging::Native) << row.name;
        EXPECT_EQ(*row.programs == 0, row.packaging != Packaging::Native) << row.name;
        EXPECT_EQ(*row.limits == 0, row.packaging == Packaging::Native) << "a sandbox has limits: " << row.name;
        const QString folder = row.family == Family::Chromium ? "/NativeMessagingHosts" : "/native-messaging-hosts";
        ASSERT_TRUE(row.places[0].root) << row.name;
        for (const ManifestPlace& place : row.places)
            EXPECT_TRUE(!place.root || QString::fromLatin1(place.folder).endsWith(folder)) << row.name;
        EXPECT_TRUE(
            *row.systemFolder == 0 || QLatin1String(row.systemFolder).endsWith(QLatin1String("/native-messaging-hosts")));
        for (const QString& one : everyManifestFolder(row, roots_)) {
            EXPECT_TRUE(one.startsWith(dir_.path() + '/')) << one.toStdString();
            EXPECT_FALSE(one.contains('{')) << one.toStdString();
        }
    }
}

TEST_F(BrowserTable, PlacesAreWhereTheBrowsersLook)
{
    EXPECT_EQ(manifestFolders(browser("chromium"), roots_), QStringList{at(".config/chromium/NativeMessagingHosts")});
    EXPECT_EQ(systemManifestFolder(browser("chromium"), roots_), at("root/etc/chromium/native-messaging-hosts"));
    EXPECT_EQ(manifestFolders(browser("firefox"), roots_), QStringList{at(".mozilla/native-messaging-hosts")});
    EXPECT_EQ(systemManifestFolder(browser("firefox"), roots_), at("root/usr/lib/mozilla/native-messaging-hosts"));
    EXPECT_EQ(manifestFolders(browser("brave-flatpak"), roots_),
        QStringList{at(".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/NativeMessagingHosts")});
    EXPECT_EQ(wrapperPath(browser("brave-flatpak"), roots_), at(".var/app/com.brave.Browser/weir-host"));
    EXPECT_TRUE(wrapperPath(browser("brave"), roots_).isEmpty());
    EXPECT_TRUE(systemManifestFolder(browser("firefox-flatpak"), roots_).isEmpty());
    EXPECT_EQ(manifestFolders(browser("firefox-snap"), roots_), QStringList{at(".mozilla/native-messaging-hosts")});
}

// An old folder that appears turns a newer Firefox back to it, away from the user's profiles.
TEST_F(BrowserTable, NoFolderIsMadeThatChangesWhereFirefoxLives)
{
    make(".config/mozilla/firefox");
    EXPECT_EQ(manifestFolders(browser("firefox"), roots_), QStringList{at(".config/mozilla/native-messaging-hosts")});
    make(".mozilla");
    EXPECT_EQ(manifestFolders(browser("firefox"), roots_).size(), 2);
}

TEST_F(BrowserTable, ABrowserIsHereIfItHasAProfileOrAnInstallation)
{
    EXPECT_FALSE(isPresent(browser("vivaldi"), roots_));
    make(".config/vivaldi");
    EXPECT_TRUE(isPresent(browser("vivaldi"), roots_));
    EXPECT_FALSE(isPresent(browser("zen-flatpak"), roots_));
    make("root/var/lib/flatpak/app/app.zen_browser.zen");
    EXPECT_TRUE(isPresent(browser("zen-flatpak"), roots_));
    EXPECT_FALSE(isPresent(browser("firefox-snap"), roots_));
    make("snap/firefox");
    EXPECT_TRUE(isPresent(browser("firefox-snap"), roots_));
}

TEST_F(BrowserTable, AnUnknownNameNamesTheNearest)
{
    const auto unknown = browserNamed("chromim");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Code::UnknownBrowser);
    EXPECT_TRUE(unknown.error().detail.contains("chromium"));
}

} // namespace
