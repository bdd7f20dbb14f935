#include "ftp/ftp_profile.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <array>

#include <curl/curl.h>
#include <pwd.h>
#include <unistd.h>

namespace weir {

namespace {

bool isSsh(const QUrl& url) { return url.scheme() == QLatin1String("sftp"); }

bool isAscii(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return quint8(c) < 0x80; });
}

/// Some servers take names as UTF-8 only after this; the asterisk: it does not matter if they refuse. Never freed.
curl_slist* utf8Command()
{
    static curl_slist* const list = curl_slist_append(nullptr, "*OPTS UTF8 ON");
    return list;
}

/// Who runs this, as ssh would log in.
QByteArray ownName()
{
    std::array<char, 4096> text;
    passwd entry, *found = nullptr;
    getpwuid_r(geteuid(), &entry, text.data(), text.size(), &found);
    return found ? QByteArray(found->pw_name) : qgetenv("USER");
}

void prepareSsh(CURL* easy, const RequestContext& context)
{
    long ways = CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD | CURLSSH_AUTH_AGENT;
    QString key = context.tls.clientKey;
    // libcurl would look for the oldest kinds only, and for them even in the current folder.
    for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
        const QString file = QDir::homePath() + QStringLiteral("/.ssh/") + QLatin1String(name);
        if (key.isEmpty() && QFileInfo(file).isReadable())
            key = file;
    }
    if (!key.isEmpty()) {
        ways |= CURLSSH_AUTH_PUBLICKEY;
        curl_easy_setopt(easy, CURLOPT_SSH_PRIVATE_KEYFILE, key.toLocal8Bit().constData());
    }
    curl_easy_setopt(easy, CURLOPT_SSH_AUTH_TYPES, ways);
    if (context.auth.user.isEmpty())
        curl_easy_setopt(easy, CURLOPT_USERNAME, ownName().constData());
}

void preparePlainFtp(CURL* easy, const QUrl& url, const TlsOptions& tls)
{
    const QString scheme = url.scheme();
    if (scheme == QLatin1String("ftpes")) {
        QUrl plain = url;
        plain.setScheme(QStringLiteral("ftp"));
        curl_easy_setopt(easy, CURLOPT_URL, plain.toEncoded(QUrl::RemoveFragment).constData());
        // libcurl does not ask how a kept connection was secured when TLS began after its first byte.
        const bool ownTrust = tls.insecure || !tls.caFile.isEmpty() || !tls.clientCertificate.isEmpty();
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, long(ownTrust));
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, long(ownTrust));
    }
    curl_easy_setopt(easy, CURLOPT_USE_SSL, long(scheme == QLatin1String("ftp") ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    // One change of folder instead of one for each level; with none, some servers take a path for a name.
    curl_easy_setopt(easy, CURLOPT_FTP_FILEMETHOD, long(CURLFTPMETHOD_SINGLECWD));
    const QByteArray path = QByteArray::fromPercentEncoding(url.path(QUrl::FullyEncoded).toLatin1());
    if (!isAscii(path) && QString::fromUtf8(path).toUtf8() == path)
        curl_easy_setopt(easy, CURLOPT_QUOTE, utf8Command());
}

Headers prepare(void* handle, const FetchRequest& request)
{
    static const RequestContext kPlain;
    CURL* easy = static_cast<CURL*>(handle);
    const RequestContext& context = request.context ? *request.context : kPlain;
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L); // else an HTTP proxy would speak HTTP to us
    curl_easy_setopt(easy, CURLOPT_FILETIME, long(context.method != kOnlyBytes));
    // What goes here becomes a command, and nobody else may choose one.
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, context.method == "MLSD" ? "MLSD" : nullptr);
    if (isSsh(request.url)) {
        curl_easy_setopt(easy, CURLOPT_RESUME_FROM_LARGE, curl_off_t(request.range ? request.range->begin : 0));
        prepareSsh(easy, context);
    } else {
        // libcurl stops at what SIZE says, and a file that goes on behind it would look whole: it is not told.
        curl_easy_setopt(easy, CURLOPT_IGNORE_CONTENT_LENGTH, 1L);
        preparePlainFtp(easy, request.url, context.tls);
    }
    return {};
}

