#pragma once
// All settings: one typed table of keys, and values in layers default < system < user < environment < command line < runtime.
// Main thread; others get values handed over. The user layer is config.json, read again when it changes on disk.

#include <weir/result.h>

#include <QJsonObject>
#include <QJsonValue>
#include <QString>

#include <functional>
#include <span>
#include <vector>

namespace weir {

enum class SettingType : quint8 {
    Bool,
    Integer,
    Rate /* "2M", bytes a second */,
    Size,
    Duration /* "5s", milliseconds */,
    Number /* "1.5"; nothing: null */,
    Text,
    List,
    Choice,
    PortRange
};

struct SettingRow {
    const char* key; ///< "limits.down"
    SettingType type;
    const char* fallback; ///< as typed by a user
    const char* choices;  ///< Choice: "a|b|c"; a number with bounds: "min..max"; else ""
    const char* help;     ///< one sentence
};

/// The schema, by key. Docs and completion are printed from it.
std::span<const SettingRow> settingRows();
/// UnknownSetting names the nearest key. All keys below "plugin.NAME." share one row: their values are the plugin's matter.
Result<const SettingRow*> settingRow(const QString& key);
bool isPluginKey(QStringView key);
/// A user's text to a JSON value of the row's type; BadSetting says what was expected.
Result<QJsonValue> parseSetting(const SettingRow& row, const QString& text);
/// The other way: what parseSetting() reads as the same value.
QString settingText(const SettingRow& row, const QJsonValue& value);
const char* toString(SettingType type);

/// The text of a settings file (nested or dotted keys) to values by dotted key. Pure. Errors name `fileName` and line or key:
/// SettingsUnreadable (not JSON, a key twice), UnknownSetting, BadSetting.
Result<QJsonObject> parseConfig(QByteArrayView json, const QString& fileName);

class Settings {
public:
    enum class Layer : quint8 { System, User, Environment, CommandLine, Runtime };

    /// Reads the system file (may be missing), the user file (may be missing) and WEIR_ variables (WEIR_LIMITS_DOWN=2M).
    /// A file that can't be read or has an unknown key is an error that names line or key; nothing is lost or overwritten.
    /// So is a variable like WEIR_LIMITS_DWON, whose first word is a group of settings.
    Result<void> load(const QString& systemFile, const QString& userFile);
    /// Reads the user file again; on an error the old values stay.
    Result<void> reload();
    const QString& userFile() const { return userFile_; }

    QJsonValue value(const QString& key) const; ///< must be a key of the schema
    qint64 integer(const QString& key) const;   ///< also rates, sizes and durations (ms)
    QString text(const QString& key) const;
    bool flag(const QString& key) const;
    Layer layerOf(const QString& key, bool* isDefault) const;

    /// User layer: written to the file at once (temporary file, rename), on top of what the file holds at that moment; a file
    /// that can't be understood is left alone. Other layers: not kept.
    Result<void> set(const QString& key, const QString& text, Layer layer);
    /// Takes the key out of the file and of the runtime layer.
    Result<void> unset(const QString& key);
    /// Everything below "plugin.NAME." and "NAME.", by the rest of its key.
    QJsonObject section(const QString& name) const;
    /// Called with the key after its value has changed.
    void onChange(std::function<void(const QString& key)> listener);

private:
    Result<void> edit(const QString& key, const QJsonValue& value);
    void replace(Layer layer, const QJsonObject& values);
    void replaceOne(Layer layer, const QString& key, const QJsonValue& value);

    QJsonObject layers_[5]; ///< parsed values by dotted key
    QString systemFile_, userFile_;
    std::vector<std::function<void(const QString&)>> listeners_;
};

} // namespace weir
