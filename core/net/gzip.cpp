#include <weir/gzip.h>

#include "net/content_decoder.h"

namespace weir {
inline namespace abi1 {

bool isGzip(QByteArrayView content) { return content.startsWith("\x1f\x8b"); }

Result<QByteArray> gunzip(QByteArrayView packed, qint64 most)
{
    if (!isGzip(packed))
        return failure(Code::BadContentEncoding, QStringLiteral("it is no gzip"));
    QByteArray all;
    ContentDecoder decoder;
    const auto done =
        decoder.decode({packed.data(), std::size_t(packed.size())}, [&](std::span<const char> part) -> Result<void> {
            if (all.size() + qint64(part.size()) > most)
                return failure(Code::FileTooBigForLimit);
            all.append(part.data(), qsizetype(part.size()));
            return {};
        });
    if (!done)
        return failure(done.error());
    return decoder.whole() ? Result<QByteArray>(std::move(all))
                           : failure(Code::BadContentEncoding, QStringLiteral("it is cut off"));
}

} // namespace abi1
} // namespace weir
