#include "config/settings.h"

#include "config/settings_docs.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir;
using Layer = Settings::Layer;

namespace {

class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) { qputenv(name, value); }
    ~Variable() { qunsetenv(name_); }

private:
    const char* name_;
};

class SettingsTest : public testing::Test {
protected:
    QString write(const char* name, const QByteArray& text)
    {
        const QString path = folder_.filePath(QString::fromLatin1(name));
        QFile file(path);
        EXPECT_TRUE(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(text);
        return path;
    }
    QByteArray read(const char* name)
    {
        QFile file(folder_.filePath(QString::fromLatin1(name)));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    Result<void> load()
    {
        return settings_.load(folder_.filePath(QStringLiteral("system.json")), folder_.filePath(QStringLiteral("config.json")));
    }

    QTemporaryDir folder_;
    Settings settings_;
};

QString example(const SettingRow& row)
{
    const QString fallback = QString::fromLatin1(row.fallback);
    switch (row.type) {
    case SettingType::Bool: return fallback == QLatin1String("true") ? QStringLiteral("false") : QStringLiteral("true");
    case SettingType::Integer: return fallback == QLatin1String("7") ? QStringLiteral("8") : QStringLiteral("7");
    case SettingType::Number: return QStringLiteral("2.5");
    case SettingType::Rate:
    case SettingType::Size: return QStringLiteral("3M");
    case SettingType::Duration: return QStringLiteral("1700ms");
    case SettingType::Text: return QStringLiteral("some, \"text\"");
    case SettingType::List: return QStringLiteral("a, .b.c");
    case SettingType::Choice: return QString::fromLatin1(row.choices).section(u'|', -1);
    case SettingType::PortRange: return QStringLiteral("7000-7010");
    }
    return {};
}

Code codeOf(const Result<QJsonObject>& result) { return result ? Code::Ok : result.error().code; }
Code parseCode(const char* json) { return codeOf(parseConfig(json, QStringLiteral("c.json"))); }

} // namespace

TEST_F(SettingsTest, EveryKeyGoesAroundThroughTheFile)
{
    ASSERT_TRUE(load());
    for (const SettingRow& row : settingRows()) {
        const QString key = QString::fromLatin1(row.key);
        const auto wanted = parseSetting(row, example(row));
        ASSERT_TRUE(wanted) << row.key << describe(wanted.error()).toStdString();
        ASSERT_NE(settings_.value(key), *wanted) << row.key;
        ASSERT_TRUE(settings_.set(key, example(row), Layer::User)) << row.key;
        EXPECT_EQ(settings_.value(key), *wanted) << row.key;
        EXPECT_EQ(parseSetting(row, settingText(row, *wanted)).value(), *wanted) << row.key;
        bool isDefault = true;
        EXPECT_EQ(settings_.layerOf(key, &isDefault), Layer::User);
        EXPECT_FALSE(isDefault);
    }
    Settings again;
    ASSERT_TRUE(again.load({}, folder_.filePath(QStringLiteral("config.json"))));
    for (const SettingRow& row : settingRows())
        EXPECT_EQ(again.value(QString::fromLatin1(row.key)), parseSetting(row, example(row)).value()) << row.key;
    for (const SettingRow& row : settingRows())
        ASSERT_TRUE(again.unset(QString::fromLatin1(row.key))) << row.key;
    EXPECT_EQ(read("config.json").simplified(), "{ }");
}

TEST_F(SettingsTest, EveryKeyGoesAroundThroughItsVariable)
{
    for (const SettingRow& row : settingRows()) {
        const QByteArray name = "WEIR_" + QByteArray(row.key).toUpper().replace('.', '_');
        const Variable variable(name, example(row).toUtf8());
        ASSERT_TRUE(load()) << row.key;
        EXPECT_EQ(settings_.value(QString::fromLatin1(row.key)), parseSetting(row, example(row)).value()) << row.key;
        EXPECT_EQ(settings_.layerOf(QString::fromLatin1(row.key), nullptr), Layer::Environment);
    }
}

TEST(SettingRows, FallbacksFitTheirRows)
{
    Settings settings;
    for (const SettingRow& row : settingRows()) {
        const auto fallback = parseSetting(row, QString::fromLatin1(row.fallback));
        ASSERT_TRUE(fallback) << row.key;
        EXPECT_EQ(settings.value(QString::fromLatin1(row.key)), *fallback);
        EXPECT_EQ(settingText(row, *fallback), QString::fromLatin1(row.fallback)) << row.key;
        EXPECT_TRUE(QString::fromLatin1(row.help).endsWith(u'.')) << row.key;
    }
    EXPECT_EQ(settings.integer(QStringLiteral("retry.cap")), 300'000);
    EXPECT_EQ(settings.integer(QStringLiteral("transfer.buffers")), 64 << 20);
    EXPECT_EQ(settings.text(QStringLiteral("downloads.ifExists")), QStringLiteral("rename"));
    EXPECT_TRUE(settings.flag(QStringLiteral("network.http3")));
}

TEST(SettingRow, AnUnknownKeyIsToldTheNearest)
{
    for (const auto& [typed, meant] : {std::pair{"limits.dwon", "limits.down"}, {"LIMITS.UP", "limits.up"},
             {"perhost", "connections.perHost"}, {"network.proxi", "network.proxy"}}) {
        const auto row = settingRow(QString::fromLatin1(typed));
        ASSERT_FALSE(row);
        EXPECT_EQ(row.error().code, Code::UnknownSetting);
        EXPECT_TRUE(row.error().detail.endsWith(QLatin1String(meant))) << row.error().detail.toStdString();
    }
    EXPECT_FALSE(settingRow(QString(1'000'000, u'a')));
}

TEST(ParseSetting, SaysWhatWasExpected)
{
    const auto refused = [](const char* key, const char* text, const char* expected) {
        const auto value = parseSetting(*settingRow(QString::fromLatin1(key)).value(), QString::fromLatin1(text));
        return !value && value.error().code == Code::BadSetting && value.error().detail.contains(QLatin1String(key))
            && value.error().detail.contains(QLatin1String(expected));
    };
    EXPECT_TRUE(refused("limits.down", "fast", "K, M, G"));
    EXPECT_TRUE(refused("limits.down", "-1", "K, M, G"));
    EXPECT_TRUE(refused("connections.perHost", "0", "from 1 to 256"));
    EXPECT_TRUE(refused("connections.perHost", "257", "from 1 to 256"));
    EXPECT_TRUE(refused("connections.perHost", "1.5", "whole number"));
    EXPECT_TRUE(refused("retry.base", "5", "unit"));
    EXPECT_TRUE(refused("sync.interval", "2h", "to 1h"));
    EXPECT_TRUE(refused("transfer.buffers", "1K", "from 1M"));
    EXPECT_TRUE(refused("downloads.ifExists", "ask", "rename, resume, overwrite, skip"));
    EXPECT_TRUE(refused("network.http3", "maybe", "true or false"));
    EXPECT_TRUE(refused("network.userAgent", "a\r\nX: y", "control"));
}

TEST(ParseSetting, PortRanges)
{
    constexpr SettingRow row{"ports", SettingType::PortRange, "80", "", ""};
    EXPECT_EQ(parseSetting(row, QStringLiteral(" 6881-6889 ")).value(), QStringLiteral("6881-6889"));
    EXPECT_EQ(parseSetting(row, QStringLiteral("80")).value(), QStringLiteral("80"));
    for (const char* text : {"", "0", "2-1", "1-2-3", "65536", "a", "-", "1-"})
        EXPECT_FALSE(parseSetting(row, QString::fromLatin1(text))) << text;
    constexpr SettingRow any{"ports", SettingType::PortRange, "", "", ""};
    EXPECT_EQ(parseSetting(any, QString()).value(), QString());
}

TEST(ParseConfig, DottedAndNestedKeys)
{
    const auto values =
        parseConfig(R"({"limits": {"down": "2M", "up": 1000}, "network.noProxy": ["a", "b"], "queue": {"running": 3},
                                        "network": {"http3": false}, "plugin": {"gopher": {"menu": {"deep": [1]}}}, "plugin.gopher.x": 1})",
            QStringLiteral("c.json"));
    ASSERT_TRUE(values) << describe(values.error()).toStdString();
    EXPECT_EQ(*values,
        (QJsonObject{{"limits.down", 2 << 20}, {"limits.up", 1000}, {"network.noProxy", QJsonArray{"a", "b"}},
            {"queue.running", 3}, {"network.http3", false}, {"plugin.gopher.menu", QJsonObject{{"deep", QJsonArray{1}}}},
            {"plugin.gopher.x", 1}}));
}

