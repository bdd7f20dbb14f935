#include "rpc/method_lists.h"

#include "base/text_log.h"
#include "queue/task_json.h"
#include "rpc/capture.h"
#include "rpc/doctor.h"
#include "rpc/events.h"
#include "rpc/params.h"

namespace weir {

namespace {

constexpr qsizetype kMaxName = 256;

QString layerName(Settings::Layer layer, bool isDefault)
{
    if (isDefault)
        return QStringLiteral("default");
    switch (layer) {
    case Settings::Layer::System: return QStringLiteral("system");
    case Settings::Layer::User: return QStringLiteral("user");
    case Settings::Layer::Environment: return QStringLiteral("environment");
    case Settings::Layer::CommandLine: return QStringLiteral("commandLine");
    case Settings::Layer::Runtime: break;
    }
    return QStringLiteral("runtime");
}

/// A password in an address, or behind a key that is called so, is only in the file.
QString shownSetting(const QString& key, const QString& text)
{
    const QString name = key.section(u'.', -1) + u'=';
    return maskSecrets(name + maskSecrets(text)).mid(name.size());
}

QJsonValue shownSetting(const QString& key, const QJsonValue& value)
{
    if (value.isString())
        return shownSetting(key, value.toString());
    if (!value.isArray())
        return value;
    QJsonArray all;
    for (const QJsonValue& one : value.toArray())
        all.append(shownSetting(key, one));
    return all;
}

/// The value as a user would type it, and as programs read it.
QJsonObject settingValue(const Settings& settings, const QString& key, const SettingRow& row)
{
    bool isDefault = false;
    const Settings::Layer layer = settings.layerOf(key, &isDefault);
    const QJsonValue value = settings.value(key);
    return {{QStringLiteral("key"), key}, {QStringLiteral("value"), shownSetting(key, settingText(row, value))},
        {QStringLiteral("parsed"), shownSetting(key, value)}, {QStringLiteral("layer"), layerName(layer, isDefault)}};
}

void hello(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const QString client = params.requiredText("client").left(kMaxName);
    params.text("version");
    const qint64 protocol = params.requiredInteger("protocol", 0, std::numeric_limits<int>::max());
    const QString role = params.requiredText("role");
    const QString origin = params.text("origin").left(kMaxName);
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    if (auto ok = session.hello(client, int(protocol), role, origin); !ok)
        return reply(failure(ok.error()));
    reply(QJsonObject{{QStringLiteral("version"), backend.version}, {QStringLiteral("protocol"), kProtocol},
        {QStringLiteral("pid"), backend.statistics().value(QStringLiteral("pid"))}, {QStringLiteral("role"), role}});
}

void listSettings(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    QJsonArray all;
    for (const SettingRow& row : settingRows()) {
        QJsonObject setting = settingValue(backend.settings, QString::fromLatin1(row.key), row);
        setting.insert(QStringLiteral("type"), QLatin1StringView(toString(row.type)));
        setting.insert(QStringLiteral("default"), QString::fromUtf8(row.fallback));
        setting.insert(QStringLiteral("choices"), QString::fromUtf8(row.choices));
        setting.insert(QStringLiteral("help"), QString::fromUtf8(row.help));
        all.append(setting);
    }
    reply(QJsonObject{{QStringLiteral("settings"), all}});
}

void getSetting(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const QString key = params.requiredText("key");
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    const auto row = settingRow(key);
    if (!row)
        return reply(failure(row.error()));
    reply(settingValue(backend.settings, key, **row));
}

void setSetting(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const QString key = params.requiredText("key");
    const bool unset = !params.has("value"); // null: back to the layer below
    const QString value = params.text("value");
    if (!given.contains(QStringLiteral("value")))
        params.fail("value", QStringLiteral("a string or null is expected"));
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    const auto row = settingRow(key);
    if (!row)
        return reply(failure(row.error()));
    const auto done = unset ? backend.settings.unset(key) : backend.settings.set(key, value, Settings::Layer::User);
    if (!done)
        return reply(failure(done.error()));
    reply(settingValue(backend.settings, key, **row));
}

void listPlugins(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    reply(QJsonObject{{QStringLiteral("plugins"), backend.registry.list()}});
}

void switchPlugin(Backend& backend, const QJsonObject& given, bool on, Reply reply)
{
    Params params(given);
    const QString name = params.requiredText("name");
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    const auto record = backend.registry.setEnabled(name, on);
    if (!record)
        return reply(failure(record.error()));
    const auto keep = [record = *record, name, on](Store& store) {
        store.savePlugin(record);
        if (on)
            store.dropStrikes(name);
    };
    backend.ledger.write(keep, [reply = std::move(reply)](const Result<void>& durable) {
        if (!durable)
            return reply(failure(durable.error()));
        reply(Answer());
    });
}

void enablePlugin(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    switchPlugin(backend, given, true, std::move(reply));
}
void disablePlugin(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    switchPlugin(backend, given, false, std::move(reply));
}

void subscribe(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const auto since = params.integer("since", 0, Params::kMaxInteger);
    const auto tasks = params.ids("tasks");
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    const QList<TaskId> only = tasks.value_or(QList<TaskId>{});
    backend.events.subscribe(session, since, QSet<TaskId>(only.begin(), only.end()), reply);
}

void unsubscribe(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    backend.events.unsubscribe(session);
    reply(Answer());
}

void status(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    QJsonObject all = backend.statistics();
    const QJsonObject queue = backend.queue.statistics();
    for (auto it = queue.begin(); it != queue.end(); ++it)
        all.insert(it.key(), it.value());
    all.insert(QStringLiteral("version"), backend.version);
    const Foreground::Counts user = backend.capture.foreground.total();
    all.insert(QStringLiteral("foreground"),
        QJsonObject{{QStringLiteral("pages"), user.pages}, {QStringLiteral("playing"), user.playing}});
    reply(all);
}

void listMethods(Backend&, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    QJsonArray all;
    for (const Method& method : methods())
        all.append(QJsonObject{{QStringLiteral("name"), QLatin1StringView(method.name)},
            {QStringLiteral("role"), method.atLeast == Role::Browser ? QStringLiteral("browser") : QStringLiteral("client")},
            {QStringLiteral("params"), QString::fromUtf8(method.params)},
            {QStringLiteral("help"), QString::fromUtf8(method.help)}});
    reply(QJsonObject{{QStringLiteral("methods"), all}});
}

void stop(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    reply(Answer());
    backend.stopDaemon();
}

void doctor(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    examine(backend, std::move(reply));
}

void explain(Backend&, Session&, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const QString code = given.value(QStringLiteral("code")).isDouble()
        ? QString::number(params.requiredInteger("code", 0, 65535))
        : params.requiredText("code");
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    const ErrorRow* row = findErrorRow(QStringView(code));
    if (!row)
        return reply(failure(Code::UnknownError, code.left(kMaxName)));
    reply(errorJson(Error{row->code, {}}));
}

constexpr Method kMethods[] = {
    {"session.hello", Role::Browser, hello,
        "client: string, version?: string, protocol: int, role: client|browser, origin?: string",
        "The first call, once a connection: who is there, and in which role."},
    {"config.list", Role::Client, listSettings, "", "All settings with type, value, default, layer and meaning."},
    {"config.get", Role::Client, getSetting, "key: string", "One setting's value and the layer that it comes from."},
    {"config.set", Role::Client, setSetting, "key: string, value: string|null",
        "Sets a setting as a user would type it, kept in config.json; null takes it out."},
    {"plugin.list", Role::Client, listPlugins, "",
        "All plugins with version, schemes, content types, state, process and the last error."},
    {"plugin.enable", Role::Client, enablePlugin, "name: string", "Switches a plugin on, and ends its quarantine."},
    {"plugin.disable", Role::Client, disablePlugin, "name: string", "Switches a plugin off for tasks that start from now on."},
    {"events.subscribe", Role::Browser, subscribe, "since?: int, tasks?: [int]",
        "A snapshot, then events.delta notifications with growing numbers (gaps are normal); with a `since` that is still "
        "known only what was "
        "missed. A snapshot with a `cursor` goes on in task.list. After events.resync subscribe again."},
    {"events.unsubscribe", Role::Client, unsubscribe, "", "Ends the notifications."},
    {"system.status", Role::Client, status, "", "The daemon's health: process, tasks by state, rates, connections."},
    {"system.listMethods", Role::Client, listMethods, "", "Every method with its parameters."},
    {"system.stop", Role::Client, stop, "", "Stops the daemon in order; tasks go on with its next start."},
    {"system.doctor", Role::Browser, doctor, "", "Looks whether everything is in place, and says what to do if not."},
    {"system.explain", Role::Client, explain, "code: string|int", "A row of the error table by name or number."},
};

} // namespace

std::span<const Method> systemMethods() { return kMethods; }

} // namespace weir
