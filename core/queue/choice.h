#pragma once
// What a user chose of what a task found. Pure; any thread.

#include <weir/result.h>
#include <weir/task.h>

namespace weir {

/// For the task's JSON and for choose(): {"files": [{"number", "path", "size"}], "variants": [{"number", "label", "language",
/// "bitrate"}]}.
QJsonObject offerOf(const TaskInfo& info);

/// {"files": [numbers from 1] or "1,3-5", "variants": [numbers from 1], "name": text} against an offer. BadChoice.
Result<Choice> readChoice(const QJsonObject& choice, const QJsonObject& offer);

/// "1,3-5" of `count` things to places from 0. BadChoice.
Result<QList<int>> readNumbers(const QString& text, int count);

/// The same, or a list of numbers from 1.
Result<QList<int>> readList(const QJsonValue& value, int count);

} // namespace weir
