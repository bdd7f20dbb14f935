// plugin list, enable, disable, check.

#include "cli.h"
#include "daemon_start.h"
#include "platform/process.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr auto kProbeLimit = 5s;

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
            cli.verb(plugin, "check", "Look at a plugin's file in a process of its own", [this] { return this->check(); });
        check->add_option("file", file_, "weir-NAME.so")->type_name("FILE")->required();
    }

private:
    Result<int> list();
    Result<int> change(const char* method, const char* done);
    Result<int> check();
    Result<QJsonObject> probe(const QString& file);

    Cli& cli_;
    std::string name_, file_;
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
    Table table({{QStringLiteral("NAME")}, {QStringLiteral("VERSION")}, {QStringLiteral("STATE")},
        {QStringLiteral("SCHEMES"), false, Column::Give::End}, {QStringLiteral("CONTENT TYPES"), false, Column::Give::End},
        {QStringLiteral("FILE"), false, Column::Give::Middle}, {QStringLiteral("WHY"), false, Column::Give::End}});
    for (const QJsonValue& one : plugins)
        table.add({printable(one[QLatin1String("name")].toString()), printable(one[QLatin1String("version")].toString()),
            one[QLatin1String("state")].toString(), joined(one[QLatin1String("schemes")]),
            joined(one[QLatin1String("mimeTypes")]), printable(one[QLatin1String("path")].toString()),
            printable(one[QLatin1String("reason")].toString())});
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

/// What `weir-daemon --probe-plugin` says of a file: its descriptor, or why it is refused.
Result<QJsonObject> PluginVerbs::probe(const QString& file)
{
    const auto program = daemonProgram();
    if (!program)
        return failure(program.error());
    const auto end = runWithLimit(*program, {QStringLiteral("--probe-plugin"), file}, kProbeLimit);
    if (!end)
        return failure(end.error());
    if (end->how == ProgramEnd::How::TimedOut)
        return failure(Code::PluginProbeTimeout, file);
    if (end->how == ProgramEnd::How::Crashed)
        return failure(Code::PluginProbeCrashed, QStringLiteral("%1 (signal %2)").arg(file).arg(end->status));
    // Static constructors of the plugin may print as well: ours is the last line.
    const QJsonObject said = QJsonDocument::fromJson(end->output.trimmed().split('\n').back()).object();
    const QJsonValue descriptor = said.value(QLatin1String("descriptor"));
    if (const ErrorRow* row = descriptor.isObject() ? nullptr : findErrorRow(said.value(QLatin1String("code")).toInt(-1))) {
        const QString detail = said.value(QLatin1String("detail")).toString();
        return failure(row->code, detail.isEmpty() ? file : detail);
    }
    if (end->status != 0 || !descriptor.isObject())
        return failure(Code::PluginLoadFailed, file);
    return descriptor.toObject();
}

Result<int> PluginVerbs::check()
{
    const QString file = QDir::current().absoluteFilePath(QString::fromStdString(file_));
    if (!QFileInfo(file).isFile())
        return failure(Code::DiskNoSuchFile, file);
    const auto said = probe(file);
    if (!said)
        return failure(said.error());
    if (cli_.json()) {
        cli_.printJson(*said);
        return 0;
    }
    Output& out = cli_.out();
    out.line(out.paint(Colour::Bold, printable(said->value(QLatin1String("name")).toString()))
        + QStringLiteral(": this weir can load it"));
    for (const QString& line :
        factLines({{QStringLiteral("version"), printable(said->value(QLatin1String("version")).toString())},
                      {QStringLiteral("schemes"), joined(said->value(QLatin1String("schemes")))},
                      {QStringLiteral("content types"), joined(said->value(QLatin1String("mimeTypes")))},
                      {QStringLiteral("file"), printable(file)}},
            out))
        out.line(line);
    return 0;
}

} // namespace

std::unique_ptr<Verbs> pluginVerbs(Cli& cli) { return std::make_unique<PluginVerbs>(cli); }

} // namespace weir
