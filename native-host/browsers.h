#pragma once
// The browsers that weir knows, and where each of them looks for native messaging manifests: one table. What is done with it
// is in manifest.h and browser_doctor.h. Values; single thread.

#include <weir/result.h>

#include <QString>
#include <QStringList>

#include <span>

namespace weir {

enum class Family : char { Chromium, Firefox };
enum class Packaging : char { Native, Flatpak, Snap };

/// A folder for manifests, and the folder whose presence says that the browser lives here. "{home}", "{config}" and "{app}" (a
/// flatpak's own folder) stand for where they are.
struct ManifestPlace {
    const char* root;
    const char* folder;
};

struct Browser {
    const char* name; ///< "chromium-flatpak": as --browser takes it
    const char* title;
    Family family;
    Packaging packaging;
    const char* app;      ///< of a flatpak or snap
    const char* programs; ///< names on PATH, separated by '|'
    ManifestPlace places[3];
    const char* systemFolder; ///< for all users; "": there is none
    const char* limits;       ///< what does not work there, or what the user has to do; "": nothing
};

std::span<const Browser> browsers();
/// UnknownBrowser names the nearest.
Result<const Browser*> browserNamed(const QString& name);

/// The folders that the table's places are relative to.
struct BrowserRoots {
    QString home, config;
    QString system; ///< put before absolute paths; empty but in tests

    static BrowserRoots ofUser();
};

/// False: its kind of package may start nothing outside; its limits say so.
bool canStartPrograms(const Browser& browser);
/// What its user has to know, with the app's name; empty: nothing.
QString limitsOf(const Browser& browser);
/// Is it installed, or was it ever started here?
bool isPresent(const Browser& browser, const BrowserRoots& roots);
/// The user's folders where its manifest belongs; at least one.
QStringList manifestFolders(const Browser& browser, const BrowserRoots& roots);
/// Also those that are not in use: what an earlier version of the browser may have had.
QStringList everyManifestFolder(const Browser& browser, const BrowserRoots& roots);
/// That for all users; empty: there is none.
QString systemManifestFolder(const Browser& browser, const BrowserRoots& roots);
/// Where the profiles lie; empty: nowhere yet.
QStringList profileRoots(const Browser& browser, const BrowserRoots& roots);
/// The script that leads out of a flatpak's sandbox to the real program; empty: none is needed.
QString wrapperPath(const Browser& browser, const BrowserRoots& roots);

} // namespace weir
