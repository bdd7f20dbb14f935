// get, add, probe.

#include "cli.h"
#include "get_run.h"
#include "one_of.h"
#include "options.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QUuid>

#include <algorithm>

namespace weir {

namespace {

constexpr int kMostItems = 10'000;
constexpr qsizetype kMostBytes = 8 << 20;

class GetVerbs final : public Verbs {
public:
    explicit GetVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* get =
            cli.verb(nullptr, "get", "Download, show progress, end when all is there", [this] { return this->get(); });
        get->add_option("--on-interrupt", onInterrupt_, "What Ctrl-C does (default: ask)")
            ->check(oneOf({"ask", "leave", "pause"}))
            ->type_name("ask|leave|pause");
        get->add_flag("--no-wait-hold", noWaitHold_, "End instead of waiting when a task is held or wants a choice");
        get->add_flag("--print-path", printPath_, "Print the path of each finished file");
        get->add_flag("-q,--quiet", quiet_, "Tell of failures only");
        getOptions_.define(*get, AddOptions::For::Add);
        CLI::App* add =
            cli.verb(nullptr, "add", "Hand downloads to the daemon, print their ids", [this] { return this->add(); });
        addOptions_.define(*add, AddOptions::For::Add);
        CLI::App* probe =
            cli.verb(nullptr, "probe", "Tell what is behind a URL; download nothing", [this] { return this->probe(); });
        probeOptions_.define(*probe, AddOptions::For::Probe);
    }

private:
    Result<int> get();
    Result<int> add();
    Result<int> probe();
    Result<QString> folder();
    Result<QJsonArray> items(const AddOptions& options)
    {
        return options.items(QDir::currentPath(), [this] { return folder(); });
    }
    Result<QList<qint64>> submit(const QJsonArray& items);
    Result<QList<qint64>> submitSome(const QJsonArray& items);
    std::unique_ptr<Reporter> reporter(std::size_t tasks);
    void showProbe(const QJsonObject& found);

    Cli& cli_;
    AddOptions getOptions_, addOptions_, probeOptions_;
    std::string onInterrupt_;
    bool noWaitHold_ = false, printPath_ = false, quiet_ = false;
};

/// Where downloads go without --dir: what the user has set, else here.
Result<QString> GetVerbs::folder()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto setting =
        (*client)->call(QStringLiteral("config.get"), {{QStringLiteral("key"), QStringLiteral("downloads.dir")}});
    if (!setting)
        return failure(setting.error());
    const QString set = setting->value(QLatin1String("value")).toString();
    if (set.isEmpty() || setting->value(QLatin1String("layer")) == QJsonValue(QStringLiteral("default")))
        return QDir::currentPath();
    const QString home = set == u"~" || set.startsWith(QStringLiteral("~/")) ? QDir::homePath() + set.mid(1) : set;
    return QDir::cleanPath(QDir::home().absoluteFilePath(home));
}

/// A token makes adding the same item twice harmless, so a lost connection is no reason to give up.
Result<QList<qint64>> GetVerbs::submitSome(const QJsonArray& items)
{
    for (int attempt = 0;; ++attempt) {
        const auto client = cli_.daemon();
        if (!client)
            return failure(client.error());
        const auto added = (*client)->call(QStringLiteral("task.add"), {{QStringLiteral("tasks"), items}});
        if (added) {
            QList<qint64> ids;
            const QJsonArray array = added->value(QLatin1String("ids")).toArray();
            for (const QJsonValue& id : array)
                ids += qint64(id.toDouble());
            if (ids.size() != items.size())
                return failure(
                    Code::Internal, QStringLiteral("task.add answered %1 ids for %2 tasks").arg(ids.size()).arg(items.size()));
            return ids;
        }
        if (added.error().code != Code::ConnectionLost || attempt == 2)
            return failure(added.error());
        cli_.forgetDaemon();
    }
}

Result<QList<qint64>> GetVerbs::submit(const QJsonArray& items)
{
    QList<qint64> ids;
    QJsonArray some;
    qsizetype bytes = 0;
    for (qsizetype i = 0; i < items.size(); ++i) {
        QJsonObject item = items.at(i).toObject();
        item.insert(QStringLiteral("token"), QUuid::createUuid().toString(QUuid::Id128));
        const qsizetype size = QJsonDocument(item).toJson(QJsonDocument::Compact).size();
        if (some.size() == kMostItems || (bytes + size > kMostBytes && !some.isEmpty())) {
            const auto added = submitSome(some);
            if (!added)
                return added;
            ids += *added;
            some = {};
            bytes = 0;
        }
        some += item;
        bytes += size;
    }
    const auto added = submitSome(some);
    if (!added)
        return added;
    return ids + *added;
}

std::unique_ptr<Reporter> GetVerbs::reporter(std::size_t tasks)
{
    if (cli_.json())
        return jsonReporter(cli_.out(), cli_.err());
    if (quiet_)
        return quietReporter(cli_.err());
    return cli_.err().terminal ? terminalReporter(cli_.err()) : plainReporter(cli_.err(), tasks);
}

