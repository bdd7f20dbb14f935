#include "http/http_fields.h"

#include <weir/reply_fields.h>

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUrlQuery>

#include <algorithm>
#include <array>
#include <limits>

namespace weir {

namespace {

constexpr qsizetype kMaxValidator = 1024;
constexpr qsizetype kMaxMirrors = 32, kMaxDescriptions = 4;

bool sameName(QByteArrayView a, QByteArrayView b)
{
    return a.size() == b.size() && qstrnicmp(a.data(), a.size(), b.data(), b.size()) == 0;
}

bool printable(QByteArrayView text)
{
    return std::none_of(text.begin(), text.end(), [](char c) { return quint8(c) < 0x20 || c == 0x7f; });
}

QByteArrayView opaque(QByteArrayView etag) { return etag.startsWith("W/") ? etag.sliced(2) : etag; }

QByteArray etagOf(const Headers& headers)
{
    QByteArray etag = headerValue(headers, "ETag").trimmed();
    if (etag.startsWith("w/"))
        etag[0] = 'W';
    const bool usable = etag.size() <= kMaxValidator && !opaque(etag).isEmpty() && opaque(etag) != "\"\"" && printable(etag);
    return usable ? etag : QByteArray();
}

QByteArray lastModifiedOf(const Headers& headers)
{
    const QByteArray date = headerValue(headers, "Last-Modified").trimmed();
    return date.size() <= kMaxValidator && printable(date) ? date : QByteArray();
}

bool sameDate(QByteArrayView a, QByteArrayView b)
{
    const auto now = std::chrono::system_clock::now();
    const auto left = httpDate(a, now), right = httpDate(b, now);
    return left && right ? *left == *right : a == b;
}

/// Splits at `separator` outside of quotes and angle brackets.
QList<QByteArrayView> splitList(QByteArrayView text, char separator)
{
    QList<QByteArrayView> parts;
    bool quoted = false, angled = false;
    qsizetype begin = 0;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\')
            ++i;
        else if (c == '"' && !angled)
            quoted = !quoted;
        else if (!quoted && (c == '<' || c == '>'))
            angled = c == '<';
        else if (c == separator && !quoted && !angled) {
            parts.append(text.sliced(begin, i - begin).trimmed());
            begin = i + 1;
        }
    }
    parts.append(text.sliced(std::min(begin, text.size())).trimmed());
    return parts;
}

struct Link {
    QUrl url;
    QByteArrayList relations; ///< lower case
    QByteArray type;          ///< lower case
    qint64 priority = std::numeric_limits<qint64>::max();
};

/// One link-value: `<url>; rel=duplicate; pri=1`. Only where it is safe to go to from `base`.
std::optional<Link> parseLink(QByteArrayView link, const QUrl& base)
{
    const QList<QByteArrayView> parts = splitList(link, ';');
    if (parts.isEmpty() || !parts[0].startsWith('<') || !parts[0].endsWith('>'))
        return std::nullopt;
    Link found{
        base.resolved(QUrl::fromEncoded(parts[0].sliced(1, parts[0].size() - 2).toByteArray(), QUrl::StrictMode)), {}, {}};
    for (const QByteArrayView parameter : parts.sliced(1)) {
        const qsizetype equals = parameter.indexOf('=');
        if (equals < 0)
            continue;
        const QByteArrayView name = parameter.first(equals).trimmed();
        QByteArrayView value = parameter.sliced(equals + 1).trimmed();
        if (value.size() >= 2 && value.startsWith('"') && value.endsWith('"'))
            value = value.sliced(1, value.size() - 2);
        if (sameName(name, "rel"))
            found.relations = value.toByteArray().toLower().split(' ');
        else if (sameName(name, "type"))
            found.type = value.toByteArray().toLower();
        else if (sameName(name, "pri"))
            found.priority = parseSize(value).value_or(found.priority);
    }
    const bool safe = found.url.scheme() == QLatin1String("https")
        || (found.url.scheme() == QLatin1String("http") && base.scheme() != QLatin1String("https"));
    if (!safe || !found.url.isValid() || found.url.host().isEmpty() || found.url == base)
        return std::nullopt;
    return found;
}

/// Those of one relation, each address once, the best first.
std::vector<Link> linksOf(const Headers& headers, const QUrl& base, const QByteArray& relation)
{
    std::vector<Link> links;
    for (const auto& [name, value] : headers) {
        if (!sameName(name, "Link"))
            continue;
        for (const QByteArrayView text : splitList(value, ',')) {
            auto link = parseLink(text, base);
            const auto same = [&link](const Link& other) { return other.url == link->url; };
            if (link && link->relations.contains(relation) && std::none_of(links.begin(), links.end(), same))
                links.push_back(std::move(*link));
        }
    }
    std::stable_sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.priority < b.priority; });
    return links;
}

