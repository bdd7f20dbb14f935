#include <weir/error.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace weir {
inline namespace abi1 {

namespace {

constexpr ErrorRow kRows[] = {
#define WEIR_ERROR(name, number, category, retry, exitStatus, text, hint)                                                      \
    {Code::name, #name, Category::category, Retry::retry, exitStatus, text, hint},
#include <weir/errors.def>
#undef WEIR_ERROR
};

static_assert(
    std::is_sorted(std::begin(kRows), std::end(kRows), [](const ErrorRow& a, const ErrorRow& b) { return a.code < b.code; }),
    "errors.def must be in the order of its numbers");

const ErrorRow* rowAt(quint32 number)
{
    const auto found = std::lower_bound(std::begin(kRows), std::end(kRows), number,
        [](const ErrorRow& row, quint32 wanted) { return quint32(row.code) < wanted; });
    return found != std::end(kRows) && quint32(found->code) == number ? found : nullptr;
}

} // namespace

std::span<const ErrorRow> errorRows() { return kRows; }

const ErrorRow& errorRow(Code code)
{
    // A number from a newer ledger may have no row here.
    const ErrorRow* row = rowAt(quint32(code));
    return row ? *row : *rowAt(quint32(Code::Internal));
}

const ErrorRow* findErrorRow(int number) { return number < 0 ? nullptr : rowAt(quint32(number)); }

const ErrorRow* findErrorRow(QStringView nameOrNumber)
{
    bool isNumber = false;
    const int number = nameOrNumber.trimmed().toInt(&isNumber);
    if (isNumber)
        return findErrorRow(number);
    const auto found = std::find_if(std::begin(kRows), std::end(kRows), [&](const ErrorRow& row) {
        return nameOrNumber.trimmed().compare(QLatin1StringView(row.name), Qt::CaseInsensitive) == 0;
    });
    return found != std::end(kRows) ? found : nullptr;
}

const char* toString(Category category)
{
    static constexpr const char* kNames[] = {"General", "Input", "Plugin", "Disk", "Ledger", "Network", "Tls", "Proxy", "Http",
        "Ftp", "Torrent", "Stream", "Media", "Rpc", "Host"};
    return kNames[std::min<std::size_t>(std::size_t(category), std::size(kNames) - 1)];
}

const char* toString(Retry retry)
{
    static constexpr const char* kNames[] = {"never", "now", "later", "otherSource", "afterUser"};
    return kNames[std::min<std::size_t>(std::size_t(retry), std::size(kNames) - 1)];
}

QString describe(const Error& error)
{
    QString line = QString::fromLatin1(errorRow(error.code).text);
    if (!error.detail.isEmpty())
        line += QLatin1StringView(": ") + error.detail;
    if (error.native != 0)
        line += QStringLiteral(" (%1)").arg(error.native);
    return line;
}

} // namespace abi1
} // namespace weir