/// What libcurl sends as the name: "a.iso;type=i" is a.iso.
QByteArray nameSent(const QUrl& url)
{
    QByteArray path = url.path(QUrl::FullyEncoded).toLatin1();
    if (const qsizetype type = path.indexOf(";type="); type >= 0)
        path.truncate(type);
    path = QByteArray::fromPercentEncoding(path);
    return path.mid(path.lastIndexOf('/') + 1);
}

bool isText(const QUrl& url) { return url.path().endsWith(QLatin1String(";type=a"), Qt::CaseInsensitive); }

QByteArrayList commands(const FetchRequest& request)
{
    const QByteArray name = nameSent(request.url);
    const bool unsafe = std::any_of(name.begin(), name.end(), [](char c) { return quint8(c) < 0x20 || c == 0x7f; });
    // The bytes of a text are counted anew on their way: its size says nothing.
    const bool known = request.context && request.context->method == kOnlyBytes;
    if (known || isSsh(request.url) || isFolder(request.url) || isText(request.url) || name.isEmpty() || unsafe)
        return {};
    QByteArrayList list{"*SIZE " + name};
    if (request.range && request.range->begin > 0)
        list.append("REST " + QByteArray::number(request.range->begin));
    return list;
}

Headers prepareActive(void* handle, const FetchRequest& request)
{
    curl_easy_setopt(static_cast<CURL*>(handle), CURLOPT_FTPPORT, "-");
    return prepare(handle, request);
}

qint64 numberIn(QByteArrayView text)
{
    bool ok = false;
    const qint64 number = text.toLongLong(&ok);
    return ok && number >= 0 ? number : -1;
}

/// "a.iso;type=i" is called a.iso.
QString nameWithoutType(const QUrl& url)
{
    const QString name = url.path(QUrl::FullyDecoded).section(QLatin1Char('/'), -1);
    const qsizetype type = name.indexOf(QLatin1String(";type="));
    return type > 0 ? name.left(type) : QString();
}

Error refusal(Code code, const FetchRequest& request, const QString& why)
{
    return {code,
        request.url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment) + QStringLiteral(": ")
            + why};
}

QByteArray lastLine(const Headers& reply)
{
    const auto last = std::find_if(reply.rbegin(), reply.rend(), [](const auto& line) { return line.first.isEmpty(); });
    return last == reply.rend() ? QByteArray() : last->second;
}

/// The answer to SIZE; MDTM's, which looks the same, comes before the one to TYPE, PASV or EPSV.
qint64 sizeSaid(const Headers& reply)
{
    qint64 size = -1;
    for (const auto& [name, line] : reply) {
        if (!name.isEmpty())
            continue;
        if (line.startsWith("213"))
            size = numberIn(QByteArrayView(line).sliced(line.lastIndexOf(' ') + 1));
        else if (line.startsWith("200") || line.startsWith("227") || line.startsWith("229"))
            size = -1;
    }
    return size;
}

bool says(const QByteArray& line, std::initializer_list<const char*> words)
{
    const QByteArray lower = line.toLower();
    return std::any_of(words.begin(), words.end(), [&](const char* word) { return lower.contains(word); });
}

/// What a server says when it has enough clients or connections: there is no code that all of them use.
bool isCrowded(int code, const QByteArray& line)
{
    return code == 421
        || ((code == 530 || code == 500 || code == 550)
            && says(line, {"too many", "maximum number", "max connections", "connection limit", "try again later"}));
}

std::optional<Code> explainReply(int curlCode, int code, const QByteArray& line)
{
    if (isCrowded(code, line))
        return Code::HostBusy;
    switch (code) {
    case 425: return Code::FtpDataConnection;
    case 426:
    case 451: return Code::FtpBrokenOff;
    case 452:
    case 552: return Code::RemoteDiskFull;
    case 530:
    case 331:
    case 332:
        return says(line, {"must use encryption", "tls required", "use tls", "ssl required", "must use ssl", "must use tls"})
            ? Code::FtpNeedsTls
            : Code::LoginRefused;
    case 521:
    case 522:
    case 533:
    case 534: return Code::FtpNeedsTls;
    case 550:
    case 553: return says(line, {"permission", "denied", "not permitted"}) ? Code::RemoteAccessDenied : Code::RemoteFileMissing;
    default: break;
    }
    return curlCode == CURLE_FTP_COULDNT_RETR_FILE && code >= 400 && code < 500 ? std::optional(Code::FtpBrokenOff)
                                                                                : std::nullopt;
}

} // namespace

