// daemon run, start, stop, status, doctor.

#include "cli.h"
#include "daemon_start.h"
#include "platform/paths.h"
#include "platform/process.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

#include <QFile>
#include <QJsonArray>

#include <cerrno>
#include <cstring>
#include <thread>

#include <unistd.h>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr auto kStopPatience = 15s;

class DaemonVerbs final : public Verbs {
public:
    explicit DaemonVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* daemon = cli.verb(nullptr, "daemon", "The program that does the work");
        CLI::App* run = cli.verb(daemon, "run", "Run it here, in the foreground", [this] { return this->run(); });
        run->add_option("argument", arguments_, "Handed to weir-daemon")->type_name("ARG");
        run->prefix_command();
        run_ = run;
        cli.verb(daemon, "start", "Start it, if it does not run", [this] { return start(); });
        cli.verb(daemon, "stop", "Stop it in order; its tasks go on with the next start", [this] { return stop(); });
        cli.verb(daemon, "status", "Whether and how it runs", [this] { return status(); });
        cli.verb(daemon, "doctor", "Look whether everything is in place", [this] { return doctor(); });
    }

private:
    Result<int> run();
    Result<int> start();
    Result<int> stop();
    Result<int> status();
    Result<int> doctor();

    Cli& cli_;
    CLI::App* run_ = nullptr;
    std::vector<std::string> arguments_;
};

Result<int> DaemonVerbs::run()
{
    const auto program = daemonProgram();
    if (!program)
        return failure(program.error());
    const QByteArray path = QFile::encodeName(*program);
    std::vector<std::string> words{path.toStdString()};
    for (const std::string& word : arguments_)
        words.push_back(word);
    for (const std::string& word : run_->remaining())
        words.push_back(word);
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(path.constData(), argv.data());
    return failure(
        Code::DaemonStartFailed, QStringLiteral("%1: %2").arg(*program, QString::fromLocal8Bit(std::strerror(errno))), errno);
}

Result<int> DaemonVerbs::start()
{
    const bool ran = connectToDaemon().has_value();
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    if (cli_.json())
        cli_.printJson(QJsonObject{{QStringLiteral("pid"), (*client)->daemonPid()}, {QStringLiteral("started"), !ran}});
    else
        cli_.out().line(QStringLiteral("%1, process %2")
                            .arg(ran ? QStringLiteral("running already") : QStringLiteral("started"))
                            .arg((*client)->daemonPid()));
    return 0;
}

Result<int> DaemonVerbs::stop()
{
    const auto paths = Paths::locate();
    if (!paths)
        return failure(paths.error());
    const auto client = cli_.runningDaemon();
    if (!client)
        return failure(client.error());
    const qint64 pid = (*client)->daemonPid();
    const auto stopped = (*client)->call(QStringLiteral("system.stop"));
    // A daemon that is quick is gone before its answer is here.
    if (!stopped && stopped.error().code != Code::ConnectionLost)
        return failure(stopped.error());
    cli_.forgetDaemon();
    const auto until = std::chrono::steady_clock::now() + kStopPatience;
    while (InstanceLock::owner(paths->lockFile)) {
        if (std::chrono::steady_clock::now() > until)
            return failure(Code::StopTimeout, QStringLiteral("process %1 is still there").arg(pid));
        std::this_thread::sleep_for(10ms);
    }
    if (cli_.json())
        cli_.printJson(QJsonObject{{QStringLiteral("pid"), pid}});
    else
        cli_.out().line(QStringLiteral("stopped"));
    return 0;
}

Result<int> DaemonVerbs::status()
{
    const auto client = cli_.runningDaemon();
    if (!client)
        return failure(client.error());
    const auto answer = (*client)->call(QStringLiteral("system.status"));
    if (!answer)
        return failure(answer.error());
    if (cli_.json()) {
        cli_.printJson(*answer);
        return 0;
    }
    const auto number = [&](const char* key) { return qint64(answer->value(QLatin1String(key)).toDouble()); };
    QStringList states;
    const QJsonObject tasks = answer->value(QLatin1String("tasks")).toObject();
    for (auto state = tasks.begin(); state != tasks.end(); ++state) {
        if (state.value().toDouble() > 0)
            states += QStringLiteral("%1 %2").arg(qint64(state.value().toDouble())).arg(state.key());
    }
    const QJsonObject traffic = answer->value(QLatin1String("traffic")).toObject();
    const auto amount = [&](const char* when) {
        const QJsonObject sum = traffic[QLatin1String(when)].toObject();
        return QStringLiteral("%1 down, %2 up").arg(sizeText(sum[u"down"].toInteger()), sizeText(sum[u"up"].toInteger()));
    };
    Output& out = cli_.out();
    out.line(out.paint(Colour::Green, QStringLiteral("running")) + QStringLiteral(", process %1").arg((*client)->daemonPid()));
    const QStringList facts = factLines(
        {{QStringLiteral("version"), printable(answer->value(QLatin1String("version")).toString())},
            {QStringLiteral("for"), spanText(double(number("uptime")))}, {QStringLiteral("memory"), sizeText(number("rss"))},
            {QStringLiteral("threads"), QString::number(number("threads"))},
            {QStringLiteral("tasks"), states.isEmpty() ? QStringLiteral("none") : states.join(QStringLiteral(", "))},
            {QStringLiteral("down"), rateText(number("rateDown"))}, {QStringLiteral("up"), rateText(number("rateUp"))},
            {QStringLiteral("connections"), QString::number(number("connections"))}, {QStringLiteral("today"), amount("today")},
            {QStringLiteral("in all"), amount("total")},
            {QStringLiteral("home"), printable(answer->value(QLatin1String("home")).toString())}},
        out);
    for (const QString& line : facts)
        out.line(line);
    return 0;
}

Result<int> DaemonVerbs::doctor()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto answer = (*client)->call(QStringLiteral("system.doctor"));
    if (!answer)
        return failure(answer.error());
    const QJsonArray checks = answer->value(QLatin1String("checks")).toArray();
    bool good = true;
    Output& out = cli_.out();
    for (const QJsonValue& check : checks) {
        const bool ok = check[QLatin1String("ok")].toBool();
        good = good && ok;
        if (cli_.json())
            continue;
        out.line(out.paint(ok ? Colour::Green : Colour::Red, ok ? QStringLiteral("ok    ") : QStringLiteral("FAIL  "))
            + printable(check[QLatin1String("name")].toString()) + QStringLiteral("  ")
            + printable(check[QLatin1String("detail")].toString()));
        if (const QString remedy = printable(check[QLatin1String("remedy")].toString()); !ok && !remedy.isEmpty())
            out.line(QStringLiteral("      ") + remedy);
    }
    if (cli_.json())
        cli_.printJson(checks);
    return good ? 0 : 1;
}

} // namespace

std::unique_ptr<Verbs> daemonVerbs(Cli& cli) { return std::make_unique<DaemonVerbs>(cli); }

} // namespace weir
