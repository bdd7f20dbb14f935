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

enum class SettingType : quint8 { Bool, Integer, Rate /* "2M", bytes a second */, Size, Duration /* "5s", milliseconds */, Text, List, Choice, PortRange };

struct SettingRow {
    const char* key; ///< "limits.down"
    SettingType type;
    const char* fallback; ///< as typed by a user
    const char* choices;  ///< Choice: "a|b|c"; Integer: "min..max"; else ""
    const char* help;     ///< one sentence
};

/// The schema, by key. Docs and completion are printed from it.
std::span<const SettingRow> settingRows();
/// UnknownSetting names the nearest key.
Result<const SettingRow*> settingRow(const QString& key);
/// A user's text to a JSON value of the row's type; BadSetting says what was expected.
Result<QJsonValue> parseSetting(const SettingRow& row, const QString& text);

class Settings {
public:
    enum class Layer : quint8 { System, User, Environment, CommandLine, Runtime };

    /// Reads the system file (may be missing), the user file (may be missing) and WEIR_ variables (WEIR_LIMITS_DOWN=2M).
    /// A file that can't be read or has an unknown key is an error that names line or key; nothing is lost or overwritten.
    Result<void> load(const QString& systemFile, const QString& userFile);
    /// Reads the user file again; on an error the old values stay.
    Result<void> reload();

    QJsonValue value(const QString& key) const; ///< must be a key of the schema
    qint64 integer(const QString& key) const;   ///< also rates, sizes and durations (ms)
    QString text(const QString& key) const;
    bool flag(const QString& key) const;
    Layer layerOf(const QString& key, bool* isDefault) const;

    /// User layer: written to the file at once (temporary file, rename), unknown parts of the file are kept. Runtime: not kept.
    Result<void> set(const QString& key, const QString& text, Layer layer);
    Result<void> unset(const QString& key);
    /// Everything below "plugin.NAME." or "NAME.", as an object.
    QJsonObject section(const QString& prefix) const;
    /// Called with the key after its value has changed.
    void onChange(std::function<void(const QString& key)> listener);

private:
    QJsonObject layers_[5];
    QString systemFile_, userFile_;
    std::vector<std::function<void(const QString&)>> listeners_;
};

} // namespace weir
