// config list, get, set, unset.

#include "cli.h"
#include "config/settings.h"
#include "options.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

#include <QDir>
#include <QJsonArray>

namespace weir {

namespace {

QString valueText(const QJsonValue& value)
{
    if (value.isBool())
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    if (value.isDouble())
        return QString::number(value.toDouble(), 'f', value.toDouble() == double(qint64(value.toDouble())) ? 0 : 3);
    if (value.isArray()) {
        QStringList parts;
        const QJsonArray array = value.toArray();
        for (const QJsonValue& one : array)
            parts += valueText(one);
        return parts.join(u',');
    }
    return printable(value.toString());
}

class ConfigVerbs final : public Verbs {
public:
    explicit ConfigVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* config = cli.verb(nullptr, "config", "Settings");
        cli.verb(config, "list", "All settings and where each value comes from", [this] { return list(); });
        CLI::App* get = cli.verb(config, "get", "One value", [this] { return this->get(); });
        CLI::App* set = cli.verb(config, "set", "Change one, at once and for good", [this] { return this->setGiven(); });
        CLI::App* unset = cli.verb(config, "unset", "Back to its default", [this] { return this->set(QJsonValue::Null); });
        for (CLI::App* one : {get, set, unset})
            one->add_option("key", key_, "limits.down and so on")->type_name("KEY")->required();
        set->add_option("value", value_, "As `config list` shows it")->type_name("VALUE|@FILE")->required();
    }

private:
    Result<int> list();
    Result<int> get();
    Result<int> setGiven();
    Result<int> set(const QJsonValue& value);

    Cli& cli_;
    std::string key_, value_;
};

Result<int> ConfigVerbs::list()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto answer = (*client)->call(QStringLiteral("config.list"));
    if (!answer)
        return failure(answer.error());
    const QJsonArray settings = answer->value(QLatin1String("settings")).toArray();
    if (cli_.json()) {
        cli_.printJson(settings);
        return 0;
    }
    Output& out = cli_.out();
    Table table({{QStringLiteral("KEY")}, {QStringLiteral("VALUE"), false, Column::Give::End}, {QStringLiteral("FROM")},
        {QStringLiteral("MEANS"), false, Column::Give::End}});
    for (const QJsonValue& one : settings)
        table.add({one[QLatin1String("key")].toString(), valueText(one[QLatin1String("value")]),
            one[QLatin1String("layer")].toString(), printable(one[QLatin1String("help")].toString())});
    for (const QString& line : table.lines(out.width(), out.unicode))
        out.line(line);
    return 0;
}

Result<int> ConfigVerbs::get()
{
    const QString key = QString::fromStdString(key_);
    // A key that is typed wrongly needs no daemon to be told.
    if (const auto row = settingRow(key); !row)
        return failure(row.error());
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto answer = (*client)->call(QStringLiteral("config.get"), {{QStringLiteral("key"), key}});
    if (!answer)
        return failure(answer.error());
    if (cli_.json())
        cli_.printJson(*answer);
    else
        cli_.out().line(valueText(answer->value(QLatin1String("value"))));
    return 0;
}

Result<int> ConfigVerbs::setGiven()
{
    const auto value = textOrFile(value_, QDir::currentPath());
    return value ? set(QString::fromUtf8(*value).trimmed()) : failure(value.error());
}

Result<int> ConfigVerbs::set(const QJsonValue& value)
{
    const QString key = QString::fromStdString(key_);
    const auto row = settingRow(key);
    if (!row)
        return failure(row.error());
    if (value.isString()) {
        if (const auto good = parseSetting(**row, value.toString()); !good)
            return failure(good.error());
    }
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto answer =
        (*client)->call(QStringLiteral("config.set"), {{QStringLiteral("key"), key}, {QStringLiteral("value"), value}});
    if (!answer)
        return failure(answer.error());
    if (cli_.json())
        cli_.printJson(*answer);
    else
        cli_.out().line(QStringLiteral("%1 = %2").arg(key, valueText(answer->value(QLatin1String("value")))));
    return 0;
}

} // namespace

std::unique_ptr<Verbs> configVerbs(Cli& cli) { return std::make_unique<ConfigVerbs>(cli); }

} // namespace weir
