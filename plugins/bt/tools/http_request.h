#pragma once
// The head of one HTTP request, as a server reads it from a connection. Pure; any thread. All that is read is hostile.

#include <weir/result.h>

#include <QByteArray>

#include <optional>

namespace weir {

struct HttpRequest {
    QByteArray method, path, query; ///< path and query as sent, without the "?"
};

constexpr qsizetype kMostRequestBytes = 8192;

/// Nothing: more bytes are needed. HttpBadRequest, HttpHeaderFieldsTooLarge.
Result<std::optional<HttpRequest>> readHttpRequest(QByteArrayView bytes);
/// A whole reply, after which the connection is closed.
QByteArray httpReply(int status, const QByteArray& mime, const QByteArray& body, bool withoutBody = false);

} // namespace weir
