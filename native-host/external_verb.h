#pragma once
// Verbs that are programs of their own: `weir WORD ...` runs libexec/weir/weir-WORD, found relative to weir itself. A third
// party adds a verb by putting a program there. Pure but for the file system; single thread.

#include <weir/result.h>

#include <QStringList>

#include <string>
#include <vector>

namespace weir {

/// The program of such a verb; empty: there is none.
QString externalVerb(const QString& verb);
/// Those that are installed, sorted.
QStringList externalVerbs();
/// Becomes that program, with its arguments as they are; returns only if that fails.
Result<int> runExternalVerb(const QString& verb, const std::vector<std::string>& arguments);

} // namespace weir
