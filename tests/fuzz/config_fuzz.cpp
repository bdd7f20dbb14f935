// parseConfig on any file: a result holds only keys of the schema or of plugins, each value reads the same again from its own
// text; an error is one of three and names the file.

#include "check.h"

#include "config/settings.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const auto values = parseConfig(QByteArrayView(data, qsizetype(size)), QStringLiteral("config.json"));
    if (!values) {
        const Code code = values.error().code;
        WEIR_CHECK(code == Code::SettingsUnreadable || code == Code::UnknownSetting || code == Code::BadSetting);
        WEIR_CHECK(values.error().detail.contains(QLatin1String("config.json")));
        return 0;
    }
    for (auto value = values->begin(); value != values->end(); ++value) {
        const auto row = settingRow(value.key());
        WEIR_CHECK(row.has_value());
        if (isPluginKey(value.key()))
            continue;
        WEIR_CHECK(value.key() == QLatin1String((*row)->key));
        WEIR_CHECK(parseSetting(**row, settingText(**row, *value)) == *value);
    }
    return 0;
}