TEST(ParseConfig, RefusesWhatItDoesNotKnow)
{
    EXPECT_EQ(parseCode(R"({"limits": {"dwon": 1}})"), Code::UnknownSetting);
    EXPECT_EQ(parseCode(R"({"foo": {}})"), Code::UnknownSetting);
    EXPECT_EQ(parseCode(R"({"limits": 5})"), Code::UnknownSetting);
    EXPECT_EQ(parseCode(R"({"plugin": {"": {"x": 1}}})"), Code::UnknownSetting);
    EXPECT_EQ(parseCode(R"({"limits.down": {"x": 1}})"), Code::BadSetting);
    EXPECT_EQ(parseCode(R"({"limits.down": null})"), Code::BadSetting);
    EXPECT_EQ(parseCode(R"({"retry.base": 5})"), Code::BadSetting);
    EXPECT_EQ(parseCode(R"({"queue.running": 1.5})"), Code::BadSetting);
    EXPECT_EQ(parseCode(R"({"network.http3": 1})"), Code::BadSetting);
    EXPECT_EQ(parseCode(R"({"network.proxy": 1})"), Code::BadSetting);
    EXPECT_EQ(parseCode(R"({"network.noProxy": [1]})"), Code::BadSetting);
    EXPECT_EQ(parseCode(R"({"network.noProxy": ["a,b"]})"), Code::BadSetting);
    EXPECT_EQ(parseCode(R"({"limits.down": 1, "limits": {"down": 2}})"), Code::SettingsUnreadable);
    EXPECT_EQ(parseCode("[]"), Code::SettingsUnreadable);
    EXPECT_EQ(parseCode(""), Code::SettingsUnreadable);
}

