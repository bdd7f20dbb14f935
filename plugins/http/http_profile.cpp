#include "http/http_profile.h"

#include "http/http_fields.h"

#include <weir/reply_fields.h>

#include <algorithm>
#include <array>

namespace weir {

namespace {

struct StatusRow {
    int status;
    Code code;
};

constexpr std::array kStatuses{
    StatusRow{300, Code::HttpMultipleChoices},
    StatusRow{301, Code::HttpRedirectBroken},
    StatusRow{302, Code::HttpRedirectBroken},
    StatusRow{303, Code::HttpRedirectBroken},
    StatusRow{304, Code::HttpNotModified},
    StatusRow{305, Code::HttpUseProxy},
    StatusRow{307, Code::HttpRedirectBroken},
    StatusRow{308, Code::HttpRedirectBroken},
    StatusRow{400, Code::HttpBadRequest},
    StatusRow{401, Code::HttpUnauthorized},
    StatusRow{402, Code::HttpPaymentRequired},
    StatusRow{403, Code::HttpForbidden},
    StatusRow{404, Code::HttpNotFound},
    StatusRow{405, Code::HttpMethodNotAllowed},
    StatusRow{406, Code::HttpNotAcceptable},
    StatusRow{407, Code::HttpProxyAuthRequired},
    StatusRow{408, Code::HttpRequestTimeout},
    StatusRow{409, Code::HttpConflict},
    StatusRow{410, Code::HttpGone},
    StatusRow{411, Code::HttpLengthRequired},
    StatusRow{412, Code::HttpPreconditionFailed},
    StatusRow{413, Code::HttpContentTooLarge},
    StatusRow{414, Code::HttpUriTooLong},
    StatusRow{415, Code::HttpUnsupportedMediaType},
    StatusRow{416, Code::HttpRangeNotSatisfiable},
    StatusRow{417, Code::HttpExpectationFailed},
    StatusRow{418, Code::HttpTeapot},
    StatusRow{421, Code::HttpMisdirected},
    StatusRow{422, Code::HttpUnprocessable},
    StatusRow{423, Code::HttpLocked},
    StatusRow{424, Code::HttpFailedDependency},
    StatusRow{425, Code::HttpTooEarly},
    StatusRow{426, Code::HttpUpgradeRequired},
    StatusRow{428, Code::HttpPreconditionRequired},
    StatusRow{429, Code::HttpTooManyRequests},
    StatusRow{431, Code::HttpHeaderFieldsTooLarge},
    StatusRow{451, Code::HttpLegalReasons},
    StatusRow{500, Code::HttpServerError},
    StatusRow{501, Code::HttpNotImplemented},
    StatusRow{502, Code::HttpBadGateway},
    StatusRow{503, Code::HttpUnavailable},
    StatusRow{504, Code::HttpGatewayTimeout},
    StatusRow{505, Code::HttpVersionNotSupported},
    StatusRow{506, Code::HttpVariantNegotiates},
    StatusRow{507, Code::HttpInsufficientStorage},
    StatusRow{508, Code::HttpLoopDetected},
    StatusRow{509, Code::HttpBandwidthExceeded},
    StatusRow{510, Code::HttpNotExtended},
    StatusRow{511, Code::HttpNetworkLogin},
    StatusRow{520, Code::HttpEdgeUnknown},
    StatusRow{521, Code::HttpEdgeOriginDown},
    StatusRow{522, Code::HttpEdgeTimeout},
    StatusRow{523, Code::HttpEdgeUnreachable},
    StatusRow{524, Code::HttpEdgeSlow},
    StatusRow{525, Code::HttpEdgeTls},
    StatusRow{526, Code::HttpEdgeCert},
    StatusRow{530, Code::HttpEdgeError},
};

/// What one reply is judged by.
struct Reply {
    std::chrono::system_clock::time_point now;
    int status;
    const Headers& headers;
    const QUrl& url;
    const FetchRequest& request;

