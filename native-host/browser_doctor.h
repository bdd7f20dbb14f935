#pragma once
// Why a browser does not reach the daemon: the way from its extension to the daemon, link by link. diagnose() judges what
// lookAt() and lookAtHost() found, and is pure. Single thread.

#include "manifest.h"

#include <optional>

namespace weir {

/// Is the extension in one of the browser's profiles?
enum class Seen : char {
    Yes,
    No,
    Unknown, ///< the profiles do not tell, as with extensions that were loaded for one session
};

struct BrowserFacts {
    QString name, title;
    Seen extension = Seen::Unknown;
    QString profile;      ///< where it was seen
    QString manifestFile; ///< the one that counts, or where it belongs
    ManifestState manifest = ManifestState::Missing;
    QString manifestProgram; ///< which the manifest names
    bool programRuns = false;
    QString wrapper; ///< of a flatpak; empty: none is needed
    bool wrapperThere = false;
    QString limits;
    bool reachable = true; ///< false: this kind of package can't start weir at all
};

struct HostFacts {
    QString program;       ///< this weir
    QString daemonProgram; ///< empty: it is not beside it
    QString socket;
    std::optional<Error> unreachable; ///< connecting failed; DaemonNotRunning is no fault
    QString daemonVersion;
    QStringList complaints; ///< system.doctor's
};

struct Link {
    enum class State : char { Ok, Broken, Unknown };
    QString name; ///< "extension", "manifest", "host", "socket", "daemon"
    State state = State::Ok;
    QString detail;
    QString remedy; ///< a command or a sentence; empty: nothing is to be done
};

/// The five links in the order in which a message passes them.
std::vector<Link> diagnose(const BrowserFacts& browser, const HostFacts& host);
/// The first that is broken; null: none.
const Link* brokenLink(const std::vector<Link>& links);

BrowserFacts lookAt(const Browser& browser, const BrowserRoots& roots, const QString& program);
/// Connects to the daemon if it runs, and starts nothing.
HostFacts lookAtHost();

} // namespace weir
