// privacy export, erase: what weir keeps of its user.

#include "cli.h"
#include "task_feed.h"
#include "text.h"
#include "verbs.h"

#include <QDateTime>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include <limits>

namespace weir {

namespace {

constexpr int kLogLines = 100'000;

class PrivacyVerbs final : public Verbs {
public:
    explicit PrivacyVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* privacy = cli.verb(nullptr, "privacy", "What weir keeps of you");
        CLI::App* save = cli.verb(privacy, "export", "All of it in one file, JSON", [this] { return this->save(); });
        save->add_option("file", file_, "Where to; it is not overwritten")->type_name("FILE")->required();
        CLI::App* erase =
            cli.verb(privacy, "erase", "Forget what has ended; downloads and settings stay", [this] { return this->erase(); });
        erase->add_flag("--yes", yes_, "Really");
    }

private:
    Result<int> save();
    Result<int> erase();
    Result<QJsonArray> tasks(RpcClient& client);
    Result<void> write(const QString& path, const QJsonObject& all);

    Cli& cli_;
    std::string file_;
    bool yes_ = false;
};

/// In full, with their logs.
Result<QJsonArray> PrivacyVerbs::tasks(RpcClient& client)
{
    const auto rows = taskPages(client, QStringLiteral("task.list"), {}, std::numeric_limits<int>::max());
    if (!rows)
        return rows;
    QJsonArray tasks;
    for (const QJsonValue& row : *rows) {
        const QJsonObject id{{QStringLiteral("id"), row[QLatin1String("id")]}};
        auto task = client.call(QStringLiteral("task.get"), id);
        if (!task && task.error().code == Code::UnknownTask)
            continue; // gone since
        if (!task)
            return failure(task.error());
        QJsonObject lines = id;
        lines.insert(QStringLiteral("lines"), kLogLines);
        if (const auto log = client.call(QStringLiteral("task.log"), lines))
            task->insert(QStringLiteral("log"), log->value(QLatin1String("text")));
        tasks += *task;
    }
    return tasks;
}

Result<void> PrivacyVerbs::write(const QString& path, const QJsonObject& all)
{
    QSaveFile file(path);
    if (QFile::exists(path))
        return failure(Code::DiskFileExists, path);
    const bool written = file.open(QIODevice::WriteOnly) && file.setPermissions(QFile::ReadOwner | QFile::WriteOwner)
        && file.write(QJsonDocument(all).toJson()) > 0 && file.commit();
    return written ? Result<void>() : failure(Code::DiskError, QStringLiteral("%1: %2").arg(path, file.errorString()));
}

Result<int> PrivacyVerbs::save()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    auto all = (*client)->call(QStringLiteral("privacy.export"));
    if (!all)
        return failure(all.error());
    const auto every = tasks(**client);
    if (!every)
        return failure(every.error());
    all->insert(QStringLiteral("tasks"), *every);
    all->insert(QStringLiteral("made"), QDateTime::currentDateTimeUtc().toString(Qt::ISODate));
    const QString path = QDir::current().absoluteFilePath(QString::fromStdString(file_));
    if (auto ok = write(path, *all); !ok)
        return failure(ok.error());
    if (cli_.json())
        cli_.printJson(QJsonObject{{QStringLiteral("file"), path}, {QStringLiteral("tasks"), every->size()}});
    else
        cli_.out().line(QStringLiteral("%1 in %2; only you can read it")
                            .arg(countText(every->size(), QStringLiteral("task")), printable(path)));
    return 0;
}

Result<int> PrivacyVerbs::erase()
{
    if (!yes_)
        return failure(Code::BadOption,
            QStringLiteral("--yes is missing: ended tasks, their logs, traffic and what plugins keep would be forgotten"));
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto done = (*client)->call(QStringLiteral("privacy.erase"));
    if (!done)
        return failure(done.error());
    if (cli_.json())
        cli_.printJson(*done);
    else
        cli_.out().line(QStringLiteral("%1 forgotten")
                            .arg(countText(qint64(done->value(QLatin1String("tasks")).toDouble()), QStringLiteral("task"))));
    return 0;
}

} // namespace

std::unique_ptr<Verbs> privacyVerbs(Cli& cli) { return std::make_unique<PrivacyVerbs>(cli); }

} // namespace weir
