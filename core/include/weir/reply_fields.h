#pragma once
// Header fields of HTTP replies that more than one plugin reads. Pure; any thread. The fields are hostile: what makes no sense
// counts as absent.

#include <weir/fetch.h>

#include <chrono>

namespace weir {
inline namespace abi1 {

/// The name in Content-Disposition (RFC 6266, 8187), its last path part; empty: none. Not yet safe.
QString suggestedName(const Headers& reply);
/// Repr-Digest, else Digest; with `wholeBody` also Content-MD5. Of no use when a content coding is removed.
QList<ExpectedDigest> offeredDigests(const Headers& reply, bool wholeBody);
/// Retry-After as a moment, never before `now`.
std::optional<std::chrono::system_clock::time_point> retryAfter(
    const Headers& reply, std::chrono::system_clock::time_point now);
/// The three forms of RFC 9110 section 5.6.7. `now` gives two-digit years their century.
std::optional<std::chrono::system_clock::time_point> httpDate(QByteArrayView text, std::chrono::system_clock::time_point now);

} // namespace abi1
} // namespace weir
