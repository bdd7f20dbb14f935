#include "task_feed.h"

#include <algorithm>

namespace weir {

namespace {

constexpr int kPage = 5000;

QString cursorOf(const QJsonObject& page) { return page.value(QLatin1String("cursor")).toString(); }

void append(QJsonArray& to, const QJsonObject& page)
{
    const QJsonArray some = page.value(QLatin1String("tasks")).toArray();
    for (const QJsonValue& task : some)
        to += task;
}

} // namespace

Result<QJsonArray> taskPages(RpcClient& client, const QString& method, QJsonObject params, int atMost)
{
    QJsonArray tasks;
    while (tasks.size() < atMost) {
        params.insert(QStringLiteral("limit"), std::min(kPage, atMost - int(tasks.size())));
        const auto page = client.call(method, params);
        if (!page)
            return failure(page.error());
        append(tasks, *page);
        const QString cursor = cursorOf(*page);
        if (cursor.isEmpty())
            break;
        params.insert(QStringLiteral("cursor"), cursor);
    }
    return tasks;
}

Result<QJsonArray> subscribeToTasks(RpcClient& client, const QJsonArray& ids)
{
    const QJsonObject which = ids.isEmpty() ? QJsonObject() : QJsonObject{{QStringLiteral("tasks"), ids}};
    const auto snapshot = client.call(QStringLiteral("events.subscribe"), which);
    if (!snapshot)
        return failure(snapshot.error());
    QJsonArray tasks;
    append(tasks, *snapshot);
    if (const QString cursor = cursorOf(*snapshot); !cursor.isEmpty()) {
        QJsonObject params{{QStringLiteral("cursor"), cursor}};
        if (!ids.isEmpty())
            params.insert(QStringLiteral("ids"), ids);
        const auto rest = taskPages(client, QStringLiteral("task.list"), params);
        if (!rest)
            return failure(rest.error());
        for (const QJsonValue& task : *rest)
            tasks += task;
    }
    return tasks;
}

} // namespace weir
