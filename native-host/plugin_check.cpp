#include "plugin_check.h"

#include "daemon_start.h"
#include "platform/process.h"

#include <QJsonDocument>

namespace weir {

using namespace std::chrono_literals;

namespace {
constexpr auto kCheckLimit = 10min;
}

Result<PluginCheck> readCheck(const QByteArray& printed, const QString& crash)
{
    PluginCheck check;
    std::optional<QJsonObject> begun; // and nothing is known yet of how it went
    for (const QByteArray& line : printed.split('\n')) {
        const QJsonObject said = QJsonDocument::fromJson(line).object(); // the plugin may print, too
        if (const ErrorRow* row = findErrorRow(said.value(QLatin1String("code")).toInt(-1)))
            return failure(row->code, said.value(QLatin1String("detail")).toString());
        if (const QJsonObject descriptor = said.value(QLatin1String("descriptor")).toObject(); !descriptor.isEmpty())
            check.descriptor = descriptor;
        const QString outcome = said.value(QLatin1String("outcome")).toString();
        if (outcome == u"begun") {
            begun = said;
        } else if (!outcome.isEmpty()) {
            begun.reset();
            check.findings.append(said);
            check.broken += outcome == u"broken";
        }
    }
    if (check.descriptor.isEmpty())
        return failure(Code::PluginProbeCrashed, crash);
    if (!crash.isEmpty()) {
        QJsonObject last = begun.value_or(QJsonObject{{QStringLiteral("rule"), QStringLiteral("end")}});
        last[QStringLiteral("outcome")] = QStringLiteral("broken");
        last[QStringLiteral("detail")] = crash;
        check.findings.append(last);
        ++check.broken;
    }
    return check;
}

Result<PluginCheck> checkPlugin(const QString& file, const QString& addresses)
{
    const auto program = daemonProgram();
    if (!program)
        return failure(program.error());
    QStringList arguments{QStringLiteral("--check-plugin"), file};
    if (!addresses.isEmpty())
        arguments += {QStringLiteral("--urls"), addresses};
    const auto end = runWithLimit(*program, arguments, kCheckLimit);
    if (!end)
        return failure(end.error());
    QString crash;
    if (end->how == ProgramEnd::How::Crashed)
        crash = QStringLiteral("it crashed with signal %1").arg(end->status);
    else if (end->how == ProgramEnd::How::TimedOut)
        crash = QStringLiteral("it was not done after %1 min").arg(std::chrono::minutes(kCheckLimit).count());
    else if (end->status != 0)
        crash = QStringLiteral("it ended the process");
    return readCheck(end->output, crash);
}

} // namespace weir
