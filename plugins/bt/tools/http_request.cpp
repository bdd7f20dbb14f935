#include "http_request.h"

#include <algorithm>

namespace weir {

namespace {

const char* phrase(int status)
{
    switch (status) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 431: return "Request Header Fields Too Large";
    default: return "Bad Request";
    }
}

} // namespace

Result<std::optional<HttpRequest>> readHttpRequest(QByteArrayView bytes)
{
    const QByteArrayView head = bytes.first(std::min(bytes.size(), kMostRequestBytes));
    const qsizetype end = head.indexOf("\r\n\r\n");
    if (end < 0 && bytes.size() >= kMostRequestBytes)
        return failure(Code::HttpHeaderFieldsTooLarge, QStringLiteral("more than %1 bytes").arg(kMostRequestBytes));
    if (end < 0)
        return std::optional<HttpRequest>();
    const QByteArray line = head.first(head.indexOf("\r\n")).toByteArray();
    const QList<QByteArray> words = line.split(' ');
    const bool printable = std::all_of(line.begin(), line.end(), [](char c) { return uchar(c) >= 32 && uchar(c) < 127; });
    if (!printable || words.size() != 3 || !words[2].startsWith("HTTP/1.") || !words[1].startsWith('/') || words[0].isEmpty())
        return failure(Code::HttpBadRequest, QStringLiteral("the first line is no HTTP/1.1 request"));
    const QByteArray target = words[1];
    const qsizetype mark = target.indexOf('?');
    return std::optional(
        HttpRequest{words[0], mark < 0 ? target : target.first(mark), mark < 0 ? QByteArray() : target.sliced(mark + 1)});
}

QByteArray httpReply(int status, const QByteArray& mime, const QByteArray& body, bool withoutBody)
{
    return "HTTP/1.1 " + QByteArray::number(status) + ' ' + phrase(status) + "\r\nContent-Type: " + mime
        + "\r\nContent-Length: " + QByteArray::number(body.size())
        + "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        + (withoutBody ? QByteArray() : body);
}

} // namespace weir
