#include "options.h"

#include "base/digest.h"
#include "base/quantity.h"
#include "one_of.h"
#include "text.h"

#include <CLI/CLI.hpp>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>

#include <cmath>

namespace weir {

namespace {

constexpr const char* kSource = "What to fetch";
constexpr const char* kTarget = "Where to";
constexpr const char* kTransfer = "How";
constexpr const char* kRequest = "Request";
constexpr const char* kStreams = "Streams and torrents";

QString text(const std::string& from) { return QString::fromStdString(from); }

QString inFolder(const QString& current, const std::string& path)
{
    return QDir::cleanPath(QDir(current).absoluteFilePath(text(path)));
}

Result<QByteArray> fileContents(const QString& path, const QString& current)
{
    QFile file;
    if (path == u"-") {
        if (!file.open(stdin, QIODevice::ReadOnly))
            return failure(Code::InputUnreadable, QStringLiteral("standard input"));
    } else {
        file.setFileName(QDir(current).absoluteFilePath(path));
        if (!file.open(QIODevice::ReadOnly))
            return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    }
    return file.readAll();
}

QJsonArray list(const std::vector<std::string>& from)
{
    QJsonArray out;
    for (const std::string& one : from) {
        for (const QString& part : text(one).split(u',', Qt::SkipEmptyParts))
            out += part.trimmed();
    }
    return out;
}

QByteArray oneLine(QByteArray bytes)
{
    while (bytes.endsWith('\n') || bytes.endsWith('\r'))
        bytes.chop(1);
    return bytes;
}

CLI::Option* several(CLI::App& app, const char* names, std::vector<std::string>& into, const char* help)
{
    // One value for each time it is given: `-H 'K: V' URL` must not swallow the URL.
    return app.add_option(names, into, help)->allow_extra_args(false);
}

} // namespace

void AddOptions::define(CLI::App& app, For what)
{
    app.add_option("url", urls_, "URLs")->type_name("URL")->expected(what == For::Probe ? 1 : -1);
    if (what == For::Add)
        app.add_option("-i,--input", input_, "Read URLs from a file, one a line, # begins a comment; - is standard input")
            ->type_name("FILE")
            ->group(kSource);
    several(app, "--mirror", mirrors_, "Another address of the same file")->type_name("URL")->group(kSource);
    several(app, "--checksum", checksums_, "What the file must hash to, sha-256=HEX")->type_name("ALGO=HEX")->group(kSource);
    app.add_flag("--sums", sums_, "Look for a checksum file beside it")->group(kSource);
    if (what == For::Add) {
        app.add_option("-d,--dir", directory_, "Folder (default: the setting downloads.dir, else the current one)")
            ->type_name("DIR")
            ->group(kTarget);
        app.add_option("-o,--output", output_, "Name of the file")->type_name("NAME")->group(kTarget);
        app.add_option("--if-exists", ifExists_, "When there is such a file (default: rename)")
            ->check(oneOf({"rename", "resume", "overwrite", "skip"}))
            ->type_name("rename|resume|overwrite|skip")
            ->group(kTarget);
        app.add_option("-x,--connections", connections_, "Exactly so many connections (default: as many as pay)")
            ->check(CLI::Range(1, 256).description(""))
            ->type_name("N")
            ->group(kTransfer);
        app.add_option("--limit", limit_, "Bytes a second, 500K or 2M")->type_name("RATE")->group(kTransfer);
        app.add_option("--priority", priority_, "Which goes first")
            ->check(oneOf({"low", "normal", "high"}))
            ->type_name("low|normal|high")
            ->group(kTransfer);
        app.add_option("--retries", retries_, "Failures in a row before it gives up")
            ->check(CLI::Range(0, 1000).description(""))
            ->type_name("N")
            ->group(kTransfer);
        app.add_flag("--ask", ask_, "Wait for a choice (weir choose)")->group(kTransfer);
        app.add_flag("--paused", paused_, "Add it, but don't start it")->group(kTransfer);
    }
    several(app, "-H,--header", headers_, "A request header")->type_name("'K: V'|@FILE")->group(kRequest);
    several(app, "--cookie", cookies_, "Cookies: a=b; c=d, or a cookies.txt")->type_name("TEXT|@FILE")->group(kRequest);
    app.add_option("--referer", referer_, "The page that leads here")->type_name("URL|@FILE")->group(kRequest);
    app.add_option("--user-agent", userAgent_, "What to call ourselves")->type_name("TEXT|@FILE")->group(kRequest);
    app.add_option("--user", user_, "User name and password")->type_name("NAME:PASSWORD|@FILE")->group(kRequest);
    app.add_option("--data", data_, "Send this with POST")->type_name("BODY|@FILE")->group(kRequest);
    app.add_option("--method", method_, "Another method than GET or POST")->type_name("METHOD")->group(kRequest);
    app.add_option("--proxy", proxy_, "http, https, socks4, socks4a, socks5 or socks5h")
        ->type_name("URL|@FILE")
        ->group(kRequest);
    app.add_option("--bind", bind_, "Source address or interface")->type_name("ADDRESS")->group(kRequest);
    app.add_flag("--insecure", insecure_, "Accept any certificate, for these downloads only")->group(kRequest);
    app.add_option("--cacert", cacert_, "Authorities to trust")->type_name("FILE")->group(kRequest);
    app.add_option("--cert", cert_, "Client certificate")->type_name("FILE")->group(kRequest);
    app.add_option("--key", key_, "Its key")->type_name("FILE")->group(kRequest);
    app.add_option("--quality", quality_, "best, worst, 720p or an expression")
        ->type_name("best|worst|HEIGHTp|EXPR")
        ->group(kStreams);
    several(app, "--audio", audio_, "Languages")->type_name("LANG|all")->group(kStreams);
    several(app, "--subs", subs_, "Languages of subtitles")->type_name("LANG|all|none")->group(kStreams);
    app.add_option("--container", container_, "Kind of file")
        ->check(oneOf({"mp4", "mkv", "ts"}))
        ->type_name("mp4|mkv|ts")
        ->group(kStreams);
    app.add_option("--ads", ads_, "Advertisements in a stream (default: keep)")
        ->check(oneOf({"keep", "drop", "split"}))
        ->type_name("keep|drop|split")
        ->group(kStreams);
    app.add_option("--ad-pattern", adPattern_, "Segments whose address this matches are advertisements")
        ->type_name("REGEX")
        ->group(kStreams);
    app.add_option("--from", from_, "Begin there, 1:30")->type_name("T")->group(kStreams);
    app.add_option("--to", to_, "End there")->type_name("T")->group(kStreams);
    app.add_option("--duration", duration_, "Record a live stream so long, 1h30m")->type_name("T")->group(kStreams);
    app.add_option("--max-size", maxSize_, "Record a live stream until the file has that size, 2G")
        ->type_name("SIZE")
        ->group(kStreams);
    app.add_flag("--live-from-start", liveFromStart_, "As far back as the stream reaches")->group(kStreams);
    app.add_option("--files", files_, "Which files, 1,3-5")->type_name("LIST")->group(kStreams);
    app.add_flag("--sequential", sequential_, "From the first byte to the last")->group(kStreams);
    app.add_option("--order", order_, "Which pieces of a torrent come first (default: rarest)")
        ->check(oneOf({"rarest", "sequential", "ends", "playback"}))
        ->type_name("rarest|sequential|ends|playback")
        ->group(kStreams);
    app.add_option("--seed-ratio", seedRatio_, "Share until so many times its size is given")
        ->check(CLI::Range(0.0, 1e6).description(""))
        ->type_name("R")
        ->group(kStreams);
    app.add_option("--seed-time", seedTime_, "Share so long")->type_name("T")->group(kStreams);
    several(app, "--tracker", trackers_, "Another tracker")->type_name("URL")->group(kStreams);
}

Result<QByteArray> textOrFile(const std::string& given, const QString& current)
{
    if (given.empty() || given.front() != '@')
        return QByteArray::fromStdString(given);
    return fileContents(text(given.substr(1)), current);
}

Result<void> checkHeader(const QString& line)
{
    static const QRegularExpression form(QStringLiteral("^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\\r\\n\\x00]*\\z"));
    // The value may be a secret: only the name is told.
    if (!form.match(line).hasMatch())
        return failure(Code::BadHeader, line.section(u':', 0, 0).left(60));
    return {};
}

Result<QString> urlAsTyped(const QString& given, const QString& current)
{
    static const QRegularExpression scheme(QStringLiteral("^[A-Za-z][A-Za-z0-9+.-]*:"));
    static const QRegularExpression port(QStringLiteral("^[A-Za-z0-9.-]+:\\d{1,5}(?:[/?#]|$)"));
    const QString url = given.trimmed();
    if (url.isEmpty())
        return failure(Code::BadUrl, QStringLiteral("an empty one"));
    if (scheme.match(url).hasMatch() && !port.match(url).hasMatch()) {
        if (url.endsWith(QStringLiteral("://")))
            return failure(Code::BadUrl, url.left(200));
        return url;
    }
    if (const QFileInfo file(QDir(current), url); file.isFile())
        return QUrl::fromLocalFile(file.absoluteFilePath()).toString(QUrl::FullyEncoded);
    const QString guess = QStringLiteral("http://") + url;
    if (const QUrl parsed(guess); !parsed.isValid() || parsed.host().isEmpty())
        return failure(Code::BadUrl, url.left(200));
    return guess;
}

Result<QStringList> AddOptions::allUrls(const QString& current) const
{
    QStringList out;
    const auto take = [&](const QString& given) -> Result<void> {
        const auto url = urlAsTyped(given, current);
        if (!url)
            return failure(url.error());
        out += *url;
        return {};
    };
    for (const std::string& url : urls_) {
        if (const auto taken = take(text(url)); !taken)
            return failure(taken.error());
    }
    if (!input_.empty()) {
        const auto contents = fileContents(text(input_), current);
        if (!contents)
            return failure(contents.error());
        int number = 0;
        for (const QByteArray& raw : contents->split('\n')) {
            ++number;
            const QByteArray line = raw.trimmed();
            if (line.isEmpty() || line.startsWith('#'))
                continue;
            if (const auto taken = take(QString::fromUtf8(line)); !taken)
                return failure(taken.error().code,
                    QStringLiteral("%1, line %2: %3").arg(text(input_)).arg(number).arg(taken.error().detail));
        }
    }
    if (out.isEmpty())
        return failure(Code::NoInput, input_.empty() ? QString() : QStringLiteral("%1 has none").arg(text(input_)));
    return out;
}

Result<QJsonObject> TakeOptions::toJson() const
{
    QJsonObject out;
    if (!quality.empty())
        out.insert(QStringLiteral("quality"), text(quality));
    if (!audio.empty())
        out.insert(QStringLiteral("audio"), list(audio));
    if (!subs.empty())
        out.insert(QStringLiteral("subs"), list(subs));
    if (!files.empty()) {
        const auto numbers = parseNumberList(text(files));
        if (!numbers)
            return failure(numbers.error());
        QJsonArray array;
        for (int number : *numbers)
            array += number;
        out.insert(QStringLiteral("files"), array);
    }
    return out;
}

Result<QJsonObject> AddOptions::options() const
{
    auto out = TakeOptions{quality_, files_, audio_, subs_}.toJson();
    if (!out)
        return out;
    if (connections_ > 0)
        out->insert(QStringLiteral("connections"), connections_);
    if (retries_ >= 0)
        out->insert(QStringLiteral("retries"), retries_);
    if (!limit_.empty()) {
        const auto rate = parseBytes(text(limit_));
        if (!rate)
            return failure(rate.error());
        out->insert(QStringLiteral("limit"), *rate);
    }
    if (!maxSize_.empty()) {
        const auto size = parseBytes(text(maxSize_));
        if (!size)
            return failure(size.error());
        out->insert(QStringLiteral("maxSize"), *size);
    }
    QJsonArray digests;
    for (const std::string& given : checksums_) {
        const auto digest = parseDigest(text(given));
        if (!digest)
            return failure(digest.error());
        digests += toText(*digest);
    }
    if (!digests.isEmpty())
        out->insert(QStringLiteral("checksums"), digests);
    const std::pair<const char*, const std::string&> times[] = {
        {"from", from_}, {"to", to_}, {"duration", duration_}, {"seedTime", seedTime_}};
    for (const auto& [name, given] : times) {
        if (given.empty())
            continue;
        const auto seconds = parseTime(text(given));
        if (!seconds)
            return failure(seconds.error());
        out->insert(QLatin1String(name), *seconds);
    }
    const std::pair<const char*, const std::string&> words[] = {
        {"ifExists", ifExists_}, {"container", container_}, {"ads", ads_}, {"adPattern", adPattern_}, {"order", order_}};
    for (const auto& [name, given] : words) {
        if (!given.empty())
            out->insert(QLatin1String(name), text(given));
    }
    const std::pair<const char*, bool> flags[] = {
        {"ask", ask_}, {"sums", sums_}, {"liveFromStart", liveFromStart_}, {"sequential", sequential_}};
    for (const auto& [name, given] : flags) {
        if (given)
            out->insert(QLatin1String(name), true);
    }
    if (seedRatio_ >= 0)
        out->insert(QStringLiteral("seedRatio"), seedRatio_);
    if (!trackers_.empty()) {
        QJsonArray all;
        for (const std::string& url : trackers_)
            all += text(url);
        out->insert(QStringLiteral("trackers"), all);
    }
    return out;
}

Result<QJsonObject> AddOptions::secrets(const QString& current) const
{
    QJsonObject out;
    QJsonArray headers, cookies;
    for (const std::string& given : headers_) {
        const auto lines = textOrFile(given, current);
        if (!lines)
            return failure(lines.error());
        const bool file = given.starts_with('@');
        for (QByteArray line : file ? lines->split('\n') : QList<QByteArray>{*lines}) {
            if (file && line.endsWith('\r'))
                line.chop(1);
            if (file && line.trimmed().isEmpty())
                continue;
            if (const auto good = checkHeader(QString::fromUtf8(line)); !good)
                return failure(good.error());
            headers += QString::fromUtf8(line);
        }
    }
    for (const std::string& given : cookies_) {
        const auto read = textOrFile(given, current);
        if (!read)
            return failure(read.error());
        cookies += QString::fromUtf8(oneLine(*read));
    }
    if (!headers.isEmpty())
        out.insert(QStringLiteral("headers"), headers);
    if (!cookies.isEmpty())
        out.insert(QStringLiteral("cookies"), cookies);
    const std::pair<const char*, const std::string&> lines[] = {
        {"referer", referer_}, {"userAgent", userAgent_}, {"user", user_}, {"proxy", proxy_}};
    for (const auto& [name, given] : lines) {
        if (given.empty())
            continue;
        const auto read = textOrFile(given, current);
        if (!read)
            return failure(read.error());
        const QByteArray line = oneLine(*read);
        if (line.contains('\n') || line.contains('\r'))
            return failure(Code::BadOption, QStringLiteral("%1 must be one line").arg(QLatin1String(name)));
        if (std::string_view(name) == "user" && !line.contains(':'))
            return failure(Code::BadOption, QStringLiteral("--user wants NAME:PASSWORD, or @FILE with such a line"));
        out.insert(QLatin1String(name), QString::fromUtf8(line));
    }
    if (!data_.empty()) {
        const auto body = textOrFile(data_, current);
        if (!body)
            return failure(body.error());
        if (!body->isValidUtf8())
            return failure(Code::BadOption, QStringLiteral("--data takes text in UTF-8 only"));
        out.insert(QStringLiteral("body"), QString::fromUtf8(*body));
    }
    const std::pair<const char*, const std::string&> words[] = {{"method", method_}, {"bindTo", bind_}};
    for (const auto& [name, given] : words) {
        if (!given.empty())
            out.insert(QLatin1String(name), text(given));
    }
    const std::pair<const char*, const std::string&> files[] = {{"cacert", cacert_}, {"cert", cert_}, {"key", key_}};
    for (const auto& [name, given] : files) {
        if (!given.empty())
            out.insert(QLatin1String(name), inFolder(current, given));
    }
    if (insecure_)
        out.insert(QStringLiteral("insecure"), true);
    return out;
}

Result<QJsonObject> AddOptions::common(const QString& current) const
{
    const auto given = options();
    if (!given)
        return failure(given.error());
    const auto hidden = secrets(current);
    if (!hidden)
        return failure(hidden.error());
    QJsonObject item;
    if (!given->isEmpty())
        item.insert(QStringLiteral("options"), *given);
    if (!hidden->isEmpty())
        item.insert(QStringLiteral("secrets"), *hidden);
    if (!priority_.empty())
        item.insert(QStringLiteral("priority"), text(priority_));
    if (paused_)
        item.insert(QStringLiteral("held"), true);
    QJsonArray mirrors;
    for (const std::string& given : mirrors_) {
        const auto url = urlAsTyped(text(given), current);
        if (!url)
            return failure(url.error());
        mirrors += *url;
    }
    if (!mirrors.isEmpty())
        item.insert(QStringLiteral("mirrors"), mirrors);
    return item;
}

Result<void> AddOptions::place(
    QJsonObject& item, const QString& current, const std::function<Result<QString>()>& fallback, qsizetype urls) const
{
    const QFileInfo output(text(output_));
    if (!output_.empty()) {
        if (urls > 1)
            return failure(Code::BadOption, QStringLiteral("--output names one file, but there are %1 URLs").arg(urls));
        if (output.fileName().isEmpty() || output.fileName() == u"." || output.fileName() == u"..")
            return failure(Code::BadOption, QStringLiteral("--output wants the name of a file; the folder is named by --dir"));
        item.insert(QStringLiteral("name"), output.fileName());
    }
    const bool elsewhere = output_.find('/') != std::string::npos;
    QString folder;
    if (!directory_.empty()) {
        folder = inFolder(current, directory_);
    } else if (!(elsewhere && output.isAbsolute())) {
        const auto usual = fallback();
        if (!usual)
            return failure(usual.error());
        folder = *usual;
    }
    item.insert(QStringLiteral("dir"), elsewhere ? QDir::cleanPath(QDir(folder).absoluteFilePath(output.path())) : folder);
    return {};
}

Result<QJsonArray> AddOptions::items(const QString& current, const std::function<Result<QString>()>& fallback) const
{
    const auto urls = allUrls(current);
    if (!urls)
        return failure(urls.error());
    auto item = common(current);
    if (!item)
        return failure(item.error());
    if (urls->size() > 1 && (!mirrors_.empty() || !checksums_.empty()))
        return failure(Code::BadOption,
            QStringLiteral("--mirror and --checksum belong to one file, but there are %1 URLs").arg(urls->size()));
    if (const auto placed = place(*item, current, fallback, urls->size()); !placed)
        return failure(placed.error());
    QJsonArray out;
    for (const QString& url : *urls) {
        QJsonObject one = *item; // a value that is replaced stays in its object's memory
        one.insert(QStringLiteral("url"), url);
        out += one;
    }
    return out;
}

} // namespace weir
