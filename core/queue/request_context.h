#pragma once
// From what a user or browser gave (the secrets of a task) to how its fetches ask. Pure; any thread.

#include <weir/fetch.h>
#include <weir/result.h>

#include <QJsonObject>

namespace weir {

/// Keys as in task.add: headers, cookies, referer, userAgent, user, bearer, body, method, proxy, insecure, cacert, cert, key,
/// bindTo. `captured`: from a browser, whose request had headers that are none of ours. BadHeader, BadProxy, BadOption.
Result<std::shared_ptr<const RequestContext>> makeRequestContext(const QUrl& url, const QJsonObject& secrets, bool captured);

/// The values that no log may show.
QStringList secretTexts(const QJsonObject& secrets);
QString maskTexts(QString text, const QStringList& secrets);

/// Moves user name and password out of the address into secrets.user, unless one is given there.
void takeCredentials(QUrl& url, QJsonObject& secrets);

} // namespace weir
