#pragma once
// Finds plugin files, has each new one looked at in a child process, and opens those that are wanted. Boost.DLL's only home.

#include "ledger/records.h"

#include <weir/plugin.h>

#include <QStringList>

namespace weir {

/// weir-*.so in WEIR_PLUGIN_PATH (colon-separated, replaces the rest) or ../lib/weir/plugins beside the program and the
/// user's data folder; sorted by name, a file name that comes twice counts once.
QStringList findPlugins();
/// The same of these folders.
QStringList pluginsIn(const QStringList& folders);
/// Not somebody else's: it lies among weir's own.
bool isOwnPlugin(const QString& file);

/// Runs `daemonProgram --probe-plugin FILE` with a limit of 5 s. What it says, or why the file is refused, as a record.
/// `known`: the records of the last start; a file with the same path, time and size is not looked at again.
std::vector<PluginRecord> probePlugins(
    const QString& daemonProgram, const QStringList& files, const std::vector<PluginRecord>& known);

/// The child's part: opens the file (static constructors run here), checks symbol, size and build tag, prints one JSON line.
/// Returns the exit status.
int probePluginInThisProcess(const QString& file);

/// Opens for good: never closed. PluginLoadFailed, PluginSymbolMissing, PluginOtherAbi, PluginNoEntry, PluginBuildTag,
/// PluginDescriptorBad.
Result<const PluginDescriptor*> openPlugin(const QString& file);

} // namespace weir
