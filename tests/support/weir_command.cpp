#include "support/weir_command.h"

#include "test_paths.h"

namespace weir::test {

namespace {

constexpr int kPatience = 90'000; // ms

}

Ran finished(QProcess& process)
{
    process.closeWriteChannel();
    if (!process.waitForFinished(kPatience)) {
        process.kill();
        process.waitForFinished();
    }
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardOutput(),
        process.readAllStandardError()};
}

Ran runWeir(const QStringList& arguments, const QString& home, const QStringList& prefix)
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (!home.isEmpty())
        environment.insert(QStringLiteral("WEIR_HOME"), home);
    process.setProcessEnvironment(environment);
    const QStringList words = prefix + QStringList{QStringLiteral(WEIR_BUILD_DIR "/bin/weir")} + arguments;
    process.start(words.first(), words.mid(1));
    return finished(process);
}

} // namespace weir::test
