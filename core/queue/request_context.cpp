#include "queue/request_context.h"

#include <QJsonArray>

#include <algorithm>
#include <array>

namespace weir {

namespace {

constexpr std::array<QByteArrayView, 8> kNeverSent{"range", "if-range", "if-none-match", "if-modified-since", "accept-encoding",
    "connection", "content-length", "transfer-encoding"};

bool isToken(QByteArrayView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || (c != 0 && strchr("!#$%&'*+-.^_`|~", c));
    });
}

bool isOneLine(QByteArrayView text)
{
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

QList<QByteArray> texts(const QJsonValue& value)
{
    QList<QByteArray> result;
    if (value.isString())
        result.append(value.toString().toUtf8());
    for (const QJsonValue& item : value.toArray())
        result.append(item.toString().toUtf8());
    return result;
}

class Builder {
public:
    Builder(const QUrl& url, bool captured) : url_(url), captured_(captured) {}

    Result<void> header(const QByteArray& line);
    Result<void> cookies(const QByteArray& text);
    Result<void> proxy(const QString& text);
    Result<void> body(const QJsonObject& secrets);
    void user(const QByteArray& nameAndPassword);
    Result<void> addLine(const QByteArray& name, const QByteArray& value);
    std::shared_ptr<const RequestContext> finish();

    RequestContext context;

private:
    bool takenElsewhere(const QByteArray& name, const QByteArray& value);
    Result<void> cookiePairs(const QByteArray& text);

    const QUrl& url_;
    const bool captured_;
    QList<QByteArray> cookieLines_;
};

Result<void> Builder::header(const QByteArray& line)
{
    const qsizetype colon = line.indexOf(':');
    const QByteArray name = line.left(colon).trimmed();
    const QByteArray value = colon < 0 ? QByteArray() : line.mid(colon + 1).trimmed();
    if (colon <= 0 || !isToken(name) || !isOneLine(value))
        return failure(Code::BadHeader, QString::fromUtf8(name.left(80)));
    return addLine(name, value);
}

Result<void> Builder::addLine(const QByteArray& name, const QByteArray& value)
{
    if (!isOneLine(value))
        return failure(Code::BadHeader, QString::fromUtf8(name));
    const QByteArray lower = name.toLower();
    const bool ours = std::find(kNeverSent.begin(), kNeverSent.end(), QByteArrayView(lower)) != kNeverSent.end();
    if (ours || (captured_ && lower == "host"))
        return {};
    if (lower == "cookie")
        return cookiePairs(value);
    if (!takenElsewhere(lower, value))
        context.headers.append({name, value});
    return {};
}

// Credentials must not travel as plain header lines, which a redirect would carry to another host.
bool Builder::takenElsewhere(const QByteArray& name, const QByteArray& value)
{
    if (name == "user-agent") {
        context.userAgent = QString::fromUtf8(value);
        return true;
    }
    if (name != "authorization")
        return false;
    const QByteArray kind = value.left(value.indexOf(' ')).toLower();
    const QByteArray rest = value.mid(value.indexOf(' ') + 1).trimmed();
    if (kind == "bearer") {
        context.auth.bearer = rest;
        return true;
    }
    if (kind == "basic") {
        user(QByteArray::fromBase64(rest));
        return true;
    }
    return false;
}

Result<void> Builder::cookies(const QByteArray& text)
{
    if (!text.contains('\t'))
        return cookiePairs(text);
    for (QByteArray line : text.split('\n')) {
        if (line.endsWith('\r'))
            line.chop(1);
        if (line.isEmpty() || (line.startsWith('#') && !line.startsWith("#HttpOnly_")))
            continue;
        if (line.count('\t') != 6 || !isOneLine(line))
            return failure(Code::BadHeader, QStringLiteral("a cookie line must have seven fields"));
        cookieLines_.append(line);
    }
    return {};
}

Result<void> Builder::cookiePairs(const QByteArray& text)
{
    if (!isOneLine(text) || text.contains('\t'))
        return failure(Code::BadHeader, QStringLiteral("Cookie"));
    const QByteArray host = url_.host(QUrl::FullyEncoded).toUtf8();
    const QByteArray secure = url_.scheme() == u"https" ? "TRUE" : "FALSE";
    for (const QByteArray& part : text.split(';')) {
        const QByteArray pair = part.trimmed();
        const qsizetype equals = pair.indexOf('=');
        if (pair.isEmpty())
            continue;
        if (equals <= 0)
            return failure(Code::BadHeader, QStringLiteral("a cookie must be NAME=VALUE"));
        cookieLines_.append(host + "\tFALSE\t/\t" + secure + "\t0\t" + pair.left(equals) + '\t' + pair.mid(equals + 1));
    }
    return {};
}

Result<void> Builder::proxy(const QString& text)
{
    if (text.isEmpty())
        return {};
    QUrl url(text, QUrl::StrictMode);
    static const QStringList kSchemes{QStringLiteral("http"), QStringLiteral("https"), QStringLiteral("socks4"),
        QStringLiteral("socks4a"), QStringLiteral("socks5"), QStringLiteral("socks5h")};
    if (!url.isValid() || url.host().isEmpty() || !kSchemes.contains(url.scheme()))
        return failure(Code::BadProxy, url.toDisplayString(QUrl::RemoveUserInfo));
    context.proxy.user = url.userName(QUrl::FullyDecoded);
    context.proxy.password = url.password(QUrl::FullyDecoded);
    url.setUserInfo(QString());
    context.proxy.url = url;
    return {};
}

Result<void> Builder::body(const QJsonObject& secrets)
{
    const QString method = secrets.value(QLatin1String("method")).toString();
    context.body = secrets.value(QLatin1String("body")).toString().toUtf8();
    if (!method.isEmpty())
        context.method = method.toUtf8();
    else if (secrets.contains(QLatin1String("body")))
        context.method = "POST";
    if (!isToken(context.method))
        return failure(Code::BadOption, QStringLiteral("method"));
    return {};
}

void Builder::user(const QByteArray& nameAndPassword)
{
    const QString text = QString::fromUtf8(nameAndPassword);
    const qsizetype colon = text.indexOf(u':');
    context.auth.user = text.left(colon);
    context.auth.password = colon < 0 ? QString() : text.mid(colon + 1);
}

std::shared_ptr<const RequestContext> Builder::finish()
{
    context.cookies = std::make_shared<CookieJar>();
    if (!cookieLines_.isEmpty())
        context.cookies->set(cookieLines_);
    return std::make_shared<const RequestContext>(std::move(context));
}

} // namespace