Result<int> GetVerbs::get()
{
    const auto wanted = items(getOptions_);
    if (!wanted)
        return failure(wanted.error());
    const auto ids = submit(*wanted);
    if (!ids)
        return failure(ids.error());
    GetRun::Options options;
    options.policy.waitForHolds = !noWaitHold_;
    options.policy.waitForChoice = getOptions_.asks();
    if (!cli_.json() && !cli_.err().terminal) {
        options.policy.progressEvery = 10'000;
        options.policy.progressStep = 0.25;
    }
    if (!onInterrupt_.empty() && onInterrupt_ != "ask")
        options.onInterrupt = onInterrupt_ == "pause" ? GetRun::OnInterrupt::Pause : GetRun::OnInterrupt::Leave;
    options.printPaths = printPath_ && !cli_.json();
    return GetRun(cli_, *ids, options, reporter(std::size_t(ids->size()))).run();
}

Result<int> GetVerbs::add()
{
    const auto wanted = items(addOptions_);
    if (!wanted)
        return failure(wanted.error());
    const auto ids = submit(*wanted);
    if (!ids)
        return failure(ids.error());
    if (cli_.json()) {
        QJsonArray array;
        for (qint64 id : *ids)
            array += id;
        cli_.printJson(QJsonObject{{QStringLiteral("ids"), array}});
        return 0;
    }
    for (qint64 id : *ids)
        cli_.out().line(QString::number(id));
    return 0;
}

Result<int> GetVerbs::probe()
{
    const auto wanted = probeOptions_.items(QDir::currentPath(), [] { return Result<QString>(QDir::currentPath()); });
    if (!wanted)
        return failure(wanted.error());
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto found = (*client)->call(QStringLiteral("task.probe"), wanted->at(0).toObject());
    if (!found)
        return failure(found.error());
    if (cli_.json())
        cli_.printJson(*found);
    else
        showProbe(*found);
    return 0;
}

void GetVerbs::showProbe(const QJsonObject& found)
{
    const auto shown = [&](const char* key) { return printable(found.value(QLatin1String(key)).toString()); };
    const QJsonValue size = found.value(QLatin1String("size"));
    Output& out = cli_.out();
    out.line(out.paint(Colour::Bold, shown("name")));
    QString address = shown("finalUrl");
    if (address.isEmpty())
        address = shown("url");
    QString digests;
    const QJsonArray given = found.value(QLatin1String("digests")).toArray();
    for (const QJsonValue& one : given)
        digests += (digests.isEmpty() ? QString() : QStringLiteral(", ")) + printable(one.toString());
    const bool resumable = found.value(QLatin1String("resumable")).toBool();
    const QStringList facts = factLines(
        {{QStringLiteral("address"), address},
            {QStringLiteral("size"),
                size.isDouble()
                    ? QStringLiteral("%1 (%2 bytes)").arg(sizeText(qint64(size.toDouble()))).arg(qint64(size.toDouble()))
                    : QStringLiteral("unknown")},
            {QStringLiteral("kind"), shown("kind")}, {QStringLiteral("type"), shown("mime")},
            {QStringLiteral("resumable"), resumable ? QStringLiteral("yes") : QStringLiteral("no")},
            {QStringLiteral("validator"), shown("validator")}, {QStringLiteral("digests"), digests}},
        out);
    for (const QString& line : facts)
        out.line(line);
    const QJsonArray files = found.value(QLatin1String("files")).toArray();
    if (files.size() > 1) {
        Table table({{QStringLiteral("#"), true}, {QStringLiteral("FILE"), false, Column::Give::Middle},
            {QStringLiteral("SIZE"), true}});
        for (qsizetype i = 0; i < files.size(); ++i) {
            const QJsonObject file = files.at(i).toObject();
            table.add({QString::number(i + 1), printable(file.value(QLatin1String("path")).toString()),
                sizeText(qint64(file.value(QLatin1String("size")).toDouble()))});
        }
        for (const QString& line : table.lines(out.width(), out.unicode))
            out.line(line);
    }
    const QJsonArray variants = found.value(QLatin1String("variants")).toArray();
    if (variants.isEmpty())
        return;
    Table table({{QStringLiteral("VARIANT"), false, Column::Give::Middle}, {QStringLiteral("LANGUAGE")},
        {QStringLiteral("BIT RATE"), true}, {QStringLiteral("CODECS"), false, Column::Give::End}});
    for (const QJsonValue& one : variants) {
        const QJsonObject variant = one.toObject();
        const qint64 bits = qint64(variant.value(QLatin1String("bitrate")).toDouble());
        table.add({printable(variant.value(QLatin1String("label")).toString()),
            printable(variant.value(QLatin1String("language")).toString()),
            bits > 0 ? QStringLiteral("%1 kbit/s").arg(bits / 1000) : QString(),
            printable(variant.value(QLatin1String("codecs")).toString())});
    }
    for (const QString& line : table.lines(out.width(), out.unicode))
        out.line(line);
}

} // namespace

std::unique_ptr<Verbs> getVerbs(Cli& cli) { return std::make_unique<GetVerbs>(cli); }

} // namespace weir
