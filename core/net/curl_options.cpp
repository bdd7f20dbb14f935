#include "net/curl_options.h"

#include <QHostAddress>

#include <algorithm>

namespace weir {

namespace {

constexpr long kMaxRedirects = 20;
constexpr long kSmallBuffer = 32 << 10;

// libcurl refuses options that it was built without; the first refusal counts.
class Options {
public:
    explicit Options(CURL* easy) : easy_(easy) {}
    template <class T> void set(CURLoption option, T value)
    {
        if (const CURLcode code = curl_easy_setopt(easy_, option, value); code != CURLE_OK && code_ == CURLE_OK) {
            code_ = code;
            option_ = option;
        }
    }
    void set(CURLoption option, const QByteArray& value) { set(option, value.constData()); }
    Result<void> result() const
    {
        if (code_ == CURLE_OK)
            return {};
        const curl_easyoption* row = curl_easy_option_by_id(option_);
        return failure(code_ == CURLE_OUT_OF_MEMORY ? Code::OutOfMemory : Code::CurlBadOption,
            QStringLiteral("set %1: %2").arg(QLatin1String(row ? row->name : "?"), QLatin1String(curl_easy_strerror(code_))),
            code_);
    }

private:
    CURL* easy_;
    CURLcode code_ = CURLE_OK;
    CURLoption option_ = CURLOPT_LASTENTRY;
};

bool hasControl(QByteArrayView text)
{
    return std::any_of(text.begin(), text.end(), [](char c) { return (quint8(c) < 0x20 && c != '\t') || c == 0x7f; });
}

Result<void> setHeaders(Options& options, const Headers& headers, CurlList& lines)
{
    curl_slist* list = nullptr;
    for (const auto& [name, value] : headers) {
        if (name.isEmpty() || name.contains(':') || name.contains(' ') || hasControl(name) || hasControl(value)) {
            curl_slist_free_all(list);
            return failure(Code::BadHeader, QString::fromLatin1(name.left(80)));
        }
        // libcurl takes "Name:" as "leave it out" and "Name;" as "empty".
        list = curl_slist_append(list, (value.isEmpty() ? name + ';' : name + ": " + value).constData());
    }
    list = curl_slist_append(list, "Expect:"); // a second of waiting before each larger body
    lines.reset(list);
    options.set(CURLOPT_HTTPHEADER, list);
    return {};
}

void setCommands(Options& options, const QByteArrayList& commands, CurlList& lines)
{
    for (const QByteArray& command : commands)
        lines.reset(curl_slist_append(lines.release(), command.constData()));
    options.set(CURLOPT_PREQUOTE, lines.get());
}

void setMethod(Options& options, const RequestContext& context)
{
    if (context.method == "HEAD") {
        options.set(CURLOPT_NOBODY, 1L);
        return;
    }
    if (!context.body.isEmpty() || context.method == "POST") {
        options.set(CURLOPT_POST, 1L);
        options.set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(context.body.size()));
        options.set(CURLOPT_POSTFIELDS, context.body.constData());
        if (context.method != "POST")
            options.set(CURLOPT_CUSTOMREQUEST, context.method);
    } else if (context.method != "GET") {
        options.set(CURLOPT_CUSTOMREQUEST, context.method);
    }
}

void setCredentials(Options& options, const Credentials& auth, bool inUrl)
{
    if (!auth.bearer.isEmpty()) {
        options.set(CURLOPT_HTTPAUTH, long(CURLAUTH_BEARER));
        options.set(CURLOPT_XOAUTH2_BEARER, auth.bearer);
        return;
    }
    options.set(CURLOPT_HTTPAUTH, long(CURLAUTH_BASIC | CURLAUTH_DIGEST));
    if (!auth.user.isEmpty() || !auth.password.isEmpty()) {
        options.set(CURLOPT_USERNAME, auth.user.toUtf8());
        options.set(CURLOPT_PASSWORD, auth.password.toUtf8());
    } else if (auth.netrc && !inUrl) {
        options.set(CURLOPT_NETRC, long(CURL_NETRC_OPTIONAL));
    }
}

void setTls(Options& options, const TlsOptions& tls)
{
    if (tls.insecure) {
        options.set(CURLOPT_SSL_VERIFYPEER, 0L);
        options.set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!tls.caFile.isEmpty())
        options.set(CURLOPT_CAINFO, tls.caFile.toLocal8Bit()); // beside CURLOPT_CAPATH, which stays
    if (!tls.clientCertificate.isEmpty())
        options.set(CURLOPT_SSLCERT, tls.clientCertificate.toLocal8Bit());
    if (!tls.clientKey.isEmpty())
        options.set(CURLOPT_SSLKEY, tls.clientKey.toLocal8Bit());
}

Result<void> setProxy(Options& options, const ProxyConfig& proxy)
{
    // Both are set in any case: libcurl asks the environment for what is not.
    options.set(CURLOPT_NOPROXY, proxy.bypass.join(QLatin1Char(',')).toUtf8());
    if (proxy.url.isEmpty() || proxy.bypass.contains(QLatin1String("*"))) { // libcurl takes "*" only if it stands alone
        options.set(CURLOPT_PROXY, "");
        return {};
    }
    static const QStringList kSchemes{"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    if (!proxy.url.isValid() || proxy.url.host().isEmpty() || !kSchemes.contains(proxy.url.scheme()))
        return failure(Code::BadProxy, displayUrl(proxy.url));
    options.set(
        CURLOPT_PROXY, proxy.url.toEncoded(QUrl::RemoveUserInfo | QUrl::RemovePath | QUrl::RemoveQuery | QUrl::RemoveFragment));
    const QString user = proxy.user.isEmpty() ? proxy.url.userName(QUrl::FullyDecoded) : proxy.user;
    const QString password = proxy.user.isEmpty() ? proxy.url.password(QUrl::FullyDecoded) : proxy.password;
    if (!user.isEmpty()) {
        options.set(CURLOPT_PROXYUSERNAME, user.toUtf8());
        options.set(CURLOPT_PROXYPASSWORD, password.toUtf8());
        options.set(CURLOPT_PROXYAUTH, long(CURLAUTH_BASIC | CURLAUTH_DIGEST));
    }
    return {};
}

void setVersion(Options& options, const CurlOrder& order, bool secure)
{
    if (!order.request.multiplex) {
        // One TCP connection for each range is the point of ranges.
        options.set(CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_1_1));
        return;
    }
    const bool http3 = secure && order.config->http3 && (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP3);
    options.set(CURLOPT_HTTP_VERSION, long(http3 ? CURL_HTTP_VERSION_3 : CURL_HTTP_VERSION_2TLS));
    options.set(CURLOPT_PIPEWAIT, secure ? 1L : 0L);
}

void setCookies(Options& options, const std::shared_ptr<CookieJar>& jar)
{
    if (!jar)
        return;
    options.set(CURLOPT_COOKIEFILE, ""); // no file: just the engine
    for (const QByteArray& line : jar->lines())
        options.set(CURLOPT_COOKIELIST, line);
}

void setTransport(Options& options, const CurlOrder& order)
{
    const FetchRequest& request = order.request;
    options.set(CURLOPT_QUICK_EXIT, 1L); // else a removal during name resolution waits for the resolver's thread
    options.set(CURLOPT_NOSIGNAL, 1L);
    options.set(CURLOPT_BUFFERSIZE, request.multiplex ? kSmallBuffer : long(order.config->bulkBuffer));
    options.set(CURLOPT_CONNECTTIMEOUT_MS, long(request.connectTimeout.count()));
    options.set(CURLOPT_TCP_KEEPALIVE, 1L);
    const QString& bind = request.context->bindTo.isEmpty() ? order.config->bindTo : request.context->bindTo;
    if (!bind.isEmpty())
        options.set(CURLOPT_INTERFACE, (QHostAddress(bind).isNull() ? "if!" : "host!") + bind.toUtf8());
}

void setHttp(Options& options, const CurlOrder& order, bool secure)
{
    const RequestContext& context = *order.request.context;
    const QString& agent = context.userAgent.isEmpty() ? order.config->userAgent : context.userAgent;
    if (!agent.isEmpty())
        options.set(CURLOPT_USERAGENT, agent.toUtf8());
    // Codings that nobody asked for are undone here: libcurl does not notice when a coded stream is cut off.
    options.set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    options.set(CURLOPT_FOLLOWLOCATION, 1L);
    options.set(CURLOPT_MAXREDIRS, kMaxRedirects);
    if (secure)
        options.set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
}

/// libcurl takes no list with a name that it does not know.
QByteArray knownSchemes(const QStringList& schemes)
{
    QByteArrayList known;
    for (const char* const* each = curl_version_info(CURLVERSION_NOW)->protocols; *each; ++each)
        if (schemes.contains(QLatin1String(*each)))
            known.append(*each);
    return known.join(',');
}

} // namespace

