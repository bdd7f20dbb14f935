// Any text as a signature and as a key: nothing that was not signed is taken, and what can't be read is refused as that.

#include "check.h"

#include <weir/signature.h>

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView text(data, qsizetype(size));
    static const auto own = parsePublicKey("RWSXTKt8mUCSsBo/FOOT1SOVrRGaifvKpZts4ViIJO8RxdqgDfNNC4Em");
    WEIR_CHECK(own.has_value());
    const auto signature = checkSignature("another document", text, {*own});
    WEIR_CHECK(!signature);
    WEIR_CHECK(signature.error().code == Code::SignatureBad || signature.error().code == Code::SignatureUntrusted);
    if (const auto key = parsePublicKey(text))
        WEIR_CHECK(key->id.size() == 8 && key->key.size() == 32);
    else
        WEIR_CHECK(key.error().code == Code::KeyUnusable);
    if (const auto key = parseSecretKey(text, {}))
        WEIR_CHECK(key->id.size() == 8 && key->seed.size() == 32);
    return 0;
}
