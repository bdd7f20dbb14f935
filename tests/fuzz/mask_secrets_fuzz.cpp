// maskSecrets: whatever stands before, a secret at a place where secrets are known to stand does not get through; and the
// result is not much larger than the text.

#include "check.h"

#include "base/text_log.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArray bytes(data, qsizetype(size));
    const QByteArray once = maskSecrets(QByteArrayView(bytes));
    WEIR_CHECK(once.size() <= bytes.size() * 3 + 3);
    if (bytes.contains("C4NARY"))
        return 0;
    for (const char* secret : {"\nCookie: C4NARY", "\nhttp://u:C4NARY@h/", "\n/?token=C4NARY&x", "\nX-Amz-Signature=C4NARY ",
             "\nBearer C4NARYC4NARY\n"}) {
        WEIR_CHECK(!maskSecrets(QByteArrayView(bytes + secret)).contains("C4NARY"));
        WEIR_CHECK(!maskSecrets(QByteArrayView(bytes + secret + bytes)).contains("C4NARY"));
    }
    return 0;
}
