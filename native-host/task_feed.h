#pragma once
// Lists of tasks that come in pages, as one. Single thread.

#include "rpc_client.h"

#include <QJsonArray>

namespace weir {

/// task.list or task.history to its end, or to `atMost` tasks.
Result<QJsonArray> taskPages(RpcClient& client, const QString& method, QJsonObject params, int atMost = 1'000'000'000);
/// events.subscribe; its snapshot to the end. No ids: all tasks.
Result<QJsonArray> subscribeToTasks(RpcClient& client, const QJsonArray& ids = {});

} // namespace weir