TEST(ParseConfig, NamesFileAndLine)
{
    const auto values = parseConfig("{\n  \"limits.down\": 1,\n  oops\n}", QStringLiteral("/etc/weir.json"));
    ASSERT_FALSE(values);
    EXPECT_EQ(values.error().code, Code::SettingsUnreadable);
    EXPECT_TRUE(values.error().detail.startsWith(QLatin1String("/etc/weir.json line 3")))
        << values.error().detail.toStdString();
}

TEST_F(SettingsTest, LaterLayersWin)
{
    const QString key = QStringLiteral("limits.down");
    write("system.json", R"({"limits.down": "1K", "limits.up": "1K"})");
    write("config.json", R"({"limits.down": "2K"})");
    ASSERT_TRUE(load());
    EXPECT_EQ(settings_.integer(key), 2048);
    EXPECT_EQ(settings_.integer(QStringLiteral("limits.up")), 1024);
    const Variable variable("WEIR_LIMITS_DOWN", "3K");
    ASSERT_TRUE(load());
    EXPECT_EQ(settings_.integer(key), 3072);
    ASSERT_TRUE(settings_.set(key, QStringLiteral("4K"), Layer::CommandLine));
    EXPECT_EQ(settings_.integer(key), 4096);
    ASSERT_TRUE(settings_.set(key, QStringLiteral("5K"), Layer::Runtime));
    EXPECT_EQ(settings_.integer(key), 5120);
    EXPECT_EQ(settings_.layerOf(key, nullptr), Layer::Runtime);
    EXPECT_FALSE(read("config.json").contains("5K"));
}

TEST_F(SettingsTest, AMissingFileIsNoErrorABrokenOneIs)
{
    EXPECT_TRUE(load());
    write("config.json", "{");
    const auto loaded = load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Code::SettingsUnreadable);
    EXPECT_EQ(read("config.json"), "{");
}

TEST_F(SettingsTest, AMistypedVariableIsAnError)
{
    const Variable home("WEIR_HOME", "/nowhere");
    EXPECT_TRUE(load()) << "not a setting at all";
    const Variable typo("WEIR_LIMITS_DWON", "1");
    const auto loaded = load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Code::UnknownSetting);
    EXPECT_TRUE(loaded.error().detail.contains(QLatin1String("limits.down"))) << loaded.error().detail.toStdString();
}

TEST_F(SettingsTest, ABadVariableNamesItself)
{
    const Variable bad("WEIR_QUEUE_RUNNING", "many");
    const auto loaded = load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Code::BadSetting);
    EXPECT_TRUE(loaded.error().detail.contains(QLatin1String("WEIR_QUEUE_RUNNING")));
}

TEST_F(SettingsTest, SetKeepsTheRestOfTheFileAndItsNesting)
{
    write("config.json", R"({"limits": {"down": "2M", "up": "1M"}, "plugin": {"x": {"y": [1, {"z": null}]}}})");
    ASSERT_TRUE(load());
    ASSERT_TRUE(settings_.set(QStringLiteral("limits.down"), QStringLiteral("5m"), Layer::User));
    ASSERT_TRUE(settings_.set(QStringLiteral("queue.running"), QStringLiteral("9"), Layer::User));
    EXPECT_EQ(read("config.json").simplified(),
        R"({ "limits": { "down": "5M", "up": "1M" }, "plugin": { "x": { "y": [ 1, { "z": null } ] } }, "queue.running": 9 })");
}

