#include "browsers.h"

#include "text.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

#include <algorithm>

namespace weir {

namespace {

constexpr const char* kFlatpakLimits = "A flatpak may start nothing outside its sandbox until you allow it: "
                                       "`flatpak override --user --talk-name=org.freedesktop.Flatpak %1`";
constexpr const char* kChromiumSnapLimits =
    "A snap may not start programs of the system: this browser can't reach weir. Use a package of another kind";
constexpr const char* kFirefoxSnapLimits =
    "A snap reaches weir only through the desktop portal for web extensions, which Ubuntu has and others may not; it asks once";

constexpr const char* kEtcChromium = "/etc/chromium/native-messaging-hosts";
constexpr const char* kEtcChrome = "/etc/opt/chrome/native-messaging-hosts";
constexpr const char* kEtcEdge = "/etc/opt/edge/native-messaging-hosts";
constexpr const char* kLibMozilla = "/usr/lib/mozilla/native-messaging-hosts";
constexpr const char* kLibLibreWolf = "/usr/lib/librewolf/native-messaging-hosts";

using F = Family;
using P = Packaging;

#define WEIR_CHROMIUM(folder)                                                                                                  \
    {                                                                                                                          \
        {                                                                                                                      \
            folder, folder "/NativeMessagingHosts"                                                                             \
        }                                                                                                                      \
    }
#define WEIR_FIREFOX(folder)                                                                                                   \
    {                                                                                                                          \
        {                                                                                                                      \
            folder, folder "/native-messaging-hosts"                                                                           \
        }                                                                                                                      \
    }
const Browser kBrowsers[] = {
    {"chromium", "Chromium", F::Chromium, P::Native, "", "chromium|chromium-browser", WEIR_CHROMIUM("{config}/chromium"),
        kEtcChromium, ""},
    {"chrome", "Google Chrome", F::Chromium, P::Native, "", "google-chrome|google-chrome-stable",
        WEIR_CHROMIUM("{config}/google-chrome"), kEtcChrome, ""},
    {"chrome-beta", "Google Chrome Beta", F::Chromium, P::Native, "", "google-chrome-beta",
        WEIR_CHROMIUM("{config}/google-chrome-beta"), kEtcChrome, ""},
    {"chrome-unstable", "Google Chrome Dev", F::Chromium, P::Native, "", "google-chrome-unstable",
        WEIR_CHROMIUM("{config}/google-chrome-unstable"), kEtcChrome, ""},
    {"edge", "Microsoft Edge", F::Chromium, P::Native, "", "microsoft-edge|microsoft-edge-stable",
        WEIR_CHROMIUM("{config}/microsoft-edge"), kEtcEdge, ""},
    {"brave", "Brave", F::Chromium, P::Native, "", "brave|brave-browser", WEIR_CHROMIUM("{config}/BraveSoftware/Brave-Browser"),
        kEtcChromium, ""},
    {"brave-origin", "Brave Origin", F::Chromium, P::Native, "", "brave-origin",
        WEIR_CHROMIUM("{config}/BraveSoftware/Brave-Origin"), kEtcChromium, ""},
    {"vivaldi", "Vivaldi", F::Chromium, P::Native, "", "vivaldi|vivaldi-stable", WEIR_CHROMIUM("{config}/vivaldi"),
        kEtcChromium, ""},
    // Opera's documentation names the places of Google Chrome.
    {"opera", "Opera", F::Chromium, P::Native, "", "opera",
        {{"{config}/opera", "{config}/opera/NativeMessagingHosts"},
            {"{config}/opera", "{config}/google-chrome/NativeMessagingHosts"}},
        kEtcChrome, ""},
    // Newer ones keep to XDG where no old folder is; making that one would turn them back to it.
    {"firefox", "Firefox", F::Firefox, P::Native, "", "firefox|firefox-esr",
        {{"{home}/.mozilla", "{home}/.mozilla/native-messaging-hosts"},
            {"{config}/mozilla", "{config}/mozilla/native-messaging-hosts"}},
        kLibMozilla, ""},
    {"librewolf", "LibreWolf", F::Firefox, P::Native, "", "librewolf", WEIR_FIREFOX("{home}/.librewolf"), kLibLibreWolf, ""},
    {"waterfox", "Waterfox", F::Firefox, P::Native, "", "waterfox", WEIR_FIREFOX("{home}/.waterfox"), kLibMozilla, ""},
    {"floorp", "Floorp", F::Firefox, P::Native, "", "floorp", WEIR_FIREFOX("{home}/.floorp"), kLibMozilla, ""},
    // Zen looks into Firefox's folder, and by its own name in some versions.
    {"zen", "Zen", F::Firefox, P::Native, "", "zen|zen-browser",
        {{"{home}/.zen", "{home}/.mozilla/native-messaging-hosts"}, {"{home}/.zen", "{home}/.zen/native-messaging-hosts"},
            {"{config}/zen", "{config}/zen/native-messaging-hosts"}},
        kLibMozilla, ""},

    {"chromium-flatpak", "Chromium (flatpak)", F::Chromium, P::Flatpak, "org.chromium.Chromium", "",
        WEIR_CHROMIUM("{app}/config/chromium"), "", kFlatpakLimits},
    {"chrome-flatpak", "Google Chrome (flatpak)", F::Chromium, P::Flatpak, "com.google.Chrome", "",
        WEIR_CHROMIUM("{app}/config/google-chrome"), "", kFlatpakLimits},
    {"edge-flatpak", "Microsoft Edge (flatpak)", F::Chromium, P::Flatpak, "com.microsoft.Edge", "",
        WEIR_CHROMIUM("{app}/config/microsoft-edge"), "", kFlatpakLimits},
    {"brave-flatpak", "Brave (flatpak)", F::Chromium, P::Flatpak, "com.brave.Browser", "",
        WEIR_CHROMIUM("{app}/config/BraveSoftware/Brave-Browser"), "", kFlatpakLimits},
    {"vivaldi-flatpak", "Vivaldi (flatpak)", F::Chromium, P::Flatpak, "com.vivaldi.Vivaldi", "",
        WEIR_CHROMIUM("{app}/config/vivaldi"), "", kFlatpakLimits},
    {"opera-flatpak", "Opera (flatpak)", F::Chromium, P::Flatpak, "com.opera.Opera", "",
        {{"{app}/config/opera", "{app}/config/opera/NativeMessagingHosts"},
            {"{app}/config/opera", "{app}/config/google-chrome/NativeMessagingHosts"}},
        "", kFlatpakLimits},
    {"firefox-flatpak", "Firefox (flatpak)", F::Firefox, P::Flatpak, "org.mozilla.firefox", "",
        {{"{app}/.mozilla", "{app}/.mozilla/native-messaging-hosts"},
            {"{app}/config/mozilla", "{app}/config/mozilla/native-messaging-hosts"}},
        "", kFlatpakLimits},
    {"librewolf-flatpak", "LibreWolf (flatpak)", F::Firefox, P::Flatpak, "io.gitlab.librewolf-community", "",
        WEIR_FIREFOX("{app}/.librewolf"), "", kFlatpakLimits},
    {"waterfox-flatpak", "Waterfox (flatpak)", F::Firefox, P::Flatpak, "net.waterfox.waterfox", "",
        WEIR_FIREFOX("{app}/.waterfox"), "", kFlatpakLimits},
    {"floorp-flatpak", "Floorp (flatpak)", F::Firefox, P::Flatpak, "one.ablaze.floorp", "", WEIR_FIREFOX("{app}/.floorp"), "",
        kFlatpakLimits},
    {"zen-flatpak", "Zen (flatpak)", F::Firefox, P::Flatpak, "app.zen_browser.zen", "",
        {{"{app}/.zen", "{app}/.mozilla/native-messaging-hosts"}, {"{app}/.zen", "{app}/.zen/native-messaging-hosts"}}, "",
        kFlatpakLimits},

    {"chromium-snap", "Chromium (snap)", F::Chromium, P::Snap, "chromium", "",
        WEIR_CHROMIUM("{home}/snap/chromium/common/chromium"), "", kChromiumSnapLimits},
    // The portal reads the manifest outside of the snap.
    {"firefox-snap", "Firefox (snap)", F::Firefox, P::Snap, "firefox", "",
        {{"{home}/snap/firefox/common/.mozilla", "{home}/.mozilla/native-messaging-hosts"}}, "", kFirefoxSnapLimits},
};
#undef WEIR_CHROMIUM
#undef WEIR_FIREFOX

QString appFolder(const Browser& browser, const BrowserRoots& roots)
{
    return roots.home + QStringLiteral("/.var/app/") + QLatin1String(browser.app);
}

QString placed(const char* path, const Browser& browser, const BrowserRoots& roots)
{
    return QString::fromLatin1(path)
        .replace(QLatin1String("{home}"), roots.home)
        .replace(QLatin1String("{config}"), roots.config)
        .replace(QLatin1String("{app}"), appFolder(browser, roots));
}

bool anyExists(const QStringList& paths)
{
    return std::any_of(paths.begin(), paths.end(), [](const QString& path) { return QFileInfo::exists(path); });
}

} // namespace

std::span<const Browser> browsers() { return kBrowsers; }

Result<const Browser*> browserNamed(const QString& name)
{
    QStringList names;
    for (const Browser& browser : kBrowsers) {
        if (name == QLatin1String(browser.name))
            return &browser;
        names += QLatin1String(browser.name);
    }
    const QString near = nearest(name, names);
    return failure(Code::UnknownBrowser, near.isEmpty() ? name : QStringLiteral("%1; did you mean %2?").arg(name, near));
}

BrowserRoots BrowserRoots::ofUser()
{
    return {QDir::homePath(), QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation), {}};
}

