#include "config/settings.h"

#include "base/text_log.h"

#include <QFile>
#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcessEnvironment>
#include <QSaveFile>
#include <QSet>

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kMaxFile = 1 << 20;

QString within(const QString& detail, const QString& fileName) { return QStringLiteral("%1 in %2").arg(detail, fileName); }

/// True if settings can lie below it: "limits", "plugin", "plugin.gopher".
bool isGroup(const QString& name)
{
    if (name == QLatin1StringView("plugin") || isPluginKey(name + QLatin1StringView(".x")))
        return true;
    const auto rows = settingRows();
    return std::any_of(
        rows.begin(), rows.end(), [&](const SettingRow& row) { return QLatin1StringView(row.key).startsWith(name + u'.'); });
}

QString listText(const QJsonArray& items)
{
    QStringList texts;
    for (const QJsonValue& item : items)
        // Anything that is no plain item makes the list unfit.
        texts.append(item.isString() && !item.toString().contains(u',') ? item.toString() : QStringLiteral("\x01"));
    return texts.join(u',');
}

Result<QJsonValue> fromJson(const SettingRow& row, const QString& key, const QJsonValue& value)
{
    if (isPluginKey(key))
        return value;
    const bool textual = row.type == SettingType::Text || row.type == SettingType::Choice || row.type == SettingType::List;
    if (value.isString())
        return parseSetting(row, value.toString());
    if (value.isNull() && row.type == SettingType::Number)
        return value;
    if (value.isArray() && row.type == SettingType::List)
        return parseSetting(row, listText(value.toArray()));
    if (value.isBool() && row.type == SettingType::Bool)
        return value;
    if (value.isDouble() && !textual && row.type != SettingType::Bool) {
        const bool whole = value.toInteger(-1) != -1 || value.toDouble() == -1;
        return parseSetting(row, whole ? QString::number(value.toInteger()) : QString::number(value.toDouble(), 'g', 17));
    }
    return failure(Code::BadSetting, QStringLiteral("%1: expected a %2").arg(key, QLatin1StringView(toString(row.type))));
}

Result<void> flatten(const QJsonObject& object, const QString& prefix, const QString& fileName, QJsonObject& out)
{
    for (auto member = object.begin(); member != object.end(); ++member) {
        const QString key = prefix + member.key();
        const auto row = settingRow(key);
        if (!row && member->isObject() && isGroup(key)) {
            if (auto ok = flatten(member->toObject(), key + u'.', fileName, out); !ok)
                return ok;
            continue;
        }
        if (!row)
            return failure(row.error().code, within(row.error().detail, fileName));
        if (out.contains(key))
            return failure(Code::SettingsUnreadable, within(QStringLiteral("%1 stands twice").arg(key), fileName));
        const auto value = fromJson(**row, key, *member);
        if (!value)
            return failure(value.error().code, within(value.error().detail, fileName));
        out.insert(key, *value);
    }
    return {};
}

Result<QJsonObject> parseRoot(QByteArrayView json, const QString& fileName)
{
    if (json.size() > kMaxFile)
        return failure(Code::SettingsUnreadable, QStringLiteral("%1 is larger than %2 bytes").arg(fileName).arg(kMaxFile));
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(json.toByteArray(), &error);
    if (error.error != QJsonParseError::NoError) {
        const auto line = 1 + json.first(std::clamp<qsizetype>(error.offset, 0, json.size())).count('\n');
        return failure(
            Code::SettingsUnreadable, QStringLiteral("%1 line %2: %3").arg(fileName).arg(line).arg(error.errorString()));
    }
    if (!document.isObject())
        return failure(Code::SettingsUnreadable, QStringLiteral("%1 line 1: expected an object, { ... }").arg(fileName));
    return document.object();
}

/// A missing file is an empty object.
Result<QByteArray> contents(const QString& fileName)
{
    QFile file(fileName);
    if (fileName.isEmpty() || !file.exists())
        return QByteArray("{}");
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::SettingsUnreadable, QStringLiteral("open %1: %2").arg(fileName, file.errorString()));
    QByteArray bytes = file.read(kMaxFile + 1);
    if (file.error() != QFileDevice::NoError)
        return failure(Code::SettingsUnreadable, QStringLiteral("read %1: %2").arg(fileName, file.errorString()));
    return bytes;
}

Result<QJsonObject> readConfig(const QString& fileName)
{
    const auto bytes = contents(fileName);
    return bytes ? parseConfig(*bytes, fileName) : failure(bytes.error());
}

