#pragma once
// Files that a finished task made beside the one with its name ("film.de.vtt"): kept with its options, as paths in its folder,
// so that they are moved and removed with it. A ledger transaction.

#include "ledger/store.h"

#include <QStringList>

namespace weir {

QStringList filesBeside(Store& store, TaskId task);
void keepFilesBeside(Store& store, TaskId task, const QStringList& paths);
/// Of the final paths of a task's files, those that do not lie under `name` in `directory`. Pure.
QStringList besideOwn(const QStringList& finalPaths, const QString& directory, const QString& name);

} // namespace weir
