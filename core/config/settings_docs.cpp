#include "config/settings_docs.h"

#include "config/settings.h"

namespace weir {

QString settingsMarkdown()
{
    QString out = QStringLiteral(
        "# Settings\n\n"
        "Printed from `core/config/settings_schema.cpp`. Layers, each wins over those before it: default, system file, user "
        "file\n"
        "(`config.json`, read again when it changes), environment (`WEIR_LIMITS_DOWN=2M`), command line, runtime. In the file "
        "keys may be\n"
        "dotted or nested: `{\"limits.down\": \"2M\"}` or `{\"limits\": {\"down\": \"2M\"}}`. An unknown key is an error.\n\n"
        "Rates and sizes: a number with K, M, G or T (powers of 1024). Durations: a number with ms, s, m, h or d. Lists: items "
        "with\n"
        "commas between them. Keys below `plugin.NAME.` belong to the plugin of that name.\n\n"
        "| Key | Type | Default | Values | What it does |\n|---|---|---|---|---|\n");
    for (const SettingRow& row : settingRows()) {
        QString values = QString::fromLatin1(row.choices);
        values.replace(u'|', QLatin1StringView(", ")).replace(QLatin1StringView(".."), QLatin1StringView(" to "));
        const QString fallback = *row.fallback ? QStringLiteral("`%1`").arg(QLatin1StringView(row.fallback)) : QString();
        out += QStringLiteral("| `%1` | %2 | %3 | %4 | %5 |\n")
                   .arg(QLatin1StringView(row.key), QLatin1StringView(toString(row.type)), fallback, values,
                       QLatin1StringView(row.help));
    }
    return out;
}

} // namespace weir
