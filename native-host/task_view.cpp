#include "task_view.h"

#include "text.h"

#include <weir/error.h>

#include <QJsonArray>
#include <QUrl>

#include <algorithm>

namespace weir {

namespace {

qint64 number(const QJsonValue& value, qint64 otherwise = 0) { return value.isDouble() ? qint64(value.toDouble()) : otherwise; }

QString shown(const QJsonObject& from, QLatin1String key) { return printable(from.value(key).toString()); }

} // namespace

QString ErrorView::line() const { return detail.isEmpty() ? message : message + QStringLiteral(": ") + detail; }

ErrorView errorView(const QJsonObject& error)
{
    ErrorView out;
    out.code = shown(error, QLatin1String("code"));
    out.message = shown(error, QLatin1String("message"));
    out.detail = shown(error, QLatin1String("detail"));
    out.hint = shown(error, QLatin1String("hint"));
    const ErrorRow* row = findErrorRow(int(number(error.value(QLatin1String("number")), -1)));
    out.exit = row ? row->exitStatus : int(number(error.value(QLatin1String("exit")), 1));
    return out;
}

TaskView::TaskView(const QJsonObject& task)
{
    id = number(task.value(QLatin1String("id")));
    url = shown(task, QLatin1String("url"));
    kind = shown(task, QLatin1String("kind"));
    state = shown(task, QLatin1String("state"));
    name = shown(task, QLatin1String("name"));
    directory = task.value(QLatin1String("directory")).toString();
    path = task.value(QLatin1String("path")).toString();
    phase = shown(task, QLatin1String("phase"));
    verified = shown(task, QLatin1String("verified"));
    created = task.value(QLatin1String("created")).toString();
    finished = task.value(QLatin1String("finished")).toString();
    if (const QJsonValue value = task.value(QLatin1String("size")); value.isDouble() && value.toDouble() >= 0)
        size = number(value);
    done = number(task.value(QLatin1String("done")));
    rateDown = number(task.value(QLatin1String("rateDown")));
    rateUp = number(task.value(QLatin1String("rateUp")));
    uploaded = number(task.value(QLatin1String("uploaded")));
    eta = number(task.value(QLatin1String("eta")), -1);
    connections = int(number(task.value(QLatin1String("connections"))));
    gaps = int(number(task.value(QLatin1String("gapCount"))));
    const QJsonArray all = task.value(QLatin1String("holds")).toArray();
    for (const QJsonValue& one : all) {
        const QJsonObject hold = one.toObject();
        holds.push_back({shown(hold, QLatin1String("owner")), shown(hold, QLatin1String("reason")),
            hold.value(QLatin1String("until")).toString()});
    }
    if (const QJsonValue value = task.value(QLatin1String("error")); value.isObject())
        error = errorView(value.toObject());
}

double TaskView::fraction() const
{
    if (state == u"done" || state == u"sharing")
        return 1;
    if (!size || *size <= 0)
        return -1;
    return std::clamp(double(done) / double(*size), 0.0, 1.0);
}

QString TaskView::title() const
{
    if (!name.isEmpty())
        return name;
    const QUrl parsed(url);
    const QString file = printable(parsed.fileName());
    if (!file.isEmpty())
        return file;
    return parsed.host().isEmpty() ? url : printable(parsed.host());
}

QString TaskView::holdText() const
{
    if (holds.empty())
        return {};
    const HoldView& hold = holds.front();
    QString text = hold.reason.isEmpty() ? (hold.owner == u"user" ? QStringLiteral("paused") : hold.owner) : hold.reason;
    if (!hold.until.isEmpty())
        text += QStringLiteral(" until ") + localTimeText(hold.until);
    return text;
}

} // namespace weir
