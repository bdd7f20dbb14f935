#include "rpc/new_task.h"

#include "base/digest.h"
#include "base/text_log.h"
#include "queue/request_context.h"
#include "rpc/params.h"
#include "transfer/piece_hashes.h"

#include <QDir>
#include <QStandardPaths>

#include <algorithm>
#include <array>

namespace weir {

namespace {

constexpr qsizetype kMaxUrl = 64 << 10;
constexpr qsizetype kMaxMirrors = 256;
constexpr qsizetype kMaxPath = 4096;
constexpr qsizetype kMaxToken = 256;
constexpr int kMaxConnections = 256;

QString shown(const QString& url) { return maskSecrets(url.left(200)); }

bool isToken(QByteArrayView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("!#$%&'*+-.^_`|~", c);
    });
}

bool hasLineBreak(QStringView text) { return text.contains(u'\n') || text.contains(u'\r') || text.contains(QChar::Null); }

Result<void> checkHeader(const QString& line)
{
    const qsizetype colon = line.indexOf(u':');
    if (colon < 1 || hasLineBreak(line) || !isToken(line.left(colon).toUtf8()))
        return failure(Code::BadHeader, shown(line));
    return {};
}

Result<void> checkProxy(const QString& text)
{
    static constexpr std::array schemes{"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    const QUrl url(text, QUrl::StrictMode);
    const bool known =
        std::any_of(schemes.begin(), schemes.end(), [&](const char* s) { return url.scheme() == QLatin1StringView(s); });
    if (!text.isEmpty() && (!url.isValid() || !known || url.host().isEmpty()))
        return failure(Code::BadProxy, shown(text));
    return {};
}

void checkOptions(Params& options)
{
    options.integer("connections", 0, kMaxConnections);
    options.integer("limit", 0, Params::kMaxInteger);
    options.integer("retries", 0, 1'000'000);
    options.flag("ask");
    options.flag("sums");
    const QString ifExists = options.text("ifExists", QStringLiteral("rename"));
    static constexpr std::array ways{"rename", "resume", "overwrite", "skip"};
    if (std::none_of(ways.begin(), ways.end(), [&](const char* way) { return ifExists == QLatin1StringView(way); }))
        options.fail("ifExists", QStringLiteral("rename, resume, overwrite or skip is expected"));
    const QStringList checksums = options.texts("checksums");
    for (const QString& checksum : checksums)
        if (auto ok = parseDigest(checksum); !ok)
            options.fail(ok.error());
    if (options.has("pieces"))
        if (auto ok = readPieceHashes(options.object("pieces")); !ok)
            options.fail(ok.error());
}

void checkSecrets(Params& secrets)
{
    const QStringList headers = secrets.texts("headers");
    for (const QString& header : headers)
        if (auto ok = checkHeader(header); !ok)
            secrets.fail(ok.error());
    secrets.texts("cookies");
    for (const char* name : {"referer", "userAgent", "user", "bearer", "bindTo"})
        if (hasLineBreak(secrets.text(name)))
            secrets.fail(name, QStringLiteral("line breaks are not possible here"));
    for (const char* name : {"body", "cacert", "cert", "key"})
        secrets.text(name);
    if (const QString method = secrets.text("method"); !method.isEmpty() && !isToken(method.toUtf8()))
        secrets.fail("method", QStringLiteral("an HTTP method is expected"));
    if (auto ok = checkProxy(secrets.text("proxy")); !ok)
        secrets.fail(ok.error());
    secrets.flag("insecure");
}

/// An extension that has fallen into wrong hands must not reach other files than downloads.
void refuseWhatIsNotTheBrowsers(Params& params, Params& secrets)
{
    const QString complaint = QStringLiteral("a browser can't say this");
    if (params.has("dir"))
        params.fail("dir", complaint);
    for (const char* name : {"cacert", "cert", "key", "insecure"})
        if (secrets.has(name))
            secrets.fail(name, complaint);
}

Result<QJsonArray> readMirrors(Params& params)
{
    const QStringList given = params.texts("mirrors");
    if (given.size() > kMaxMirrors)
        params.fail("mirrors", QStringLiteral("at most %1 are possible").arg(kMaxMirrors));
    QJsonArray mirrors;
    for (const QString& text : given) {
        const auto url = readTaskUrl(text);
        if (!url)
            return failure(url.error());
        if (!url->userInfo().isEmpty())
            return failure(
                Code::CredentialsInUrl, QStringLiteral("mirror %1: they are sent to the first address only").arg(shown(text)));
        mirrors.append(url->toString(QUrl::FullyEncoded));
    }
    return mirrors;
}

void readPlace(Params& params, NewTask& task, const QString& defaultDirectory)
{
    task.directory = readFolder(params, "dir", defaultDirectory);
    task.name = params.text("name");
    if (task.name.size() > kMaxPath)
        params.fail("name", QStringLiteral("it is too long"));
    task.token = params.text("token").toUtf8();
    if (task.token.size() > kMaxToken)
        params.fail("token", QStringLiteral("at most %1 bytes are possible").arg(kMaxToken));
    task.mime = params.text("mime").toUtf8().left(kMaxToken).toLower();
}

int readPriority(Params& params)
{
    const QString priority = params.text("priority", QStringLiteral("normal"));
    if (priority == QLatin1StringView("low"))
        return -1;
    if (priority == QLatin1StringView("high"))
        return 1;
    if (priority != QLatin1StringView("normal"))
        params.fail("priority", QStringLiteral("low, normal or high is expected"));
    return 0;
}

} // namespace

