#include "contract/check_plugin.h"

#include "config/settings.h"
#include "contract/contract.h"
#include "platform/paths.h"
#include "plugin_host/plugin_world.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QTemporaryDir>

#include <cstdio>
#include <cstdlib>

namespace weir {

namespace {

void print(const QJsonObject& object)
{
    const QByteArray line = QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    std::fwrite(line.constData(), 1, std::size_t(line.size()), stdout);
    std::fflush(stdout); // a crash must not take it along
}

QJsonObject toJson(const Finding& finding)
{
    static constexpr const char* kOutcomes[] = {"begun", "kept", "broken", "skipped"};
    return {{QStringLiteral("rule"), finding.rule}, {QStringLiteral("about"), finding.about},
        {QStringLiteral("outcome"), QLatin1String(kOutcomes[int(finding.outcome)])},
        {QStringLiteral("detail"), finding.detail}};
}

[[noreturn]] void refuse(const Error& error)
{
    print({{QStringLiteral("code"), int(error.code)}, {QStringLiteral("detail"), error.detail}});
    std::_Exit(1);
}

QString nameIn(const PluginRecord& record) { return record.descriptor.value(QLatin1String("name")).toString(); }

/// The plugin and, to fetch through, weir's own.
std::vector<PluginRecord> withOwnPlugins(const PluginRecord& checked)
{
    std::vector<PluginRecord> all{checked};
    for (PluginRecord& own : probePlugins(QCoreApplication::applicationFilePath(), pluginsIn({ownPluginDirectory()}), {}))
        if (nameIn(own) != nameIn(checked))
            all.push_back(std::move(own));
    return all;
}

Result<std::vector<ListedAddress>> readList(const QString& given, const QString& plugin)
{
    const QString beside =
        QFileInfo(plugin).path() + u'/' + QFileInfo(plugin).completeBaseName() + QStringLiteral(".urls.json");
    QFile file(given.isEmpty() ? beside : given);
    if (given.isEmpty() && !file.exists())
        return std::vector<ListedAddress>();
    constexpr qint64 kMost = 1 << 20;
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::DiskNoSuchFile, file.fileName());
    return readAddressList(file.read(kMost));
}

} // namespace

void checkPluginInThisProcess(const QString& file, const QString& addresses)
{
    const auto list = readList(addresses, file);
    if (!list)
        refuse(list.error());
    const auto records = probePlugins(QCoreApplication::applicationFilePath(), {file}, {});
    const PluginRecord& checked = records.front();
    if (checked.errorCode)
        refuse({Code(checked.errorCode), checked.errorDetail});
    print({{QStringLiteral("descriptor"), checked.descriptor}});
    const QTemporaryDir folder;
    if (!folder.isValid())
        refuse({Code::DiskError, folder.errorString()});

    PluginWorld world(withOwnPlugins(checked), folder.filePath(QStringLiteral("state")), {});
    Settings settings;
    if (const auto paths = Paths::locate())
        if (auto ok = settings.load(paths->systemConfig, paths->config); !ok)
            refuse(ok.error());
    const QString name = nameIn(checked);
    world.host.setSettings(name, settings.section(name));
    PluginServices services(world.host, {});
    Contract contract(
        world.registry, services, name.toUtf8(), folder.path(), [](const Finding& found) { print(toJson(found)); });
    contract.check(*list);
    QDir(folder.path()).removeRecursively(); // what follows runs no destructors: a task may still use everything
    std::_Exit(0);
}

} // namespace weir