/// "20260102T030405Z" of the signature schemes of the large object stores.
std::optional<qint64> basicIsoSeconds(const QString& text)
{
    QDateTime at = QDateTime::fromString(text, QStringLiteral("yyyyMMdd'T'HHmmss'Z'"));
    at.setTimeSpec(Qt::UTC);
    return at.isValid() ? std::optional(at.toSecsSinceEpoch()) : std::nullopt;
}

/// Seconds of the Unix epoch, or milliseconds where it is too large for that.
std::optional<qint64> epochSeconds(const QString& text)
{
    const auto number = parseSize(text.toLatin1());
    if (!number || *number < 1'000'000'000)
        return std::nullopt; // too small for a moment: a duration, or something else
    return *number >= 1'000'000'000'000 ? *number / 1000 : *number;
}

/// The "exp" of a JSON web token.
std::optional<qint64> tokenExpiry(const QString& token)
{
    const QStringList parts = token.split(QLatin1Char('.'));
    if (parts.size() != 3 || token.size() > 8192)
        return std::nullopt;
    const QByteArray payload = QByteArray::fromBase64(parts[1].toLatin1(), QByteArray::Base64UrlEncoding);
    const QJsonValue expiry = QJsonDocument::fromJson(payload).object().value(QLatin1String("exp"));
    return expiry.isDouble() && expiry.toDouble() > 1e9 && expiry.toDouble() < 1e11 ? std::optional(qint64(expiry.toDouble()))
                                                                                    : std::nullopt;
}

} // namespace