constexpr auto kOwnOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner;

/// An editor may have written a password into a file that others can read.
void hideSecretsIn(const QString& fileName)
{
    const auto bytes = contents(fileName);
    const bool open = QFile::permissions(fileName) & (QFileDevice::ReadGroup | QFileDevice::ReadOther);
    if (bytes && open && maskSecrets(QByteArrayView(*bytes)) != *bytes)
        QFile::setPermissions(fileName, kOwnOnly);
}

QString variableName(QString key) { return QLatin1StringView("WEIR_") + key.toUpper().replace(u'.', u'_'); }

Result<QJsonObject> readEnvironment(const QProcessEnvironment& environment)
{
    QHash<QString, const SettingRow*> known;
    QSet<QString> groups;
    for (const SettingRow& row : settingRows()) {
        const QString key = QString::fromLatin1(row.key);
        known.insert(variableName(key), &row);
        groups.insert(variableName(key.section(u'.', 0, 0)) + u'_');
    }
    QJsonObject values;
    for (const QString& variable : environment.keys()) {
        if (const SettingRow* row = known.value(variable)) {
            const auto value = parseSetting(*row, environment.value(variable));
            if (!value)
                return failure(value.error().code, within(value.error().detail, variable));
            values.insert(QString::fromLatin1(row->key), *value);
        } else if (groups.contains(variable.section(u'_', 0, 1) + u'_')) {
            const QString meant = variable.mid(5).toLower().replace(u'_', u'.');
            return failure(
                Code::UnknownSetting, QStringLiteral("variable %1: %2").arg(variable, settingRow(meant).error().detail));
        }
    }
    return values;
}

/// Takes the key out wherever it stands, dotted or nested, and groups that become empty with it.
void removeKey(QJsonObject& object, const QString& key)
{
    object.remove(key);
    for (const QString& name : object.keys()) {
        if (!key.startsWith(name + u'.') || !object[name].isObject())
            continue;
        QJsonObject inner = object[name].toObject();
        removeKey(inner, key.mid(name.size() + 1));
        if (inner.isEmpty())
            object.remove(name);
        else
            object.insert(name, inner);
    }
}

/// Into the group that is there already, else under its dotted key.
void insertKey(QJsonObject& object, const QString& key, const QJsonValue& value)
{
    for (const QString& name : object.keys()) {
        if (!key.startsWith(name + u'.') || !object[name].isObject())
            continue;
        QJsonObject inner = object[name].toObject();
        insertKey(inner, key.mid(name.size() + 1), value);
        object.insert(name, inner);
        return;
    }
    object.insert(key, value);
}

/// As a person would have written it.
QJsonValue fileValue(const SettingRow& row, const QJsonValue& value)
{
    const bool plain = row.type == SettingType::Bool || row.type == SettingType::Integer || row.type == SettingType::Number
        || row.type == SettingType::List;
    return plain ? value : QJsonValue(settingText(row, value));
}

Result<void> writeFile(const QString& fileName, const QJsonObject& root)
{
    QSaveFile file(fileName);
    const auto failed = [&](const char* what) {
        return failure(Code::DiskError, QStringLiteral("%1 %2: %3").arg(QLatin1StringView(what), fileName, file.errorString()));
    };
    if (!file.open(QIODevice::WriteOnly))
        return failed("open");
    // Proxy passwords may be in it.
    if (!file.setPermissions(kOwnOnly))
        return failed("set the permissions of");
    file.write(QJsonDocument(root).toJson());
    if (!file.commit())
        return failed("write");
    return {};
}

QJsonValue fallbackOf(const QString& key)
{
    static const QHash<QString, QJsonValue> fallbacks = [] {
        QHash<QString, QJsonValue> all;
        for (const SettingRow& row : settingRows())
            all.insert(
                QString::fromLatin1(row.key), parseSetting(row, QString::fromLatin1(row.fallback)).value_or(QJsonValue()));
        return all;
    }();
    return fallbacks.value(key, QJsonValue(QJsonValue::Undefined));
}

} // namespace

Result<QJsonObject> parseConfig(QByteArrayView json, const QString& fileName)
{
    const auto root = parseRoot(json, fileName);
    if (!root)
        return root;
    QJsonObject values;
    if (auto ok = flatten(*root, {}, fileName, values); !ok)
        return failure(ok.error());
    return values;
}

