// plugin list, enable, disable, check.

#include "cli.h"
#include "plugin_check.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>

namespace weir {

namespace {

QString joined(const QJsonValue& list)
{
    QStringList out;
    const QJsonArray array = list.toArray();
    for (const QJsonValue& one : array)
        out += printable(one.toString());
    return out.join(QStringLiteral(", "));
}

class PluginVerbs final : public Verbs {
public:
    explicit PluginVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* plugin = cli.verb(nullptr, "plugin", "What teaches weir to understand addresses");
        cli.verb(plugin, "list", "All plugins and their state", [this] { return list(); });
        CLI::App* enable = cli.verb(plugin, "enable", "Use it (again)", [this] { return change("plugin.enable", "enabled"); });
        CLI::App* disable =
            cli.verb(plugin, "disable", "Don't use it", [this] { return change("plugin.disable", "disabled"); });
        for (CLI::App* one : {enable, disable})
            one->add_option("name", name_, "Its name")->type_name("NAME")->required();
        CLI::App* check =
            cli.verb(plugin, "check", "Let the contract of plugins run over one", [this] { return this->check(); });
        check->add_option("file", file_, "weir-NAME.so")->type_name("FILE")->required();
        check->add_option("--urls", urls_, "What its author says of addresses; default: FILE's .urls.json")->type_name("LIST");
    }

private:
    Result<int> list();
    Result<int> change(const char* method, const char* done);
    Result<int> check();
    void show(const QString& file, const PluginCheck& check);

    Cli& cli_;
    std::string name_, file_, urls_;
};

Result<int> PluginVerbs::list()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto answer = (*client)->call(QStringLiteral("plugin.list"));
    if (!answer)
        return failure(answer.error());
    const QJsonArray plugins = answer->value(QLatin1String("plugins")).toArray();
    if (cli_.json()) {
        cli_.printJson(plugins);
        return 0;
    }
    if (plugins.isEmpty())
        cli_.err().line(QStringLiteral("no plugins"));
    Table table({{QStringLiteral("NAME")}, {QStringLiteral("VERSION")}, {QStringLiteral("STATE")}, {QStringLiteral("PROCESS")},
        {QStringLiteral("SCHEMES"), false, Column::Give::End}, {QStringLiteral("CONTENT TYPES"), false, Column::Give::End},
        {QStringLiteral("FILE"), false, Column::Give::Middle}, {QStringLiteral("WHY"), false, Column::Give::End}});
    for (const QJsonValue& one : plugins)
        table.add({printable(one[QLatin1String("name")].toString()), printable(one[QLatin1String("version")].toString()),
            one[QLatin1String("state")].toString(),
            one[QLatin1String("isolated")].toBool() ? QStringLiteral("its own") : QString(),
            joined(one[QLatin1String("schemes")]), joined(one[QLatin1String("mimeTypes")]),
            printable(one[QLatin1String("path")].toString()), printable(one[QLatin1String("reason")].toString())});
    Output& out = cli_.out();
    if (!table.empty()) {
        for (const QString& line : table.lines(out.width(), out.unicode))
            out.line(line);
    }
    return 0;
}

Result<int> PluginVerbs::change(const char* method, const char* done)
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const QString name = QString::fromStdString(name_);
    const auto answer = (*client)->call(QLatin1String(method), {{QStringLiteral("name"), name}});
    if (!answer)
        return failure(answer.error());
    if (cli_.json())
        cli_.printJson(*answer);
    else
        cli_.out().line(QStringLiteral("%1 %2").arg(QLatin1String(done), name));
    return 0;
}

Result<int> PluginVerbs::check()
{
    const QString file = QDir::current().absoluteFilePath(QString::fromStdString(file_));
    if (!QFileInfo(file).isFile())
        return failure(Code::DiskNoSuchFile, file);
    const QString urls = urls_.empty() ? QString() : QDir::current().absoluteFilePath(QString::fromStdString(urls_));
    const auto check = checkPlugin(file, urls);
    if (!check)
        return failure(check.error());
    if (cli_.json()) {
        QJsonObject all = check->descriptor;
        all.insert(QStringLiteral("findings"), check->findings);
        cli_.printJson(all);
    } else {
        show(file, *check);
    }
    if (check->broken > 0)
        return failure(Code::PluginContract, QStringLiteral("%1 of %2").arg(check->broken).arg(check->findings.size()));
    return 0;
}

void PluginVerbs::show(const QString& file, const PluginCheck& check)
{
    const auto text = [&](const char* key) { return printable(check.descriptor.value(QLatin1String(key)).toString()); };
    const auto list = [&](const char* key) { return joined(check.descriptor.value(QLatin1String(key))); };
    Output& out = cli_.out();
    out.line(out.paint(Colour::Bold, text("name")) + QStringLiteral(": this weir can load it"));
    const QStringList facts =
        factLines({{QStringLiteral("version"), text("version")}, {QStringLiteral("schemes"), list("schemes")},
                      {QStringLiteral("content types"), list("mimeTypes")}, {QStringLiteral("file"), printable(file)}},
            out);
    for (const QString& line : facts)
        out.line(line);
    Table table({{QStringLiteral("OUTCOME")}, {QStringLiteral("RULE")}, {QStringLiteral("OF"), false, Column::Give::Middle},
        {QStringLiteral("DETAIL"), false, Column::Give::End}});
    for (const QJsonValue& one : check.findings)
        table.add({one[QLatin1String("outcome")].toString(), one[QLatin1String("rule")].toString(),
            printable(one[QLatin1String("about")].toString()), printable(one[QLatin1String("detail")].toString())});
    for (const QString& line : table.lines(out.width(), out.unicode))
        out.line(line);
}

} // namespace

std::unique_ptr<Verbs> pluginVerbs(Cli& cli) { return std::make_unique<PluginVerbs>(cli); }

} // namespace weir
