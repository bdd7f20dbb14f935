#pragma once
// The parts of a task that have many rows, as tables: what `weir show` prints below the task, or alone when it is asked for one
// of them. Each begins with an empty line, and is empty when there is nothing. Pure; any thread.

#include "terminal.h"

#include <QJsonObject>
#include <QStringList>

namespace weir {

QStringList fileLines(const QJsonObject& task, const Output& style);
QStringList sourceLines(const QJsonObject& task, const Output& style);
QStringList trackerLines(const QJsonObject& task, const Output& style);
QStringList peerLines(const QJsonObject& task, const Output& style);
/// How many there are, and a map: '.' for a stretch of which nothing is there, 1 to 9 for tenths, '#' for a whole one.
QStringList pieceLines(const QJsonObject& task, const Output& style);

} // namespace weir