Result<void> Settings::load(const QString& systemFile, const QString& userFile)
{
    const auto system = readConfig(systemFile);
    const auto user = system ? readConfig(userFile) : system;
    const auto environment = user ? readEnvironment(QProcessEnvironment::systemEnvironment()) : user;
    // The names stay also after a failure: the file can be mended and reloaded.
    systemFile_ = systemFile;
    userFile_ = userFile;
    hideSecretsIn(userFile);
    if (!environment)
        return failure(environment.error());
    replace(Layer::System, *system);
    replace(Layer::User, *user);
    replace(Layer::Environment, *environment);
    return {};
}

Result<void> Settings::reload()
{
    hideSecretsIn(userFile_);
    const auto user = readConfig(userFile_);
    if (!user)
        return failure(user.error());
    replace(Layer::User, *user);
    return {};
}

QJsonValue Settings::value(const QString& key) const
{
    for (auto layer = std::rbegin(layers_); layer != std::rend(layers_); ++layer)
        if (const auto found = layer->find(key); found != layer->end())
            return *found;
    return fallbackOf(key);
}

qint64 Settings::integer(const QString& key) const { return value(key).toInteger(); }
QString Settings::text(const QString& key) const { return value(key).toString(); }
bool Settings::flag(const QString& key) const { return value(key).toBool(); }

Settings::Layer Settings::layerOf(const QString& key, bool* isDefault) const
{
    int layer = int(std::size(layers_)) - 1;
    while (layer >= 0 && !layers_[layer].contains(key))
        --layer;
    if (isDefault)
        *isDefault = layer < 0;
    return Layer(std::max(layer, 0));
}

Result<void> Settings::set(const QString& key, const QString& text, Layer layer)
{
    const auto row = settingRow(key);
    const auto value = row ? parseSetting(**row, text) : failure(row.error());
    if (!value)
        return failure(value.error());
    if (layer == Layer::User)
        return edit(key, fileValue(**row, *value));
    replaceOne(layer, key, *value);
    return {};
}

Result<void> Settings::unset(const QString& key)
{
    if (const auto row = settingRow(key); !row)
        return failure(row.error());
    if (auto ok = edit(key, QJsonValue(QJsonValue::Undefined)); !ok)
        return ok;
    replaceOne(Layer::Runtime, key, QJsonValue(QJsonValue::Undefined));
    return {};
}

QJsonObject Settings::section(const QString& name) const
{
    QStringList keys;
    for (const SettingRow& row : settingRows())
        keys.append(QString::fromLatin1(row.key));
    for (const QJsonObject& layer : layers_)
        keys.append(layer.keys());
    QJsonObject found;
    const QString own = name.endsWith(u'.') ? name : name + u'.';
    for (const QString& prefix : {own, QLatin1StringView("plugin.") + own})
        for (const QString& key : keys)
            if (key.startsWith(prefix))
                found.insert(key.mid(prefix.size()), value(key));
    return found;
}

void Settings::onChange(std::function<void(const QString&)> listener) { listeners_.push_back(std::move(listener)); }

Result<void> Settings::edit(const QString& key, const QJsonValue& value)
{
    // What the file holds now, not what we read once: an editor may have been at it.
    const auto bytes = contents(userFile_);
    auto root = bytes ? parseRoot(*bytes, userFile_) : failure(bytes.error());
    const auto valid = root ? parseConfig(*bytes, userFile_) : failure(root.error());
    if (!valid)
        return failure(valid.error());
    removeKey(*root, key);
    if (!value.isUndefined())
        insertKey(*root, key, value);
    if (auto written = writeFile(userFile_, *root); !written)
        return written;
    return reload();
}

void Settings::replace(Layer layer, const QJsonObject& values)
{
    QJsonObject& current = layers_[int(layer)];
    QStringList keys = current.keys() + values.keys();
    keys.removeDuplicates();
    QHash<QString, QJsonValue> before;
    for (const QString& key : keys)
        before.insert(key, value(key));
    current = values;
    for (const QString& key : keys) {
        if (value(key) == before.value(key))
            continue;
        for (std::size_t i = 0; i < listeners_.size(); ++i)
            listeners_[i](key);
    }
}

void Settings::replaceOne(Layer layer, const QString& key, const QJsonValue& value)
{
    QJsonObject values = layers_[int(layer)];
    if (value.isUndefined())
        values.remove(key);
    else
        values.insert(key, value);
    replace(layer, values);
}

} // namespace weir
