#include "plugin_host/registry.h"

#include "plugin_host/guarded.h"

#include <QDateTime>
#include <QFileInfo>

#include <algorithm>
#include <numeric>

namespace weir {

struct Registry::Plugin {
    PluginRecord record;
    QString name;
    QStringList schemes, mimeTypes;
    QList<QByteArray> marks;
    std::unique_ptr<Services> services;
    ProtocolAdapter* adapter = nullptr; ///< for ever: destroying what has threads and static objects is a known way to crash
    std::optional<Error> failed, fault;
    bool opening = false;
    bool isolated = false; ///< in a process of its own

    bool refused() const { return record.errorCode != quint16(Code::Ok); }
};

namespace {

QStringList texts(const QJsonObject& descriptor, const char* key)
{
    QStringList result;
    for (const QJsonValue& value : descriptor.value(QLatin1String(key)).toArray())
        result.append(value.toString());
    return result;
}

QString nameOfFile(const QString& path)
{
    const QString base = QFileInfo(path).completeBaseName();
    return base.startsWith(u"weir-") ? base.mid(5) : base;
}

// A plugin's opinion is asked on any thread and must never take the program down.
template <class Ask> int confidence(Ask ask)
{
    try {
        return std::clamp(ask(), 0, 100);
    } catch (...) {
        return 0;
    }
}

QByteArrayView withoutLead(QByteArrayView content)
{
    if (content.startsWith("\xEF\xBB\xBF"))
        content = content.sliced(3);
    while (!content.isEmpty() && strchr(" \t\r\n", content.front()))
        content = content.sliced(1);
    return content;
}

qsizetype distance(const QString& a, const QString& b)
{
    std::vector<qsizetype> row(std::size_t(b.size()) + 1);
    std::iota(row.begin(), row.end(), 0);
    for (qsizetype i = 0; i < a.size(); ++i) {
        qsizetype diagonal = std::exchange(row[0], i + 1);
        for (qsizetype j = 0; j < b.size(); ++j) {
            const qsizetype changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[std::size_t(j) + 1];
            row[std::size_t(j) + 1] = std::min({changed, diagonal + 1, row[std::size_t(j)] + 1});
        }
    }
    return row.back();
}

} // namespace

Registry::Registry(std::vector<PluginRecord> plugins, ServicesFor services, Opener open, Isolator isolate)
    : services_(std::move(services)),
      open_(std::move(open)),
      isolate_(std::move(isolate))
{
    for (PluginRecord& record : plugins) {
        auto plugin = std::make_unique<Plugin>();
        const QString named = record.descriptor.value(QLatin1String("name")).toString();
        plugin->name = named.isEmpty() ? nameOfFile(record.path) : named;
        plugin->schemes = texts(record.descriptor, "schemes");
        plugin->mimeTypes = texts(record.descriptor, "mimeTypes");
        for (const QString& mark : texts(record.descriptor, "marks"))
            plugin->marks.append(mark.toUtf8());
        plugin->record = std::move(record);
        if (const Plugin* first = find(plugin->name); first && !plugin->refused()) {
            plugin->record.errorCode = quint16(Code::PluginNameTaken);
            plugin->record.errorDetail = QStringLiteral("%1 and %2").arg(first->record.path, plugin->record.path);
        }
        plugins_.push_back(std::move(plugin));
    }
    std::stable_sort(plugins_.begin(), plugins_.end(), [](const auto& a, const auto& b) { return a->name < b->name; });
}

// Services stay too: the adapters, which live for ever, hold on to them.
Registry::~Registry()
{
    for (const auto& plugin : plugins_)
        if (plugin->adapter)
            static_cast<void>(plugin->services.release());
}

Registry::Plugin* Registry::find(const QString& name) const
{
    Plugin* any = nullptr;
    for (const auto& plugin : plugins_) {
        if (plugin->name != name)
            continue;
        if (!plugin->refused())
            return plugin.get();
        any = any ? any : plugin.get();
    }
    return any;
}

Result<void> Registry::usable(Plugin& plugin)
{
    if (plugin.refused())
        return failure(Code(plugin.record.errorCode), plugin.record.errorDetail);
    if (plugin.record.quarantined)
        return failure(Code::PluginQuarantined, plugin.name);
    if (!plugin.record.enabled)
        return failure(Code::PluginDisabled, plugin.name);
    if (plugin.failed)
        return failure(*plugin.failed);
    if (plugin.adapter)
        return {};
    if (plugin.opening)
        return failure(Code::PluginCreateFailed, QStringLiteral("%1: it needs itself").arg(plugin.name));
    plugin.opening = true;
    const auto opened = openNow(plugin);
    plugin.opening = false;
    if (!opened)
        plugin.failed = opened.error();
    return opened;
}

Result<void> Registry::openNow(Plugin& plugin)
{
    const QFileInfo file(plugin.record.path);
    if (plugin.record.modified != 0 && file.exists()
        && (file.lastModified().toMSecsSinceEpoch() != plugin.record.modified || file.size() != plugin.record.size))
        return failure(Code::PluginLoadFailed,
            QStringLiteral("%1: it changed after it was looked at; start the daemon again").arg(plugin.record.path));
    if (isolate_) {
        auto elsewhere = isolate_(plugin.record);
        if (!elsewhere)
            return failure(elsewhere.error());
        plugin.adapter = elsewhere->release();
        plugin.isolated = plugin.adapter != nullptr;
        if (plugin.isolated)
            return {};
    }
    const auto descriptor = open_(plugin.record.path);
    if (!descriptor)
        return failure(descriptor.error());
    if (QString::fromUtf8((*descriptor)->name) != plugin.name)
        return failure(Code::PluginDescriptorBad, QStringLiteral("%1: its name is another one now").arg(plugin.record.path));
    plugin.services = services_(plugin.name);
    try {
        plugin.adapter = (*descriptor)->create(*plugin.services);
        if (plugin.adapter && proxyKnown_)
            plugin.adapter->configureProxy(proxy_);
    } catch (const std::exception& error) {
        plugin.adapter = nullptr;
        return failure(Code::PluginCreateFailed, QStringLiteral("%1: %2").arg(plugin.name, QString::fromUtf8(error.what())));
    } catch (...) {
        plugin.adapter = nullptr;
    }
    if (!plugin.adapter)
        return failure(Code::PluginCreateFailed, plugin.name);
    return {};
}

Result<Registry::Plugin*> Registry::best(const QUrl& url)
{
    const QString scheme = url.scheme();
    Plugin* winner = nullptr;
    int highest = 0;
    Error why{Code::NoAdapter, scheme.isEmpty() ? url.toDisplayString() : scheme + u':'};
    for (const auto& plugin : plugins_) {
        if (!plugin->schemes.contains(scheme))
            continue;
        if (const auto ok = usable(*plugin); !ok) {
            why = ok.error();
            continue;
        }
        const int sure = confidence([&] { return plugin->adapter->support(url); });
        if (sure > highest) {
            highest = sure;
            winner = plugin.get();
        }
    }
    if (!winner)
        return failure(why);
    return winner;
}

Result<Registry::Match> Registry::adapterFor(const QUrl& url)
{
    const std::lock_guard lock(mutex_);
    const auto plugin = best(url);
    if (!plugin)
        return failure(plugin.error());
    return Match{(*plugin)->adapter, (*plugin)->name.toUtf8(), (*plugin)->isolated};
}

std::optional<Registry::Match> Registry::adapterForContent(
    QByteArrayView mime, QByteArrayView first4k, const QByteArray& current)
{
    const QString type = QString::fromUtf8(mime).section(u';', 0, 0).trimmed().toLower();
    const QByteArrayView opening = withoutLead(first4k);
    const std::lock_guard lock(mutex_);
    const auto knows = [&](const Plugin& plugin) {
        return (!type.isEmpty() && plugin.mimeTypes.contains(type))
            || std::any_of(
                plugin.marks.begin(), plugin.marks.end(), [&](const QByteArray& mark) { return opening.startsWith(mark); });
    };
    const QString currentName = QString::fromUtf8(current);
    Plugin* winner = nullptr;
    int highest = 0;
    if (const Plugin* own = find(currentName); own && own->adapter)
        highest = confidence([&] { return own->adapter->supportContent(mime, first4k); });
    for (const auto& plugin : plugins_) {
        // One that is not open yet, or is elsewhere, is asked only about what its descriptor names.
        if (plugin->name == currentName || ((!plugin->adapter || plugin->isolated) && !knows(*plugin)) || !usable(*plugin))
            continue;
        const int sure = confidence([&] { return plugin->adapter->supportContent(mime, first4k); });
        if (sure > highest) {
            highest = sure;
            winner = plugin.get();
        }
    }
    if (!winner)
        return std::nullopt;
    return Match{winner->adapter, winner->name.toUtf8(), winner->isolated};
}

void Registry::addBuiltIn(const QByteArray& name, ProtocolAdapter& adapter)
{
    const std::lock_guard lock(mutex_);
    builtIns_.insert(name, &adapter);
}

Result<Registry::Match> Registry::adapterNamed(const QByteArray& name)
{
    const std::lock_guard lock(mutex_);
    if (ProtocolAdapter* const builtIn = builtIns_.value(name))
        return Match{builtIn, name};
    Plugin* plugin = find(QString::fromUtf8(name));
    if (!plugin)
        return failure(Code::PluginMissing, QString::fromUtf8(name));
    if (auto ok = usable(*plugin); !ok)
        return failure(ok.error());
    return Match{plugin->adapter, name, plugin->isolated};
}

RangeFetcher* Registry::fetcherFor(const QUrl& url)
{
    const QString scheme = url.scheme();
    const std::lock_guard lock(mutex_);
    RangeFetcher* winner = nullptr;
    int highest = 0;
    for (const auto& plugin : plugins_) {
        if (!plugin->schemes.contains(scheme) || !usable(*plugin))
            continue;
        RangeFetcher* fetcher = plugin->adapter->fetcher();
        const int sure = fetcher ? confidence([&] { return plugin->adapter->support(url); }) : 0;
        if (sure > highest) {
            highest = sure;
            winner = fetcher;
        }
    }
    return winner;
}

void Registry::configureProxy(const ProxyConfig& proxy)
{
    const std::lock_guard lock(mutex_);
    proxy_ = proxy;
    proxyKnown_ = true;
    for (const auto& plugin : plugins_)
        if (plugin->adapter)
            plugin->adapter->configureProxy(proxy);
}

QList<Checkup> Registry::examine() const
{
    const std::lock_guard lock(mutex_);
    QList<Checkup> all;
    for (const auto& plugin : plugins_) {
        if (!plugin->adapter)
            continue;
        QList<Checkup> own;
        const auto asked = guarded([&]() -> Result<void> {
            own = plugin->adapter->examine();
            return {};
        });
        if (!asked)
            own = {{.name = QStringLiteral("its own look"), .ok = false, .detail = describe(asked.error())}};
        for (Checkup& finding : own) {
            finding.name.prepend(plugin->name + QStringLiteral(": "));
            all.append(std::move(finding));
        }
    }
    return all;
}

Result<PluginRecord> Registry::setEnabled(const QString& name, bool enabled)
{
    const std::lock_guard lock(mutex_);
    if (Plugin* plugin = find(name)) {
        plugin->record.enabled = enabled;
        plugin->record.quarantined = plugin->record.quarantined && !enabled;
        if (enabled) {
            plugin->failed.reset();
            plugin->fault.reset();
        }
        return plugin->record;
    }
    const auto nearest = std::min_element(plugins_.begin(), plugins_.end(),
        [&](const auto& a, const auto& b) { return distance(a->name, name) < distance(b->name, name); });
    if (nearest == plugins_.end())
        return failure(Code::UnknownPlugin, name);
    return failure(Code::UnknownPlugin, QStringLiteral("%1; did you mean %2?").arg(name, (*nearest)->name));
}

std::optional<PluginRecord> Registry::quarantine(const QString& name)
{
    const std::lock_guard lock(mutex_);
    Plugin* const plugin = find(name);
    if (!plugin)
        return {};
    plugin->record.quarantined = true;
    return plugin->record;
}

bool Registry::noteFault(const QString& name, const Error& fault)
{
    const std::lock_guard lock(mutex_);
    Plugin* const plugin = find(name);
    if (!plugin)
        return false;
    plugin->fault = fault;
    return !plugin->record.quarantined;
}

QJsonArray Registry::list() const
{
    const std::lock_guard lock(mutex_);
    QJsonArray result;
    for (const auto& plugin : plugins_) {
        const PluginRecord& record = plugin->record;
        const Error refused{Code(record.errorCode), record.errorDetail};
        QString state = plugin->adapter ? QStringLiteral("open") : QStringLiteral("known");
        std::optional<Error> error = plugin->fault;
        if (plugin->refused() || plugin->failed) {
            state = QStringLiteral("refused");
            error = plugin->failed ? *plugin->failed : refused;
        } else if (record.quarantined) {
            state = QStringLiteral("quarantined");
            error = Error{Code::PluginQuarantined, plugin->fault ? describe(*plugin->fault) : QString()};
        } else if (!record.enabled) {
            state = QStringLiteral("disabled");
            error = Error{Code::PluginDisabled};
        }
        result.append(QJsonObject{{QStringLiteral("name"), plugin->name},
            {QStringLiteral("version"), record.descriptor.value(QLatin1String("version")).toString()},
            {QStringLiteral("path"), record.path}, {QStringLiteral("schemes"), QJsonArray::fromStringList(plugin->schemes)},
            {QStringLiteral("mimeTypes"), QJsonArray::fromStringList(plugin->mimeTypes)}, {QStringLiteral("state"), state},
            {QStringLiteral("isolated"), plugin->isolated},
            {QStringLiteral("error"), error ? QJsonValue(QLatin1StringView(errorRow(error->code).name)) : QJsonValue()},
            {QStringLiteral("reason"), error ? describe(*error) : QString()}});
    }
    return result;
}

} // namespace weir