const ProxyConfig& proxyOf(const CurlOrder& order)
{
    const ProxyConfig& own = order.request.context->proxy;
    return own.url.isEmpty() ? order.config->proxy : own;
}

inline namespace abi1 {

bool goesThrough(const ProxyConfig& proxy, const QString& host)
{
    if (proxy.url.isEmpty())
        return false;
    const QHostAddress address(host);
    return std::none_of(proxy.bypass.begin(), proxy.bypass.end(), [&](const QString& entry) {
        if (entry == QLatin1String("*") || entry.compare(host, Qt::CaseInsensitive) == 0)
            return true;
        if (!address.isNull())
            return entry.contains(QLatin1Char('/')) && address.isInSubnet(QHostAddress::parseSubnet(entry));
        const QString domain = entry.startsWith(QLatin1Char('.')) ? entry.mid(1) : entry;
        return !domain.isEmpty()
            && (host.endsWith(QLatin1Char('.') + domain, Qt::CaseInsensitive)
                || host.compare(domain, Qt::CaseInsensitive) == 0);
    });
}

} // namespace abi1

void refuseDowngrade(CURL* easy) { curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https"); }

QString displayUrl(const QUrl& url)
{
    return url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment);
}

Result<void> applyOptions(CURL* easy, const CurlOrder& order, CurlLists& lists)
{
    const FetchRequest& request = order.request;
    const QByteArray url = request.url.toEncoded(QUrl::RemoveFragment);
    if (!request.url.isValid() || url.isEmpty() || request.url.host().isEmpty())
        return failure(Code::BadUrl, displayUrl(request.url));
    if (!order.profile.schemes.contains(request.url.scheme()))
        return failure(Code::SchemeNotAllowed, displayUrl(request.url));
    if (request.range && (request.range->begin < 0 || request.range->empty()))
        return failure(
            Code::RangeUnsatisfiable, QStringLiteral("bytes %1 to %2").arg(request.range->begin).arg(request.range->end));

    const bool secure = request.url.scheme() == QLatin1String("https");
    Options options(easy);
    const QByteArray schemes = knownSchemes(order.profile.schemes);
    options.set(CURLOPT_URL, url);
    options.set(CURLOPT_PROTOCOLS_STR, schemes);
    options.set(CURLOPT_REDIR_PROTOCOLS_STR, schemes);
    setTransport(options, order);
    setVersion(options, order, secure);
    setHttp(options, order, secure);
    setMethod(options, *request.context);
    setCredentials(options, request.context->auth, !request.url.userName().isEmpty());
    setTls(options, request.context->tls);
    setCookies(options, request.context->cookies);
    if (auto ok = setProxy(options, proxyOf(order)); !ok)
        return ok;
    if (auto ok = setHeaders(options, order.profile.prepare(easy, request), lists.headers); !ok)
        return ok;
    if (order.profile.commands)
        setCommands(options, order.profile.commands(request), lists.commands);
    return options.result();
}

} // namespace weir