Result<std::shared_ptr<const RequestContext>> makeRequestContext(const QUrl& url, const QJsonObject& secrets, bool captured)
{
    Builder builder(url, captured);
    const auto text = [&](const char* key) { return secrets.value(QLatin1String(key)).toString(); };
    for (const QByteArray& line : texts(secrets.value(QLatin1String("headers"))))
        if (auto ok = builder.header(line); !ok)
            return failure(ok.error());
    for (const QByteArray& line : texts(secrets.value(QLatin1String("cookies"))))
        if (auto ok = builder.cookies(line); !ok)
            return failure(ok.error());
    if (const QString referer = text("referer"); !referer.isEmpty())
        if (auto ok = builder.addLine("Referer", referer.toUtf8()); !ok)
            return failure(ok.error());
    if (const QString agent = text("userAgent"); !agent.isEmpty())
        if (auto ok = builder.addLine("User-Agent", agent.toUtf8()); !ok)
            return failure(ok.error());
    if (secrets.contains(QLatin1String("user")))
        builder.user(text("user").toUtf8());
    if (const QString bearer = text("bearer"); !bearer.isEmpty())
        if (auto ok = builder.addLine("Authorization", "Bearer " + bearer.toUtf8()); !ok)
            return failure(ok.error());
    if (auto ok = builder.proxy(text("proxy")); !ok)
        return failure(ok.error());
    if (auto ok = builder.body(secrets); !ok)
        return failure(ok.error());
    builder.context.tls = {text("cacert"), text("cert"), text("key"), secrets.value(QLatin1String("insecure")).toBool()};
    builder.context.bindTo = text("bindTo");
    return builder.finish();
}

QStringList secretTexts(const QJsonObject& secrets)
{
    constexpr qsizetype kShortest = 4; // masking "1" or "on" everywhere would make a log unreadable and hide nothing
    QStringList result;
    const auto add = [&](QString value) {
        value = value.trimmed();
        if (value.size() >= kShortest && !result.contains(value))
            result.append(value);
    };
    for (const QByteArray& line : texts(secrets.value(QLatin1String("headers"))))
        add(QString::fromUtf8(line.mid(line.indexOf(':') + 1)));
    for (const QByteArray& text : texts(secrets.value(QLatin1String("cookies"))))
        for (const QByteArray& line : text.split('\n'))
            for (const QByteArray& pair : line.split(';'))
                add(QString::fromUtf8(pair.mid(std::max(pair.indexOf('='), pair.lastIndexOf('\t')) + 1)));
    const QString user = secrets.value(QLatin1String("user")).toString();
    add(user.mid(user.indexOf(u':') + 1));
    add(secrets.value(QLatin1String("bearer")).toString());
    add(secrets.value(QLatin1String("body")).toString());
    add(QUrl(secrets.value(QLatin1String("proxy")).toString()).password());
    // Longer ones first, or a short one would leave the rest of a longer one readable.
    std::sort(result.begin(), result.end(), [](const QString& a, const QString& b) { return a.size() > b.size(); });
    return result;
}

QString maskTexts(QString text, const QStringList& secrets)
{
    for (const QString& secret : secrets)
        text.replace(secret, QStringLiteral("***"));
    return text;
}

void takeCredentials(QUrl& url, QJsonObject& secrets)
{
    if (url.userInfo().isEmpty())
        return;
    if (!secrets.contains(QLatin1String("user")))
        secrets.insert(
            QLatin1String("user"), QString(url.userName(QUrl::FullyDecoded) + u':' + url.password(QUrl::FullyDecoded)));
    url.setUserInfo(QString());
}

} // namespace weir