bool isFolder(const QUrl& url) { return url.path().isEmpty() || url.path().endsWith(QLatin1Char('/')); }

Result<FetchHead> judgeFtp(int status, const Headers& reply, const QUrl&, const FetchRequest& request)
{
    FetchHead head;
    head.finalUrl = request.url;
    head.status = status;
    head.rangesVouched = false;
    if (isFolder(request.url)) {
        head.mime = "inode/directory";
        return head;
    }
    const qint64 begin = request.range ? request.range->begin : 0;
    head.totalSize = sizeSaid(reply);
    if (const qint64 rest = numberIn(headerValue(reply, "Content-Length")); rest >= 0 && isSsh(request.url)) {
        if (rest > std::numeric_limits<qint64>::max() - begin)
            return failure(refusal(Code::RangeUnsatisfiable, request, QStringLiteral("a size of %1 bytes").arg(rest)));
        head.totalSize = begin + rest;
    }
    if (const QByteArray date = headerValue(reply, "Last-Modified"); !date.isEmpty())
        head.validator = "date:" + date;
    if (!request.validator.isEmpty() && !head.validator.isEmpty() && request.validator != head.validator)
        return failure(refusal(Code::ValidatorChanged, request,
            QStringLiteral("it is of %1, it was of %2")
                .arg(QLatin1String(head.validator.mid(5)), QLatin1String(request.validator.mid(5)))));
    if (request.expectedSize >= 0 && head.totalSize >= 0 && request.expectedSize != head.totalSize)
        return failure(refusal(Code::SizeChanged, request,
            QStringLiteral("it has %1 bytes, it had %2").arg(head.totalSize).arg(request.expectedSize)));
    if (head.totalSize >= 0 && begin > head.totalSize)
        return failure(
            refusal(Code::RangeUnsatisfiable, request, QStringLiteral("byte %1 of %2").arg(begin).arg(head.totalSize)));
    head.fileName = nameWithoutType(request.url);
    head.offset = begin;
    head.ranged = request.range.has_value();
    head.rangesOffered = head.totalSize >= 0;
    return head;
}

std::optional<Code> explainFtp(int curlCode, const Headers& reply, const FetchRequest& request)
{
    if (isSsh(request.url))
        return curlCode == CURLE_SSH || curlCode == CURLE_FAILED_INIT ? std::optional(Code::SshFailed) : std::nullopt;
    const QByteArray line = lastLine(reply);
    const int code = int(numberIn(line.left(3)));
    switch (curlCode) {
    case CURLE_BAD_DOWNLOAD_RESUME: // the file ends before the place where we wanted to go on
        return request.expectedSize >= 0 ? Code::SizeChanged : Code::RangeUnsatisfiable;
    case CURLE_QUOTE_ERROR: return Code::RangeUnsatisfiable; // of REST: SIZE may be refused
    case CURLE_OPERATION_TIMEDOUT:
        return code == 421 ? std::optional(Code::HostBusy) : std::nullopt; // libcurl's word for a 421
    case CURLE_USE_SSL_FAILED: return Code::FtpTlsRefused;
    case CURLE_FTP_CANT_GET_HOST:
    case CURLE_FTP_WEIRD_PASV_REPLY:
    case CURLE_FTP_WEIRD_227_FORMAT:
    case CURLE_FTP_PORT_FAILED:
    case CURLE_FTP_ACCEPT_FAILED:
    case CURLE_FTP_ACCEPT_TIMEOUT: return isCrowded(code, line) ? Code::HostBusy : Code::FtpDataConnection;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_FTP_WEIRD_PASS_REPLY:
    case CURLE_LOGIN_DENIED:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_PARTIAL_FILE:
    case CURLE_FTP_COULDNT_RETR_FILE: return code >= 400 ? explainReply(curlCode, code, line) : std::nullopt;
    default: return std::nullopt;
    }
}

CurlProfile ftpProfile(FtpMode mode)
{
    return {.schemes = {QStringLiteral("ftp"), QStringLiteral("ftps"), QStringLiteral("ftpes"), QStringLiteral("sftp")},
        .prepare = mode == FtpMode::Active ? &prepareActive : &prepare,
        .judge = &judgeFtp,
        .explain = &explainFtp,
        .holdsThread = true,
        .commands = &commands};
}

} // namespace weir
