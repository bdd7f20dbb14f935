#pragma once
// `weir-daemon --check-plugin FILE`: the child in which `weir plugin check` lets the contract run, so that a plugin can crash
// or hang there. Prints a JSON object a line, and ends the process.

#include <QString>

namespace weir {

/// `addresses`: the author's list; empty: FILE with .urls.json for .so, if that is there. Never returns.
[[noreturn]] void checkPluginInThisProcess(const QString& file, const QString& addresses);

} // namespace weir
