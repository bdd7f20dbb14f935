#include "base/error_docs.h"

#include <weir/error.h>

namespace weir {

namespace {

QString cell(const char* text)
{
    return QString::fromUtf8(text).replace(u'|', QLatin1StringView("\\|")).replace(u'<', QLatin1StringView("&lt;"));
}

} // namespace

QString errorsMarkdown()
{
    QString out = QStringLiteral(
        "# Errors\n\n"
        "Printed from `core/include/weir/errors.def`. `weir explain NAME` and `weir explain NUMBER` say the same.\n\n"
        "Retry: `never`: the task fails. `now`: at once, another way. `later`: the same again after a back-off.\n"
        "`otherSource`: from another mirror first. `afterUser`: the task stands still until somebody acts.\n");
    std::optional<Category> open;
    for (const ErrorRow& row : errorRows()) {
        if (open != row.category) {
            open = row.category;
            out += QStringLiteral(
                "\n## %1\n\n| Number | Name | Retry | Exit | What happened | What to do |\n|---|---|---|---|---|---|\n")
                       .arg(QLatin1StringView(toString(row.category)));
        }
        out += QStringLiteral("| %1 | `%2` | %3 | %4 | ")
                   .arg(int(row.code))
                   .arg(QLatin1StringView(row.name), QLatin1StringView(toString(row.retry)))
                   .arg(row.exitStatus);
        out += cell(row.text) + QLatin1StringView(" | ") + cell(row.hint) + QLatin1StringView(" |\n");
    }
    return out;
}

} // namespace weir
