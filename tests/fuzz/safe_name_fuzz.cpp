// safeName, nameFromTitle, safeRelativePath and numbered on any text: the result is safe, safe again unchanged, stays within
// its folder and leaves room for suffixes; numbered names keep their extension.

#include "safe_file_name.h"

using namespace weir;

namespace {

void checkNumbered(const QString& name, int n)
{
    const QString other = numbered(name, n);
    WEIR_CHECK(other != name);
    WEIR_CHECK((other + QStringLiteral(".spool")).toUtf8().size() <= 255);
    WEIR_CHECK(other.endsWith(name.mid(extensionStart(name))));
    WEIR_CHECK(!other.contains(u'/'));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    static constexpr const char* kTypes[] = {"", "video/mp4", "text/html; charset=x", "application/octet-stream"};
    const QByteArrayView mime(size ? kTypes[quint8(data[0]) % 4] : "");
    QByteArrayView bytes(data, qsizetype(size));
    // As UTF-16 too: half surrogate pairs come out of JSON.
    const QString texts[] = {QString::fromUtf8(bytes),
        QString(reinterpret_cast<const QChar*>(QByteArray(bytes.toByteArray()).constData()), qsizetype(size / 2))};
    for (const QString& text : texts) {
        const QString name = safeName(text, mime);
        checkSafe(name);
        WEIR_CHECK(safeName(name, mime) == name);
        checkSafe(nameFromTitle(text, mime));
        checkNumbered(name, 1 + int(size % 999));
        checkNumbered(text.isEmpty() ? QStringLiteral("x") : QString(text).replace(u'/', u'_'), 999);
        const auto path = safeRelativePath(text);
        if (!path) {
            WEIR_CHECK(path.error().code == Code::PathEscapes || path.error().code == Code::NameUnusable);
            continue;
        }
        for (const QString& part : path->split(u'/'))
            checkSafe(part);
        WEIR_CHECK(safeRelativePath(*path) == *path);
    }
    return 0;
}