bool canStartPrograms(const Browser& browser)
{
    return browser.packaging != Packaging::Snap || browser.family == Family::Firefox;
}

QString limitsOf(const Browser& browser)
{
    return QString::fromLatin1(browser.limits).replace(QLatin1String("%1"), QLatin1String(browser.app));
}

bool isPresent(const Browser& browser, const BrowserRoots& roots)
{
    const QString app = QLatin1String(browser.app);
    switch (browser.packaging) {
    case Packaging::Flatpak:
        return anyExists({appFolder(browser, roots), roots.system + QStringLiteral("/var/lib/flatpak/app/") + app,
            roots.home + QStringLiteral("/.local/share/flatpak/app/") + app});
    case Packaging::Snap:
        return anyExists({roots.home + QStringLiteral("/snap/") + app, roots.system + QStringLiteral("/snap/") + app});
    case Packaging::Native: break;
    }
    if (!profileRoots(browser, roots).isEmpty())
        return true;
    const QStringList programs = QString::fromLatin1(browser.programs).split(u'|', Qt::SkipEmptyParts);
    return std::any_of(programs.begin(), programs.end(),
        [](const QString& program) { return !QStandardPaths::findExecutable(program).isEmpty(); });
}

QStringList profileRoots(const Browser& browser, const BrowserRoots& roots)
{
    QStringList found;
    for (const ManifestPlace& place : browser.places)
        if (place.root)
            if (const QString root = placed(place.root, browser, roots); QFileInfo(root).isDir() && !found.contains(root))
                found += root;
    return found;
}

QStringList manifestFolders(const Browser& browser, const BrowserRoots& roots)
{
    QStringList folders;
    for (const ManifestPlace& place : browser.places)
        if (place.root && QFileInfo(placed(place.root, browser, roots)).isDir())
            folders += placed(place.folder, browser, roots);
    if (folders.isEmpty())
        folders += placed(browser.places[0].folder, browser, roots);
    return folders;
}

QStringList everyManifestFolder(const Browser& browser, const BrowserRoots& roots)
{
    QStringList folders;
    for (const ManifestPlace& place : browser.places)
        if (place.root)
            folders += placed(place.folder, browser, roots);
    return folders;
}

QString systemManifestFolder(const Browser& browser, const BrowserRoots& roots)
{
    return *browser.systemFolder ? roots.system + QLatin1String(browser.systemFolder) : QString();
}

QString wrapperPath(const Browser& browser, const BrowserRoots& roots)
{
    return browser.packaging == Packaging::Flatpak ? appFolder(browser, roots) + QStringLiteral("/weir-host") : QString();
}

} // namespace weir
