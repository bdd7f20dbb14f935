#include "base/error_json.h"

namespace weir {

QJsonObject errorJson(const Error& error)
{
    const ErrorRow& row = errorRow(error.code);
    return {{QStringLiteral("code"), QString::fromLatin1(row.name)}, {QStringLiteral("number"), int(row.code)},
        {QStringLiteral("category"), QString::fromLatin1(toString(row.category))},
        {QStringLiteral("retry"), QString::fromLatin1(toString(row.retry))},
        {QStringLiteral("message"), QString::fromUtf8(row.text)}, {QStringLiteral("detail"), error.detail},
        {QStringLiteral("hint"), QString::fromUtf8(row.hint)}, {QStringLiteral("exit"), row.exitStatus}};
}

} // namespace weir
