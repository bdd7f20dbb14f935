#include "support/wide_line.h"

#include <QFileInfo>

namespace weir::test {

namespace {

constexpr int kQueueKb = 2500;

bool ip(const QStringList& arguments) { return QProcess::execute(QStringLiteral("ip"), arguments) == 0; }

bool configure(const NetLab& lab, const QString& machine, const QString& device, const QString& address)
{
    const QString there = lab.space(machine);
    return ip({"-n", there, "address", "add", address + QStringLiteral("/24"), "dev", device})
        && ip({"-n", there, "link", "set", device, "up"});
}

} // namespace

QString WideLine::missing()
{
    const QString program = qEnvironmentVariable("WEIR_WANEM");
    if (program.isEmpty())
        return QStringLiteral("WEIR_WANEM does not name the program of a wide-area line");
    if (!QFileInfo(program).isExecutable())
        return QStringLiteral("WEIR_WANEM is %1, which is no program").arg(program);
    return QFileInfo::exists(QStringLiteral("/dev/net/tun")) ? QString() : QStringLiteral("there is no /dev/net/tun");
}

WideLine::WideLine(const NetLab& lab, const QString& near, const QString& far, Way way)
{
    const QString devices[] = {QStringLiteral("wide-near"), QStringLiteral("wide-far")};
    process_.start(qEnvironmentVariable("WEIR_WANEM"),
        {lab.space(near), devices[0], lab.space(far), devices[1], QString::number(way.delayMs * 1000),
            QString::number(way.mbit), QString::number(kQueueKb), QString::number(int(way.loss * 1e6))});
    const bool up = process_.waitForStarted() && process_.waitForReadyRead(5000) && process_.readLine().trimmed() == "up";
    ready_ = up && configure(lab, near, devices[0], nearAddress()) && configure(lab, far, devices[1], farAddress());
}

WideLine::~WideLine()
{
    process_.closeWriteChannel();
    if (process_.state() != QProcess::NotRunning && !process_.waitForFinished(5000)) {
        process_.kill();
        process_.waitForFinished();
    }
}

} // namespace weir::test
