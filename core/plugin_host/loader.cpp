#include "plugin_host/loader.h"

#include "platform/paths.h"
#include "platform/process.h"

#include <boost/dll/shared_library.hpp>

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <cstddef>
#include <cstdio>
#include <mutex>

namespace weir {

namespace {

constexpr std::chrono::seconds kProbeLimit{5};
constexpr const char* kEntry = "weir_plugin_v1";

// Closing a C++ library that has threads or static objects is a known way to crash, so nothing here is ever closed.
boost::dll::shared_library& keepForever(boost::dll::shared_library library)
{
    static std::mutex mutex;
    static auto& kept = *new std::vector<std::unique_ptr<boost::dll::shared_library>>;
    const std::lock_guard lock(mutex);
    kept.push_back(std::make_unique<boost::dll::shared_library>(std::move(library)));
    return *kept.back();
}

bool isPluginName(const char* name)
{
    static const QRegularExpression kName(QStringLiteral("\\A[a-z0-9-]{1,64}\\z"));
    return name && kName.match(QString::fromUtf8(name)).hasMatch();
}

Result<void> check(const PluginDescriptor& descriptor, const QString& file)
{
    const auto bad = [&](const char* what) {
        return failure(Code::PluginDescriptorBad, QStringLiteral("%1: %2").arg(file, QLatin1String(what)));
    };
    constexpr quint32 kSmallest = offsetof(PluginDescriptor, destroy) + sizeof(PluginDescriptor::destroy);
    constexpr quint32 kLargest = 4'096;
    if (descriptor.size < kSmallest || descriptor.size > kLargest || !descriptor.buildTag)
        return bad("its size makes no sense");
    if (qstrcmp(descriptor.buildTag, WEIR_BUILD_TAG) != 0)
        return failure(Code::PluginBuildTag,
            QStringLiteral("%1: built for \"%2\", this is \"%3\"")
                .arg(file, QString::fromUtf8(descriptor.buildTag).left(100), QLatin1String(WEIR_BUILD_TAG)));
    if (!isPluginName(descriptor.name))
        return bad("its name must be of a-z, 0-9 and -");
    if (!descriptor.version || !descriptor.schemes || !descriptor.mimeTypes || !descriptor.marks)
        return bad("a text is missing");
    if (!descriptor.create || !descriptor.destroy)
        return bad("a function is missing");
    return {};
}

QJsonArray split(const char* text, QLatin1Char separator)
{
    QJsonArray parts;
    for (const QString& part : QString::fromUtf8(text).split(separator, Qt::SkipEmptyParts))
        parts.append(separator == u'\n' ? part : part.trimmed().toLower());
    return parts;
}

QJsonObject toJson(const PluginDescriptor& descriptor)
{
    return {{QStringLiteral("name"), QString::fromUtf8(descriptor.name)},
        {QStringLiteral("version"), QString::fromUtf8(descriptor.version)},
        {QStringLiteral("schemes"), split(descriptor.schemes, QLatin1Char(','))},
        {QStringLiteral("mimeTypes"), split(descriptor.mimeTypes, QLatin1Char(','))},
        {QStringLiteral("marks"), split(descriptor.marks, QLatin1Char('\n'))}};
}

/// What the dynamic linker says, read for what the author has to do.
Code whyNotLoaded(const QString& what)
{
    static const QRegularExpression ours(QStringLiteral("undefined symbol: \\S*4weir(\\d)(abi\\d+)")); // mangled: length, name
    const QString abi = QStringLiteral(WEIR_BUILD_TAG).section(u' ', 0, 0);
    if (const auto symbol = ours.match(what); symbol.hasMatch() && symbol.captured(2).left(symbol.captured(1).toInt()) != abi)
        return Code::PluginOtherAbi;
    const bool lacks = what.contains(QLatin1String("undefined symbol"))
        || what.contains(QLatin1String("cannot open shared object file")) || what.contains(QLatin1String("version `"));
    return lacks ? Code::PluginSymbolMissing : Code::PluginLoadFailed;
}

void refuse(PluginRecord& record, Code code, const QString& detail)
{
    record.descriptor = {};
    record.errorCode = quint16(code);
    record.errorDetail = detail;
}

void readAnswer(PluginRecord& record, const QByteArray& output)
{
    // Static constructors may print, too: the answer is the last line.
    const QJsonObject answer = QJsonDocument::fromJson(output.trimmed().split('\n').last()).object();
    const QJsonObject descriptor = answer.value(QLatin1String("descriptor")).toObject();
    const ErrorRow* refused = findErrorRow(answer.value(QLatin1String("code")).toInt());
    if (!descriptor.isEmpty())
        record.descriptor = descriptor;
    else if (refused && refused->code != Code::Ok)
        refuse(record, refused->code, answer.value(QLatin1String("detail")).toString().left(1'000));
    else
        refuse(record, Code::PluginProbeCrashed, QStringLiteral("%1: it ended without an answer").arg(record.path));
}

void probe(PluginRecord& record, const QString& daemonProgram)
{
    const auto ended = runWithLimit(daemonProgram, {QStringLiteral("--probe-plugin"), record.path}, kProbeLimit);
    if (!ended)
        return refuse(record, Code::PluginLoadFailed, describe(ended.error()));
    switch (ended->how) {
    case ProgramEnd::How::TimedOut:
        return refuse(record, Code::PluginProbeTimeout,
            QStringLiteral("%1: no answer within %2 s").arg(record.path).arg(kProbeLimit.count()));
    case ProgramEnd::How::Crashed:
        return refuse(record, Code::PluginProbeCrashed, QStringLiteral("%1: signal %2").arg(record.path).arg(ended->status));
    case ProgramEnd::How::Exited: return readAnswer(record, ended->output);
    }
}

} // namespace

QStringList findPlugins()
{
    QStringList folders;
    if (qEnvironmentVariableIsSet("WEIR_PLUGIN_PATH"))
        folders = qEnvironmentVariable("WEIR_PLUGIN_PATH").split(u':', Qt::SkipEmptyParts);
    else if (const auto paths = Paths::locate())
        folders = paths->pluginDirs;
    return pluginsIn(folders);
}

QStringList pluginsIn(const QStringList& folders)
{
    std::map<QString, QString> byName;
    for (const QString& folder : folders) {
        const QFileInfoList found = QDir(folder).entryInfoList({QStringLiteral("weir-*.so")}, QDir::Files, QDir::Name);
        for (const QFileInfo& file : found)
            byName.try_emplace(file.fileName(), file.absoluteFilePath());
    }
    QStringList files;
    for (const auto& [name, path] : byName)
        files.append(path);
    return files;
}

bool isOwnPlugin(const QString& file)
{
    const QString own = QDir(ownPluginDirectory()).canonicalPath();
    return !own.isEmpty() && QFileInfo(QFileInfo(file).canonicalFilePath()).path() == own;
}

std::vector<PluginRecord> probePlugins(
    const QString& daemonProgram, const QStringList& files, const std::vector<PluginRecord>& known)
{
    std::vector<PluginRecord> records;
    for (const QString& path : files) {
        const QFileInfo info(path);
        PluginRecord record{.path = path, .modified = info.lastModified().toMSecsSinceEpoch(), .size = info.size()};
        const auto old = std::find_if(known.begin(), known.end(), [&](const PluginRecord& each) { return each.path == path; });
        if (old != known.end() && old->modified == record.modified && old->size == record.size) {
            records.push_back(*old);
            continue;
        }
        if (old != known.end()) {
            record.enabled = old->enabled;
            record.quarantined = old->quarantined;
        }
        probe(record, daemonProgram);
        records.push_back(std::move(record));
    }
    return records;
}

int probePluginInThisProcess(const QString& file)
{
    const auto descriptor = openPlugin(file);
    QJsonObject answer;
    if (descriptor) {
        answer = {{QStringLiteral("descriptor"), toJson(**descriptor)}};
    } else {
        answer = {
            {QStringLiteral("code"), int(descriptor.error().code)}, {QStringLiteral("detail"), descriptor.error().detail}};
    }
    const QByteArray line = '\n' + QJsonDocument(answer).toJson(QJsonDocument::Compact) + '\n';
    const bool told = std::fwrite(line.constData(), 1, std::size_t(line.size()), stdout) == std::size_t(line.size())
        && std::fflush(stdout) == 0;
    return descriptor && told ? 0 : 1;
}

Result<const PluginDescriptor*> openPlugin(const QString& file)
{
    try {
        auto& library = keepForever(boost::dll::shared_library(file.toStdString(), boost::dll::load_mode::rtld_now));
        if (!library.has(kEntry))
            return failure(Code::PluginNoEntry, file);
        const auto& descriptor = library.get<const PluginDescriptor>(kEntry);
        if (auto ok = check(descriptor, file); !ok)
            return failure(ok.error());
        return &descriptor;
    } catch (const std::exception& error) {
        const QString what = QString::fromUtf8(error.what());
        return failure(whyNotLoaded(what), QStringLiteral("%1: %2").arg(file, what.section(u'\n', 0, 0).left(500)));
    }
}

} // namespace weir
