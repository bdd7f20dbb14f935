#include "rpc/doctor.h"

#include "platform/disk.h"
#include "platform/ports.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QTimer>

#include <thread>

namespace weir {

namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 3s;
constexpr qint64 kLittleSpace = 100 << 20;

struct Check {
    QString name;
    bool ok = true;
    QString detail, remedy;
};

/// Answers once all asked parts have, or when the time is up.
struct Examination {
    Reply reply;
    std::vector<Check> checks;
    QStringList asked;

    void add(Check check)
    {
        if (!reply)
            return;
        asked.removeAll(check.name);
        checks.push_back(std::move(check));
        if (asked.isEmpty())
            answer();
    }
    void timeIsUp()
    {
        const QStringList silent = asked;
        for (const QString& name : silent)
            add({name, false, QStringLiteral("no answer"), QStringLiteral("See the log; a disk or network volume may hang")});
    }
    void answer()
    {
        QJsonArray rows;
        for (const Check& check : checks)
            rows.append(QJsonObject{{QStringLiteral("name"), check.name}, {QStringLiteral("ok"), check.ok},
                {QStringLiteral("detail"), check.detail}, {QStringLiteral("remedy"), check.remedy}});
        std::exchange(reply, {})(Answer(QJsonObject{{QStringLiteral("checks"), rows}}));
    }
};

QString remedyFor(const Error& error) { return QString::fromUtf8(errorRow(error.code).hint); }

std::vector<Check> folderChecks(const Paths& paths)
{
    std::vector<Check> checks;
    const std::pair<const char*, QString> folders[] = {{"runtime folder", paths.runtimeDir}, {"state folder", paths.stateDir}};
    for (const auto& [name, path] : folders) {
        const auto safe = requirePrivateDirectory(path);
        checks.push_back({QString::fromLatin1(name), safe.has_value(), safe ? path : describe(safe.error()),
            safe ? QString() : remedyFor(safe.error())});
    }
    return checks;
}

std::vector<Check> pluginChecks(const Registry& registry)
{
    std::vector<Check> checks;
    const QJsonArray plugins = registry.list();
    if (plugins.isEmpty())
        checks.push_back({QStringLiteral("plugins"), false, QStringLiteral("none was found"),
            QStringLiteral("Install weir again, or set WEIR_PLUGIN_PATH")});
    for (const QJsonValue item : plugins) {
        const QJsonObject plugin = item.toObject();
        const QString state = plugin.value(QStringLiteral("state")).toString();
        const bool ok = state != QLatin1StringView("refused") && state != QLatin1StringView("quarantined");
        const QString name = plugin.value(QStringLiteral("name")).toString(plugin.value(QStringLiteral("path")).toString());
        const QString reason = plugin.value(QStringLiteral("reason")).toString();
        checks.push_back(
            {QStringLiteral("plugin %1").arg(name), ok, reason.isEmpty() ? state : state + QStringLiteral(": ") + reason,
                ok ? QString()
                   : QStringLiteral("`weir plugin enable %1`, or rebuild or remove %2")
                         .arg(name, plugin.value(QStringLiteral("path")).toString())});
    }
    return checks;
}

QString holdersText(const QList<quint16>& ports)
{
    QStringList texts;
    for (const quint16 port : ports) {
        const auto holder = portHolder(port);
        if (holder && holder->process > 0)
            texts.append(QStringLiteral("%1 has port %2 (process %3)").arg(holder->program).arg(port).arg(holder->process));
        else if (holder)
            texts.append(QStringLiteral("another user's program has port %1").arg(port));
    }
    return texts.join(QLatin1StringView(", "));
}

/// What a plugin found; blocks when it is about ports.
Check checkOf(const Checkup& finding)
{
    Check check{finding.name, finding.ok, finding.detail, finding.remedy};
    if (const QString holders = holdersText(finding.taken); !holders.isEmpty())
        check.detail += QStringLiteral("; ") + holders;
    return check;
}

Check downloadFolder(const QString& name, const QString& path)
{
    const auto volume = systemDisk().volume(path);
    if (!volume)
        return {name, false, describe(volume.error()), remedyFor(volume.error())};
    const QFileInfo folder(path);
    if (folder.exists() && !folder.isWritable())
        return {name, false, QStringLiteral("%1 is not writable").arg(path),
            QStringLiteral("Choose another with the setting downloads.dir")};
    const QString detail = QStringLiteral("%1, %2 MiB free").arg(path).arg(volume->freeBytes >> 20);
    return {name, volume->freeBytes >= kLittleSpace, detail,
        volume->freeBytes >= kLittleSpace ? QString() : QStringLiteral("Free some space")};
}

} // namespace

void examine(Backend& backend, Reply reply)
{
    const QString database = QStringLiteral("task database"), downloads = QStringLiteral("download folder");
    const QString folder = backend.settings.text(QStringLiteral("downloads.dir"));
    auto examination = std::make_shared<Examination>();
    examination->reply = std::move(reply);
    examination->asked = {database};
    if (!folder.isEmpty())
        examination->asked.append(downloads);
    const QList<Checkup> findings = backend.registry.examine();
    for (const Checkup& finding : findings)
        if (!finding.taken.isEmpty())
            examination->asked.append(finding.name);
    for (Check& check : folderChecks(backend.paths))
        examination->add(std::move(check));
    for (Check& check : pluginChecks(backend.registry))
        examination->add(std::move(check));
    backend.ledger.write([](Store&) {},
        [examination, database, path = backend.paths.database](const Result<void>& committed) {
            examination->add({database, committed.has_value(), committed ? path : describe(committed.error()),
                committed ? QString() : remedyFor(committed.error())});
        });
    if (!folder.isEmpty()) {
        // A dead network volume blocks whoever looks at it, perhaps for ever: nobody waits for this thread.
        std::thread([main = backend.main, examination, downloads, folder] {
            main([examination, check = downloadFolder(downloads, folder)] { examination->add(check); });
        }).detach();
    }
    for (const Checkup& finding : findings) {
        if (finding.taken.isEmpty())
            examination->add(checkOf(finding));
        else
            std::thread([main = backend.main, examination, finding] {
                main([examination, check = checkOf(finding)] { examination->add(check); });
            }).detach();
    }
    QTimer::singleShot(kPatience, [examination] { examination->timeIsUp(); });
}

} // namespace weir