    Error refuse(Code code, const QString& why) const
    {
        const QUrl::FormattingOptions kept = QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment;
        return {code, QStringLiteral("%1: %2").arg(url.toDisplayString(kept), why), status, {}};
    }
};

/// An ETag that a server is to compare with its own before it sends a part.
bool asksConditionally(const FetchRequest& request)
{
    return request.range && request.conditional && isStrongValidator(request.validator);
}

bool coversAll(const ByteRange& range, qint64 total)
{
    return range.begin == 0 && (range.end < 0 || (total >= 0 && range.end >= total));
}

bool looksLikePageAddress(const QUrl& url)
{
    const QString path = url.path().toLower();
    static const QStringList kEndings{"/", ".htm", ".html", ".xhtml", ".shtml", ".php", ".asp", ".aspx", ".jsp"};
    return path.isEmpty()
        || std::any_of(kEndings.begin(), kEndings.end(), [&path](const QString& ending) { return path.endsWith(ending); });
}

FetchHead describeReply(const Reply& reply)
{
    FetchHead head;
    head.finalUrl = reply.url;
    head.status = reply.status;
    head.mime = mimeOf(reply.headers);
    head.validator = validatorOf(reply.headers);
    head.fileName = suggestedName(reply.headers);
    head.mirrors = duplicateLinks(reply.headers, reply.url);
    head.descriptions = descriptionLinks(reply.headers, reply.url);
    const QList<QByteArray> units = headerValue(reply.headers, "Accept-Ranges").toLower().split(',');
    head.rangesOffered =
        std::any_of(units.begin(), units.end(), [](const QByteArray& unit) { return unit.trimmed() == "bytes"; });
    head.headers = reply.headers;
    return head;
}

/// Another file than the one that was begun? Its size and validator say so, if anything does.
std::optional<Error> checkIdentity(const Reply& reply, qint64 total)
{
    if (compareValidator(reply.request.validator, reply.headers) == Sameness::Different)
        return reply.refuse(Code::ValidatorChanged,
            QStringLiteral("%1 was %2").arg(QLatin1String(validatorOf(reply.headers)), QLatin1String(reply.request.validator)));
    if (total >= 0 && reply.request.expectedSize >= 0 && total != reply.request.expectedSize)
        return reply.refuse(
            Code::SizeChanged, QStringLiteral("%1 bytes instead of %2").arg(total).arg(reply.request.expectedSize));
    return std::nullopt;
}

Result<FetchHead> judgeWhole(const Reply& reply)
{
    FetchHead head = describeReply(reply);
    const Coding coding = contentCoding(reply.headers, reply.url, head.mime);
    if (coding == Coding::Unknown)
        return failure(reply.refuse(
            Code::BadContentEncoding, QString::fromLatin1(headerValue(reply.headers, "Content-Encoding").left(80))));
    head.encoded = coding == Coding::Removable;
    const auto length = contentLength(reply.headers);
    const bool chunked = headerValue(reply.headers, "Transfer-Encoding").toLower().contains("chunked");
    if (!length && !chunked)
        return failure(
            reply.refuse(Code::ContentLengthBad, QString::fromLatin1(headerValue(reply.headers, "Content-Length").left(80))));
    head.totalSize = head.encoded || chunked ? -1 : *length;

    const FetchRequest& request = reply.request;
    const auto changed = checkIdentity(reply, head.totalSize);
    const bool resumed = !request.validator.isEmpty() || request.expectedSize >= 0;
    const bool proven = compareValidator(request.validator, reply.headers) == Sameness::Same && !changed;
    if (resumed && !proven && head.mime == "text/html" && !looksLikePageAddress(reply.url))
        return failure(reply.refuse(Code::HtmlInsteadOfFile, QStringLiteral("%1 bytes").arg(head.totalSize)));
    if (changed)
        return failure(*changed);
    if (request.range && !coversAll(*request.range, head.totalSize))
        return failure(
            reply.refuse(Code::RangeIgnored, QStringLiteral("asked for bytes from %1 on").arg(request.range->begin)));
    if (head.encoded)
        head.rangesOffered = false;
    else
        head.digests = offeredDigests(reply.headers, true);
    return head;
}

/// What was asked for is what came? The range must begin exactly where asked and may end early, but not late.
std::optional<Error> checkRange(const Reply& reply, const ContentRange& came)
{
    const auto& asked = reply.request.range;
    if (!asked)
        return reply.refuse(Code::RangeWrong, QStringLiteral("a part came, though the whole was asked for"));
    if (!came.range)
        return reply.refuse(Code::ContentRangeBad, QStringLiteral("no range in a partial reply"));
    const bool late = asked->end >= 0 && came.range->end > asked->end;
    if (came.range->begin != asked->begin || late)
        return reply.refuse(Code::RangeWrong,
            QStringLiteral("asked for %1 to %2, got %3 to %4")
                .arg(asked->begin)
                .arg(asked->end)
                .arg(came.range->begin)
                .arg(came.range->end));
    const auto length = contentLength(reply.headers);
    if (!length || (*length >= 0 && *length != came.range->size()))
        return reply.refuse(Code::ContentLengthBad, QStringLiteral("Content-Length does not fit Content-Range"));
    return std::nullopt;
}

Result<FetchHead> judgePart(const Reply& reply)
{
    FetchHead head = describeReply(reply);
    if (head.mime == "multipart/byteranges")
        return failure(reply.refuse(Code::MultipartRange, QStringLiteral("multipart/byteranges")));
    const QByteArray field = headerValue(reply.headers, "Content-Range");
    const auto came = parseContentRange(field);
    if (!came)
        return failure(reply.refuse(Code::ContentRangeBad, QString::fromLatin1(field.left(80))));
    // First whose bytes these are: a part of another file is not merely a wrong part.
    if (auto changed = checkIdentity(reply, came->total))
        return failure(*changed);
    if (auto wrong = checkRange(reply, *came))
        return failure(*wrong);
    const FetchRequest& request = reply.request;
    // A reply to If-Range vouches for itself; else a part without its name must at least be of a file of the right size.
    const bool unnamed =
        !request.validator.isEmpty() && compareValidator(request.validator, reply.headers) == Sameness::Unknown;
    if (unnamed && !asksConditionally(request) && (came->total < 0 || request.expectedSize < 0))
        return failure(reply.refuse(
            Code::ValidatorChanged, QStringLiteral("the reply has none, it was %1").arg(QLatin1String(request.validator))));
    // Parts of a coded form can't be put together with parts of the file.
    if (contentCoding(reply.headers, reply.url, head.mime) != Coding::None)
        return failure(reply.refuse(Code::RangeIgnored, QStringLiteral("the part is of a coded form of the file")));
    head.ranged = true;
    head.rangesOffered = true;
    head.offset = came->range->begin;
    head.totalSize = came->total;
    head.digests = offeredDigests(reply.headers, false);
    return head;
}

/// 416: does the server know a file of another size?
std::optional<Error> judgeUnsatisfiable(const Reply& reply)
{
    const auto range = parseContentRange(headerValue(reply.headers, "Content-Range"));
    if (!range || range->total < 0)
        return std::nullopt;
    return checkIdentity(reply, range->total);
}

Error judgeFailure(const Reply& reply)
{
    const int status = reply.status;
    if (status == 416) {
        if (auto changed = judgeUnsatisfiable(reply))
            return *changed;
    }
    // Stores answer any of these to an old signature; a link that served before and is now forbidden has gone stale as well.
    const bool dated = (status == 400 || status == 401 || status == 403 || status == 404 || status == 410)
        && (linkHasExpired(reply.url, reply.now) || linkHasExpired(reply.request.url, reply.now));
    const bool resumed = !reply.request.validator.isEmpty() && (status == 403 || status == 410);
    if (dated || resumed)
        return reply.refuse(Code::LinkExpired, QStringLiteral("status %1").arg(status));
    Error error = reply.refuse(httpStatusCode(status), QStringLiteral("status %1").arg(status));
    if (status >= 400)
        error.notBefore = retryAfter(reply.headers, reply.now);
    return error;
}

bool isOurs(QByteArrayView name)
{
    static const QList<QByteArray> kOurs{"range", "accept-encoding", "host", "connection", "keep-alive", "content-length",
        "transfer-encoding", "te", "trailer", "upgrade", "expect", "proxy-authorization", "proxy-connection", "http2-settings"};
    const QByteArray lower = name.toByteArray().toLower();
    return lower.startsWith("if-") || kOurs.contains(lower);
}

} // namespace

Code httpStatusCode(int status)
{
    const auto row =
        std::find_if(kStatuses.begin(), kStatuses.end(), [status](const StatusRow& row) { return row.status == status; });
    if (row != kStatuses.end())
        return row->code;
    if (status >= 400 && status < 500)
        return Code::HttpClientError;
    if (status >= 500 && status < 600)
        return Code::HttpServerTrouble;
    return status == 202 ? Code::HttpServerTrouble : Code::HttpStatusUnknown; // 202: the file is still being made
}

Headers prepareHttp(void*, const FetchRequest& request)
{
    static const RequestContext kPlain;
    const RequestContext& context = request.context ? *request.context : kPlain;
    Headers headers;
    bool accepts = false;
    for (const auto& [name, value] : context.headers) {
        const bool agent = qstricmp(name.constData(), "User-Agent") == 0;
        if (isOurs(name) || (agent && !context.userAgent.isEmpty()))
            continue;
        accepts |= qstricmp(name.constData(), "Accept") == 0;
        headers.append({name, value});
    }
    if (!accepts)
        headers.emplaceBack("Accept", "*/*");
    headers.emplaceBack("Accept-Encoding", "identity");
    if (request.range) {
        const QByteArray last = request.range->end < 0 ? QByteArray() : QByteArray::number(request.range->end - 1);
        headers.emplaceBack("Range", QByteArray("bytes=" + QByteArray::number(request.range->begin) + '-' + last));
        if (asksConditionally(request))
            headers.emplaceBack("If-Range", request.validator);
    }
    return headers;
}

Result<FetchHead> judgeHttpAt(std::chrono::system_clock::time_point now, int status, const Headers& headers,
    const QUrl& finalUrl, const FetchRequest& request)
{
    const Reply reply{now, status, headers, finalUrl, request};
    switch (status) {
    case 200:
    case 201:
    case 203: return judgeWhole(reply);
    case 206: return judgePart(reply);
    default: return failure(judgeFailure(reply));
    }
}

Result<FetchHead> judgeHttp(int status, const Headers& reply, const QUrl& finalUrl, const FetchRequest& request)
{
    return judgeHttpAt(std::chrono::system_clock::now(), status, reply, finalUrl, request);
}

CurlProfile httpProfile() { return {{QStringLiteral("http"), QStringLiteral("https")}, &prepareHttp, &judgeHttp}; }

} // namespace weir
