#include "page_media.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

#include <algorithm>

using namespace weir;

namespace {

constexpr int kPatience = 120'000, kLook = 100; // milliseconds
constexpr qsizetype kLargest = 32 << 20;

bool isHttp(const QUrl& url)
{
    return url.isValid() && !url.host().isEmpty()
        && (url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https"));
}

bool isOneLine(const QByteArray& text)
{
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

/// What the engine says itself of every request.
bool isPassedOn(const QByteArray& name)
{
    const QByteArray lower = name.toLower();
    return !lower.isEmpty() && lower != "accept-encoding" && lower != "host" && lower != "range" && lower != "connection";
}

Headers headersOf(const QJsonObject& json)
{
    Headers headers;
    for (auto each = json.begin(); each != json.end(); ++each) {
        const QByteArray name = each.key().toUtf8(), value = each.value().toString().toUtf8();
        if (isPassedOn(name) && isOneLine(name) && isOneLine(value))
            headers.append({name, value});
    }
    return headers;
}

/// A proxy with its password is told in the environment: arguments can be read by everybody on the machine.
QProcessEnvironment environmentFor(const ProxyConfig& proxy)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    QUrl url = proxy.url;
    if (!proxy.user.isEmpty()) {
        url.setUserName(proxy.user, QUrl::DecodedMode);
        url.setPassword(proxy.password, QUrl::DecodedMode);
    }
    for (const char* name :
        {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY"})
        environment.remove(QLatin1String(name));
    if (!url.isEmpty())
        for (const char* name : {"http_proxy", "https_proxy", "all_proxy"})
            environment.insert(QLatin1String(name), url.toString(QUrl::FullyEncoded));
    return environment;
}

/// "ERROR: [generic] Unsupported URL: ..." without its first word.
QString complaint(const QByteArray& errors)
{
    QString last;
    for (const QByteArray& line : errors.split('\n'))
        if (line.startsWith("ERROR:"))
            last = QString::fromUtf8(line.mid(6).trimmed().left(300));
    return last.isEmpty() ? QStringLiteral("yt-dlp gave up") : last;
}

} // namespace

Result<PageMedia> readMedia(const QByteArray& json)
{
    QJsonObject media = QJsonDocument::fromJson(json).object();
    if (media.isEmpty())
        return failure(Code::WeirdReply, QStringLiteral("yt-dlp said nothing that can be read"));
    if (const QJsonArray entries = media["entries"].toArray(); !entries.isEmpty()) {
        if (entries.size() > 1)
            return failure(Code::Unsupported, QStringLiteral("a list of %1: give the page of one of them").arg(entries.size()));
        media = entries.first().toObject();
    }
    if (media["has_drm"].toBool())
        return failure(Code::DrmProtected, media["title"].toString().left(200));
    // A stream is described by its playlist: which of its tracks to take is weir's question.
    const QUrl playlist(media["manifest_url"].toString());
    const QUrl file(media["url"].toString());
    PageMedia found{isHttp(playlist) ? playlist : file, headersOf(media["http_headers"].toObject()), {}};
    if (!isHttp(found.url))
        return failure(Code::Unsupported, QStringLiteral("nothing that can be fetched over HTTP"));
    if (!isHttp(playlist))
        found.fileName = media["title"].toString() + u'.' + media["ext"].toString(QStringLiteral("mp4"));
    return found;
}

Result<PageMedia> findMedia(const QUrl& page, const ProxyConfig& proxy, bool insecure, std::stop_token stop)
{
    // The user's own configuration could run programs and write files.
    QStringList arguments{
        "--ignore-config", "--no-cache-dir", "--no-playlist", "--no-warnings", "--dump-single-json", "--format", "b"};
    if (insecure)
        arguments.append("--no-check-certificates");
    QProcess program;
    program.setProcessEnvironment(environmentFor(goesThrough(proxy, page.host()) ? proxy : ProxyConfig()));
    program.setStandardInputFile(QProcess::nullDevice());
    program.start("yt-dlp", arguments + QStringList{"--", page.toString(QUrl::FullyEncoded)});
    if (!program.waitForStarted())
        return failure(Code::Unsupported, QStringLiteral("the program yt-dlp is not installed"));
    QElapsedTimer since;
    since.start();
    QByteArray json, errors;
    while (program.state() != QProcess::NotRunning) {
        program.waitForFinished(kLook);
        json += program.readAllStandardOutput();
        errors = (errors + program.readAllStandardError()).right(16 << 10);
        if (!stop.stop_requested() && !since.hasExpired(kPatience) && json.size() <= kLargest)
            continue;
        program.kill();
        program.waitForFinished();
        return failure(stop.stop_requested() ? Code::Cancelled : Code::Stalled, QStringLiteral("yt-dlp"));
    }
    if (program.exitStatus() != QProcess::NormalExit || program.exitCode() != 0)
        return failure(Code::Unsupported, complaint(errors), program.exitCode());
    return readMedia(json);
}