std::optional<qint64> parseSize(QByteArrayView text)
{
    if (text.isEmpty() || text.size() > 18
        || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    return text.toLongLong();
}

std::optional<ContentRange> parseContentRange(QByteArrayView value)
{
    value = value.trimmed();
    const qsizetype blank = value.indexOf(' ');
    const qsizetype slash = value.indexOf('/');
    if (blank < 0 || slash < blank || !sameName(value.first(blank), "bytes"))
        return std::nullopt;
    const QByteArrayView span = value.sliced(blank + 1, slash - blank - 1).trimmed();
    const QByteArrayView size = value.sliced(slash + 1).trimmed();
    ContentRange result;
    if (size != "*") {
        const auto total = parseSize(size);
        if (!total)
            return std::nullopt;
        result.total = *total;
    }
    if (span == "*")
        return result.total < 0 ? std::nullopt : std::optional(result);
    const qsizetype dash = span.indexOf('-');
    const auto first = dash < 0 ? std::nullopt : parseSize(span.first(dash));
    const auto last = dash < 0 ? std::nullopt : parseSize(span.sliced(dash + 1));
    if (!first || !last || *last < *first || (result.total >= 0 && *last >= result.total))
        return std::nullopt;
    result.range = ByteRange{*first, *last + 1};
    return result;
}

std::optional<qint64> contentLength(const Headers& headers)
{
    qint64 length = -1;
    for (const auto& [name, value] : headers) {
        if (!sameName(name, "Content-Length"))
            continue;
        for (const QByteArrayView part : splitList(value, ',')) { // "5, 5": two fields that a proxy has joined
            const auto number = parseSize(part);
            if (!number || (length >= 0 && *number != length))
                return std::nullopt;
            length = *number;
        }
    }
    return length;
}

QByteArray mimeOf(const Headers& headers)
{
    const QByteArray field = headerValue(headers, "Content-Type");
    const QByteArray mime = field.left(field.indexOf(';') < 0 ? field.size() : field.indexOf(';')).trimmed().toLower();
    const auto tokenChar = [](char c) { return std::isalnum(quint8(c)) || QByteArrayView("!#$&-^_.+/").contains(c); };
    const bool usable = mime.size() <= 255 && mime.count('/') == 1 && !mime.startsWith('/') && !mime.endsWith('/')
        && std::all_of(mime.begin(), mime.end(), tokenChar);
    return usable ? mime : QByteArray();
}

QByteArray validatorOf(const Headers& headers)
{
    if (const QByteArray etag = etagOf(headers); !etag.isEmpty())
        return etag;
    const QByteArray date = lastModifiedOf(headers);
    return date.isEmpty() ? QByteArray() : "date:" + date;
}

Sameness compareValidator(QByteArrayView earlier, const Headers& reply)
{
    if (earlier.isEmpty())
        return Sameness::Unknown;
    if (earlier.startsWith("date:")) {
        const QByteArray date = lastModifiedOf(reply);
        if (date.isEmpty())
            return Sameness::Unknown;
        return sameDate(earlier.sliced(5), date) ? Sameness::Same : Sameness::Different;
    }
    const QByteArray etag = etagOf(reply);
    if (etag.isEmpty())
        return Sameness::Unknown;
    return opaque(earlier) == opaque(etag) ? Sameness::Same : Sameness::Different;
}

Coding contentCoding(const Headers& headers, const QUrl& url, QByteArrayView mime)
{
    struct Row {
        const char* coding;
        bool removable;
        QStringList suffixes;
        QList<QByteArray> types;
    };
    static const QList<QByteArray> kPlain{"", "identity", "none", "binary", "8bit", "7bit", "utf-8", "aws-chunked"};
    static const std::array<Row, 5> kKnown{{
        {"gzip", true, {".gz", ".tgz", ".svgz", ".vgz"},
            {"application/gzip", "application/x-gzip", "application/x-tgz", "application/x-gtar",
                "application/x-compressed-tar"}},
        {"x-gzip", true, {".gz", ".tgz", ".svgz", ".vgz"},
            {"application/gzip", "application/x-gzip", "application/x-tgz", "application/x-gtar",
                "application/x-compressed-tar"}},
        {"deflate", true, {".zz", ".zlib"}, {"application/zlib"}},
        {"br", false, {".br"}, {"application/x-brotli"}},
        {"zstd", false, {".zst", ".tzst"}, {"application/zstd", "application/x-zstd"}},
    }};
    Coding worst = Coding::None;
    for (const auto& [name, value] : headers) {
        if (!sameName(name, "Content-Encoding"))
            continue;
        for (const QByteArrayView part : splitList(value, ',')) {
            const QByteArray coding = part.toByteArray().toLower();
            if (kPlain.contains(coding))
                continue;
            const auto row =
                std::find_if(kKnown.begin(), kKnown.end(), [&](const Row& known) { return coding == known.coding; });
            if (row == kKnown.end())
                return Coding::Unknown;
            const QString path = url.path().toLower();
            const bool itself = row->types.contains(mime)
                || std::any_of(row->suffixes.begin(), row->suffixes.end(),
                    [&path](const QString& suffix) { return path.endsWith(suffix); });
            if (itself)
                continue;
            // One layer of what the engine can undo and check to its end.
            if (!row->removable || worst == Coding::Removable)
                return Coding::Unknown;
            worst = Coding::Removable;
        }
    }
    return worst;
}

QList<QUrl> duplicateLinks(const Headers& headers, const QUrl& base)
{
    QList<QUrl> urls;
    for (const Link& mirror : linksOf(headers, base, "duplicate"))
        if (urls.size() < kMaxMirrors)
            urls.append(mirror.url);
    return urls;
}

QList<QUrl> descriptionLinks(const Headers& headers, const QUrl& base)
{
    QList<QUrl> urls;
    for (const char* type : {"application/metalink4+xml", "application/x-bittorrent"})
        for (const Link& link : linksOf(headers, base, "describedby"))
            if (link.type == type && urls.size() < kMaxDescriptions)
                urls.append(link.url);
    return urls;
}

bool linkHasExpired(const QUrl& url, std::chrono::system_clock::time_point now)
{
    const qint64 seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    const auto items = QUrlQuery(url).queryItems(QUrl::FullyDecoded);
    std::optional<qint64> signedAt, lifetime, end;
    for (const auto& [key, value] : items) {
        const QString name = key.toLower();
        if (name == QLatin1String("x-amz-date") || name == QLatin1String("x-goog-date"))
            signedAt = basicIsoSeconds(value);
        else if (name == QLatin1String("x-amz-expires") || name == QLatin1String("x-goog-expires"))
            lifetime = parseSize(value.toLatin1());
        else if (name == QLatin1String("se")) { // shared access signature
            const QDateTime at = QDateTime::fromString(value, Qt::ISODate);
            end = at.isValid() ? std::optional(at.toSecsSinceEpoch()) : end;
        } else if (QStringList{"expires", "expire", "exp", "e", "expiry", "expires_at", "x-expires"}.contains(name)) {
            end = epochSeconds(value) ? epochSeconds(value) : end;
        } else if (name == QLatin1String("token") || name == QLatin1String("jwt") || name == QLatin1String("access_token")) {
            end = tokenExpiry(value) ? tokenExpiry(value) : end;
        }
    }
    if (signedAt && lifetime)
        end = *signedAt + *lifetime;
    return end && *end <= seconds;
}

} // namespace weir
