// nameFromDisposition on any header value, nameFromUrl on any path: a name is one path part of bounded length, and safeName
// makes a safe one of it.

#include "safe_file_name.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    const QString name = nameFromDisposition(bytes);
    WEIR_CHECK(!name.contains(u'/') && !name.contains(u'\\'));
    WEIR_CHECK(name.size() <= bytes.size());
    checkSafe(safeName(name));
    WEIR_CHECK(nameFromDisposition("attachment; filename*=UTF-8''a%20b; filename=" + bytes.toByteArray()) == u"a b");
    checkSafe(safeName(nameFromUrl(QUrl(QStringLiteral("http://host/") + QString::fromUtf8(bytes)))));
    return 0;
}
