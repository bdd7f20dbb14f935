// What a client may say, up to the point where the queue is asked: parameters of a new task, selections, moments. A task that
// is taken has an address without password, an absolute folder and no header with a line break; an error names its parameter
// and never shows more than a piece of what was given.

#include "check.h"

#include "base/json_writer.h"
#include "queue/queue.h"
#include "rpc/new_task.h"
#include "rpc/params.h"

#include <QDir>
#include <QJsonDocument>

using namespace weir;

namespace {

void checkTask(const QJsonObject& given)
{
    const auto task = readNewTask(given, QStringLiteral("tasks[0]."), true, QStringLiteral("/home/someone"));
    if (!task) {
        WEIR_CHECK(task.error().detail.size() < 2000);
        return;
    }
    WEIR_CHECK(task->url.isValid() && !task->url.scheme().isEmpty() && task->url.userInfo().isEmpty());
    WEIR_CHECK(QDir::isAbsolutePath(task->directory) && task->fromBrowser);
    WEIR_CHECK(task->priority >= -1 && task->priority <= 1);
    const QJsonArray headers = task->spec.secrets.value(QLatin1StringView("headers")).toArray();
    for (const QJsonValue header : headers)
        WEIR_CHECK(!header.toString().contains(u'\n') && !header.toString().contains(u'\r'));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QJsonObject given = QJsonDocument::fromJson(QByteArray(data, qsizetype(size))).object();
    checkTask(given);
    Params params(given);
    const Selection which = params.selection(true);
    params.moment("until");
    params.integer("limit", 1, 10'000);
    WEIR_CHECK(params.problem() || !which.empty());
    QByteArray written;
    JsonWriter(written).value(given);
    QJsonParseError error;
    QJsonDocument::fromJson(written, &error);
    WEIR_CHECK(error.error == QJsonParseError::NoError);
    return 0;
}
