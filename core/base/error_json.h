#pragma once
// An error as every interface of the program gives it: `data` of a JSON-RPC error, `error` of a task. Pure.

#include <weir/error.h>

#include <QJsonObject>

namespace weir {

/// {code, number, category, retry, message, detail, hint, exit}
QJsonObject errorJson(const Error& error);

} // namespace weir
