#include "cli.h"

#include "daemon_start.h"
#include "external_verb.h"
#include "help.h"
#include "text.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace weir {

namespace {

constexpr int kBadOption = 28;

QStringList verbNames(const CLI::App& app)
{
    QStringList out;
    for (const CLI::App* sub : app.get_subcommands({}))
        out += QString::fromStdString(sub->get_name());
    return out;
}

QStringList optionNames(const CLI::App* app)
{
    QStringList out;
    for (; app; app = app->get_parent()) {
        for (const CLI::Option* option : app->get_options()) {
            for (const std::string& name : option->get_lnames())
                out += QStringLiteral("--") + QString::fromStdString(name);
        }
    }
    return out;
}

QString meant(const QString& word, const QString& near)
{
    return near.isEmpty() ? word : QStringLiteral("%1; did you mean %2?").arg(word, near);
}

} // namespace

Cli::Cli(Output& out, Output& err, std::span<const VerbMaker> verbs)
    : out_(out),
      err_(err),
      app_("downloads what a URL leads to, and survives anything", "weir")
{
    app_.fallthrough();
    app_.require_subcommand(1);
    app_.set_help_flag("-h,--help", "Tell about this verb");
    app_.add_flag("--json", json_, "Print JSON for programs");
    for (const VerbMaker make : verbs)
        verbs_.push_back(make(*this));
}

CLI::App* Cli::verb(CLI::App* parent, const char* name, const char* help, Body body)
{
    CLI::App* sub = (parent ? parent : &app_)->add_subcommand(name, help);
    if (body)
        sub->final_callback([this, body = std::move(body)] { chosen_ = body; });
    else
        sub->require_subcommand(1);
    return sub;
}

int Cli::run(int argc, const char* const* argv)
{
    const auto status = parseAndRun(argc, argv);
    if (status)
        return *status;
    printError(status.error());
    return errorRow(status.error().code).exitStatus;
}

Result<int> Cli::parseAndRun(int argc, const char* const* argv)
{
    if (argc < 2) {
        err_.write(mainHelp(app_, err_, externalVerbs()));
        return kBadOption;
    }
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto first = std::find_if(arguments.begin(), arguments.end(), [](const auto& one) { return !one.starts_with('-'); });
    if (const QString word = first == arguments.end() ? QString() : QString::fromLocal8Bit(first->c_str());
        !word.isEmpty() && !verbNames(app_).contains(word)) {
        arguments.erase(first);
        return unknownVerb(word, arguments);
    }
    try {
        app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        CLI::App* about = deepest();
        out_.write(about == &app_ ? mainHelp(app_, out_, externalVerbs()) : verbHelp(*about, out_));
        return 0;
    } catch (const CLI::ParseError& fault) {
        return refused(fault);
    }
    return chosen_();
}

CLI::App* Cli::deepest()
{
    CLI::App* at = &app_;
    while (!at->get_subcommands().empty())
        at = at->get_subcommands().front();
    return at;
}

Result<int> Cli::refused(const CLI::ParseError& fault)
{
    CLI::App* app = deepest();
    const std::vector<std::string> left = app_.remaining(true);
    for (const std::string& one : left) {
        const QString word = QString::fromStdString(one);
        if (word.startsWith(u'-') && word.size() > 1) {
            const QString name = word.section(u'=', 0, 0);
            return failure(Code::BadOption,
                meant(name, name.startsWith(QStringLiteral("--")) ? nearest(name, optionNames(app)) : QString()));
        }
        const QStringList known = verbNames(*app);
        if (!known.isEmpty())
            return failure(Code::UnknownVerb, meant(verbPath(*app) + u' ' + word, nearest(word, known)));
        return failure(Code::BadOption, QStringLiteral("\"%1\" is one argument too many").arg(word));
    }
    if (!app->get_subcommands({}).empty())
        return failure(Code::UnknownVerb,
            QStringLiteral("%1 wants one of: %2")
                .arg(QString::fromStdString(app->get_name()), verbNames(*app).join(QStringLiteral(", "))));
    return failure(Code::BadOption, QString::fromStdString(fault.what()));
}

Result<int> Cli::unknownVerb(const QString& word, const std::vector<std::string>& arguments)
{
    if (!externalVerb(word).isEmpty())
        return runExternalVerb(word, arguments);
    return failure(Code::UnknownVerb, meant(word, nearest(word, verbNames(app_) + externalVerbs())));
}

Result<RpcClient*> Cli::daemon()
{
    if (!client_) {
        auto connected = connectOrStart();
        if (!connected)
            return failure(connected.error());
        client_.emplace(std::move(*connected));
    }
    return &*client_;
}

Result<RpcClient*> Cli::runningDaemon()
{
    if (!client_) {
        auto connected = connectToDaemon();
        if (!connected)
            return failure(connected.error());
        client_.emplace(std::move(*connected));
    }
    return &*client_;
}

void Cli::printJson(const QJsonValue& value)
{
    const QJsonDocument document = value.isArray() ? QJsonDocument(value.toArray()) : QJsonDocument(value.toObject());
    out_.line(QString::fromUtf8(document.toJson(QJsonDocument::Compact)));
}

void Cli::printError(const Error& error)
{
    const ErrorRow& row = errorRow(error.code);
    QString text = QString::fromUtf8(row.text);
    if (!error.detail.isEmpty())
        text += QStringLiteral(": ") + printable(error.detail);
    err_.line(err_.paint(Colour::Red, QStringLiteral("weir: ")) + text);
    QString hint = QString::fromUtf8(row.hint);
    if (const CLI::App* verb = deepest(); (error.code == Code::BadOption || error.code == Code::UnknownVerb) && verb != &app_)
        hint = QStringLiteral("See `weir help %1`").arg(verbPath(*verb));
    if (!hint.isEmpty())
        err_.line(QStringLiteral("      ") + hint);
}

} // namespace weir
