#include <weir/reply_fields.h>

#include "base/backoff.h"
#include "base/digest.h"
#include "base/file_name.h"

namespace weir {
inline namespace abi1 {

QString suggestedName(const Headers& reply) { return nameFromDisposition(headerValue(reply, "Content-Disposition")); }

QList<ExpectedDigest> offeredDigests(const Headers& reply, bool wholeBody) { return digestsFromHeaders(reply, wholeBody); }

std::optional<std::chrono::system_clock::time_point> retryAfter(const Headers& reply, std::chrono::system_clock::time_point now)
{
    return parseRetryAfter(headerValue(reply, "Retry-After"), now);
}

std::optional<std::chrono::system_clock::time_point> httpDate(QByteArrayView text, std::chrono::system_clock::time_point now)
{
    return parseHttpDate(text, now);
}

} // namespace abi1
} // namespace weir
