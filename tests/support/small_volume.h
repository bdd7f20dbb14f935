#pragma once
// A tmpfs of its own for a test of volumes that are full or read-only. Main thread; who made it unmounts it.

#include <QString>

namespace weir::test {

/// Mounted at `place`, with mount's options ("size=8m"), seen by this process and those it starts; empty: it needs root.
QString smallVolume(const QString& place, const char* options, bool readOnly = false);
void unmount(const QString& volume); ///< also if it is in use; empty: nothing

} // namespace weir::test
