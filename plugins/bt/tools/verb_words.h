#pragma once
// What the verbs here take from the command line and leave on the disk. Any thread.

#include "make_torrent.h"

#include <weir/result.h>

#include <QStringList>

#include <string>
#include <vector>

namespace weir {

QString text(const std::string& word);
QStringList texts(const std::vector<std::string>& words);

/// "v1", "v2", else hybrid.
TorrentFormat torrentFormat(const std::string& word);

/// Each is an address with one of the schemes; BadUrl names the first that is not.
Result<void> checkTrackers(const QStringList& urls);
Result<void> checkWebSeeds(const QStringList& urls);

/// The whole file or none. DiskError.
Result<void> writeWhole(const QString& path, const QByteArray& bytes);

} // namespace weir
