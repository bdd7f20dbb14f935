#pragma once
// What a process that runs other people's code gives up before it does. Main thread, before any other.

#include <weir/result.h>

#include <QStringList>

namespace weir {

/// From now on this process and all it starts can make, write or remove files only below these folders (and in /dev); what is
/// open already stays writable, and everything stays readable. Unsupported: the system can't do that.
Result<void> confineWrites(const QStringList& folders);

} // namespace weir
