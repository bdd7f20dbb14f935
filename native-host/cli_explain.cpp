// explain, help, version, completion: what needs no daemon.

#include "cli.h"
#include "completion.h"
#include "external_verb.h"
#include "help.h"
#include "one_of.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

#include <QJsonArray>

namespace weir {

namespace {

QJsonObject rowJson(const ErrorRow& row)
{
    return {{QStringLiteral("code"), QLatin1String(row.name)}, {QStringLiteral("number"), int(row.code)},
        {QStringLiteral("category"), QLatin1String(toString(row.category))},
        {QStringLiteral("retry"), QLatin1String(toString(row.retry))}, {QStringLiteral("exit"), row.exitStatus},
        {QStringLiteral("message"), QString::fromUtf8(row.text)}, {QStringLiteral("hint"), QString::fromUtf8(row.hint)}};
}

QString retryText(Retry retry)
{
    switch (retry) {
    case Retry::Never: return QStringLiteral("no: the task fails");
    case Retry::Now: return QStringLiteral("at once, another way");
    case Retry::Later: return QStringLiteral("after a while, by itself");
    case Retry::OtherSource: return QStringLiteral("from another mirror first, then after a while");
    case Retry::AfterUser: return QStringLiteral("when somebody has changed something");
    }
    return {};
}

class ExplainVerbs final : public Verbs {
public:
    explicit ExplainVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* explain =
            cli.verb(nullptr, "explain", "What an error means, by name or number", [this] { return this->explain(); });
        explain->add_option("code", code_, "HttpNotFound or 2404; all of them without")->type_name("CODE");
        CLI::App* help = cli.verb(nullptr, "help", "This, or more about a verb", [this] { return this->help(); });
        help->add_option("verb", words_, "Which")->type_name("VERB");
        cli.verb(nullptr, "version", "Which weir this is", [this] { return version(); });
        CLI::App* completion =
            cli.verb(nullptr, "completion", "A script that completes what you type", [this] { return this->completion(); });
        completion->add_option("shell", shell_, "Which shell")
            ->check(oneOf({"bash", "zsh", "fish"}))
            ->type_name("bash|zsh|fish")
            ->required();
    }

private:
    Result<int> explain();
    Result<int> explainAll();
    Result<int> help();
    Result<int> version();
    Result<int> completion();

    Cli& cli_;
    std::string code_, shell_;
    std::vector<std::string> words_;
};

Result<int> ExplainVerbs::explainAll()
{
    if (cli_.json()) {
        QJsonArray all;
        for (const ErrorRow& row : errorRows())
            all += rowJson(row);
        cli_.printJson(all);
        return 0;
    }
    Table table({{QStringLiteral("NUMBER"), true}, {QStringLiteral("CODE")}, {QStringLiteral("EXIT"), true},
        {QStringLiteral("MEANS"), false, Column::Give::End}});
    for (const ErrorRow& row : errorRows())
        table.add({QString::number(int(row.code)), QLatin1String(row.name), QString::number(row.exitStatus),
            QString::fromUtf8(row.text)});
    for (const QString& line : table.lines(cli_.out().width(), cli_.out().unicode))
        cli_.out().line(line);
    return 0;
}

Result<int> ExplainVerbs::explain()
{
    if (code_.empty())
        return explainAll();
    const QString code = QString::fromStdString(code_);
    const ErrorRow* row = findErrorRow(code);
    if (!row) {
        QStringList names;
        for (const ErrorRow& one : errorRows())
            names += QLatin1String(one.name);
        const QString near = nearest(code, names);
        return failure(Code::UnknownError, near.isEmpty() ? code : QStringLiteral("%1; did you mean %2?").arg(code, near));
    }
    if (cli_.json()) {
        cli_.printJson(rowJson(*row));
        return 0;
    }
    Output& out = cli_.out();
    out.line(QString::fromUtf8(row->text));
    const QStringList facts = factLines(
        {{QStringLiteral("what to do"), QString::fromUtf8(row->hint)}, {QStringLiteral("tried again"), retryText(row->retry)},
            {QStringLiteral("code"),
                QStringLiteral("%1 (%2), %3")
                    .arg(QLatin1String(row->name))
                    .arg(int(row->code))
                    .arg(QLatin1String(toString(row->category)))},
            {QStringLiteral("exit status"), QString::number(row->exitStatus)}},
        out);
    for (const QString& line : facts)
        out.line(line);
    return 0;
}

Result<int> ExplainVerbs::help()
{
    CLI::App* at = &cli_.root();
    if (!words_.empty() && !externalVerb(QString::fromStdString(words_.front())).isEmpty()) {
        std::vector<std::string> arguments(words_.begin() + 1, words_.end());
        arguments.push_back("--help");
        return runExternalVerb(QString::fromStdString(words_.front()), arguments);
    }
    for (const std::string& word : words_) {
        QStringList known;
        CLI::App* next = nullptr;
        for (CLI::App* sub : at->get_subcommands({})) {
            known += QString::fromStdString(sub->get_name());
            next = sub->get_name() == word ? sub : next;
        }
        if (!next) {
            const QString near = nearest(QString::fromStdString(word), known);
            const QString said = QString::fromStdString(word);
            return failure(Code::UnknownVerb, near.isEmpty() ? said : QStringLiteral("%1; did you mean %2?").arg(said, near));
        }
        at = next;
    }
    cli_.out().write(at == &cli_.root() ? mainHelp(*at, cli_.out(), externalVerbs()) : verbHelp(*at, cli_.out()));
    return 0;
}

Result<int> ExplainVerbs::version()
{
    if (cli_.json())
        cli_.printJson(QJsonObject{{QStringLiteral("version"), QStringLiteral(WEIR_VERSION)}, {QStringLiteral("protocol"), 1}});
    else
        cli_.out().line(QStringLiteral("weir " WEIR_VERSION));
    return 0;
}

Result<int> ExplainVerbs::completion()
{
    const QString script = shell_ == "bash" ? bashCompletion(cli_.root())
        : shell_ == "zsh"                   ? zshCompletion(cli_.root())
                                            : fishCompletion(cli_.root());
    if (cli_.json())
        cli_.printJson(QJsonObject{{QStringLiteral("script"), script}});
    else
        cli_.out().write(script);
    return 0;
}

} // namespace

std::unique_ptr<Verbs> explainVerbs(Cli& cli) { return std::make_unique<ExplainVerbs>(cli); }

} // namespace weir
