#pragma once
// One item of task.add or task.probe, checked, as a NewTask. Everything in it is a stranger's until it has passed here. Pure.

#include "queue/queue.h"

namespace weir {

class Params;

/// `prefix` ("tasks[3].") stands before the parameters' names in errors. RpcBadParams, BadUrl, UrlTooLong, CredentialsInUrl,
/// BadChecksum, BadHeader, BadProxy.
Result<NewTask> readNewTask(const QJsonObject& item, const QString& prefix, bool fromBrowser, const QString& defaultDirectory);

/// BadUrl, UrlTooLong.
Result<QUrl> readTaskUrl(const QString& text);
/// An absolute path of a folder.
QString readFolder(Params& params, const char* name, const QString& fallback = {});
/// Where downloads go that name no folder: those of a browser.
QString usualDirectory(const Settings& settings);
/// priority, limit and connections: what may change while a task runs.
void checkChangeableOptions(Params& options);

} // namespace weir