QString readFolder(Params& params, const char* name, const QString& fallback)
{
    const QString folder = params.text(name, fallback);
    if (!QDir::isAbsolutePath(folder) || hasLineBreak(folder) || folder.size() > kMaxPath)
        params.fail(name, QStringLiteral("an absolute path is expected"));
    return QDir::cleanPath(folder);
}

Result<QUrl> readTaskUrl(const QString& text)
{
    if (text.size() > kMaxUrl)
        return failure(Code::UrlTooLong, shown(text));
    const QUrl url(text.trimmed(), QUrl::TolerantMode);
    const bool hasAuthority = text.trimmed().mid(url.scheme().size()).startsWith(QLatin1StringView("://"));
    if (!url.isValid() || url.scheme().isEmpty() || (hasAuthority && url.host().isEmpty() && !url.isLocalFile()))
        return failure(Code::BadUrl, shown(text));
    return url;
}

QString usualDirectory(const Settings& settings)
{
    const QString chosen = settings.text(QStringLiteral("downloads.dir"));
    if (chosen.isEmpty())
        return QStandardPaths::writableLocation(QStandardPaths::DownloadLocation);
    const bool fromHome = chosen == QLatin1StringView("~") || chosen.startsWith(QLatin1StringView("~/"));
    return QDir::cleanPath(QDir::home().absoluteFilePath(fromHome ? QDir::homePath() + chosen.mid(1) : chosen));
}

void checkChangeableOptions(Params& options)
{
    options.integer("connections", 0, kMaxConnections);
    options.integer("limit", 0, Params::kMaxInteger);
    readPriority(options);
}

Result<NewTask> readNewTask(const QJsonObject& item, const QString& prefix, bool fromBrowser, const QString& defaultDirectory)
{
    Params params(item, prefix);
    NewTask task;
    auto url = readTaskUrl(params.requiredText("url"));
    readPlace(params, task, defaultDirectory);
    task.priority = readPriority(params);
    task.held = params.flag("held").value_or(false);
    task.unlisted = params.flag("private").value_or(false);
    task.fromBrowser = fromBrowser;
    const auto mirrors = readMirrors(params);
    task.spec.options = params.object("options");
    task.spec.secrets = params.object("secrets");
    Params options(task.spec.options, prefix + QStringLiteral("options."));
    checkOptions(options);
    Params secrets(task.spec.secrets, prefix + QStringLiteral("secrets."));
    checkSecrets(secrets);
    if (fromBrowser)
        refuseWhatIsNotTheBrowsers(params, secrets);
    if (const auto problem = params.problem())
        return failure(*problem);
    if (!url)
        return failure(url.error());
    if (!mirrors)
        return failure(mirrors.error());
    if (const auto problem = options.firstError()) // what it does not know is a plugin's
        return failure(*problem);
    if (const auto problem = secrets.problem())
        return failure(*problem);
    if (!mirrors->isEmpty())
        task.spec.options.insert(QStringLiteral("mirrors"), *mirrors);
    if (url->scheme() == QLatin1StringView("magnet") && !url->userInfo().isEmpty())
        return failure(Code::CredentialsInUrl, url->scheme());
    takeCredentials(*url, task.spec.secrets); // a password in the address would stand in the list and in logs
    task.url = *url;
    return task;
}

} // namespace weir
