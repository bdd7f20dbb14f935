#pragma once
// weir as the browser starts it: a relay between the browser's pipes and the daemon's socket, which is started if need be. It
// says who it is itself, in the role Browser, so that no extension can claim another; it answers host.open and nothing else.
// Two threads, each blocking on one direction. See docs/native-messaging.md.

#include <QString>

#include <optional>

namespace weir {

/// The extension that a browser named on the command line: Chromium its origin, Firefox the manifest's path and its id.
/// Nothing: a person started the program.
std::optional<QString> browserOrigin(int argc, const char* const* argv);

/// Until the browser or the daemon closes its end. The exit status.
int runBridge(const QString& origin);

} // namespace weir