TEST_F(SettingsTest, SetDoesNotClobberAnEditMadeMeanwhile)
{
    ASSERT_TRUE(load());
    write("config.json", R"({"limits.up": "7K"})");
    ASSERT_TRUE(settings_.set(QStringLiteral("limits.down"), QStringLiteral("1K"), Layer::User));
    EXPECT_EQ(settings_.integer(QStringLiteral("limits.up")), 7168);
    EXPECT_TRUE(read("config.json").contains("limits.up"));
}

TEST_F(SettingsTest, ABrokenFileIsNeverOverwritten)
{
    ASSERT_TRUE(load());
    for (const char* text : {"{ oops", R"({"limits.dwon": 1})"}) {
        write("config.json", text);
        EXPECT_FALSE(settings_.set(QStringLiteral("limits.down"), QStringLiteral("1K"), Layer::User));
        EXPECT_FALSE(settings_.unset(QStringLiteral("limits.down")));
        EXPECT_FALSE(settings_.reload());
        EXPECT_EQ(read("config.json"), text);
    }
}

TEST_F(SettingsTest, TheFileIsPrivate)
{
    QFile::setPermissions(write("config.json", "{}"), QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther);
    ASSERT_TRUE(load());
    ASSERT_TRUE(settings_.set(QStringLiteral("network.proxy"), QStringLiteral("http://u:p@h:1"), Layer::User));
    EXPECT_FALSE(QFile::permissions(settings_.userFile()) & (QFile::ReadOther | QFile::ReadGroup));
}

TEST_F(SettingsTest, AFileThatCannotBeWrittenIsAnError)
{
    ASSERT_TRUE(settings_.load({}, folder_.filePath(QStringLiteral("missing/config.json"))));
    const auto ok = settings_.set(QStringLiteral("limits.down"), QStringLiteral("1K"), Layer::User);
    ASSERT_FALSE(ok);
    EXPECT_EQ(ok.error().code, Code::DiskError);
    EXPECT_EQ(settings_.integer(QStringLiteral("limits.down")), 0);
}

TEST_F(SettingsTest, ListenersHearOfChangesOnly)
{
    ASSERT_TRUE(load());
    QStringList heard;
    settings_.onChange([&](const QString& key) { heard.append(key); });
    write("config.json", R"({"limits.down": "1K", "queue.running": 256})");
    ASSERT_TRUE(settings_.reload());
    EXPECT_EQ(heard, QStringList{QStringLiteral("limits.down")}) << "256 was the default already";
    ASSERT_TRUE(settings_.set(QStringLiteral("limits.down"), QStringLiteral("1024"), Layer::Runtime));
    EXPECT_EQ(heard.size(), 1);
    write("config.json", "{}");
    ASSERT_TRUE(settings_.reload());
    EXPECT_EQ(heard.size(), 1) << "the runtime layer hides it";
    ASSERT_TRUE(settings_.unset(QStringLiteral("limits.down")));
    EXPECT_EQ(heard.size(), 2);
    EXPECT_EQ(settings_.integer(QStringLiteral("limits.down")), 0);
}

TEST_F(SettingsTest, SectionsOfPluginsAndGroups)
{
    write("config.json", R"({"plugin.gopher.menu": true, "plugin.gopherx.menu": 1, "limits.up": 5})");
    ASSERT_TRUE(load());
    ASSERT_TRUE(settings_.set(QStringLiteral("plugin.gopher.depth"), QStringLiteral("3"), Layer::Runtime));
    EXPECT_EQ(settings_.section(QStringLiteral("gopher")), (QJsonObject{{"depth", "3"}, {"menu", true}}));
    EXPECT_EQ(settings_.section(QStringLiteral("plugin.gopher")), (QJsonObject{{"depth", "3"}, {"menu", true}}));
    EXPECT_EQ(settings_.section(QStringLiteral("limits")), (QJsonObject{{"down", 0}, {"up", 5}}));
    EXPECT_EQ(settings_.section(QStringLiteral("nobody")), QJsonObject());
}

TEST(SettingsMarkdown, HasARowForEveryKey)
{
    const QString text = settingsMarkdown();
    for (const SettingRow& row : settingRows())
        EXPECT_EQ(text.count(QStringLiteral("| `%1` |").arg(QLatin1String(row.key))), 1) << row.key;
    for (const QString& line : text.split(u'\n').filter(QLatin1String("|")))
        EXPECT_EQ(line.count(u'|'), 6) << line.toStdString();
}
