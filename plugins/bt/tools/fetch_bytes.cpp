#include "fetch_bytes.h"

#include "http/http_profile.h"

#include <weir/memory_sink.h>

#include <QFile>

#include <cstdio>

namespace weir {

namespace {

bool isHttp(const QUrl& url) { return url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https"); }

} // namespace

Result<QByteArray> readFile(const QString& path, qint64 most)
{
    QFile file(path);
    const bool input = path == QLatin1String("-");
    if (input ? !file.open(stdin, QIODevice::ReadOnly) : !file.open(QIODevice::ReadOnly))
        return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    const QByteArray bytes = file.read(most + 1);
    if (file.error() != QFile::NoError)
        return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    if (bytes.size() > most)
        return failure(Code::FileTooBigForLimit, QStringLiteral("%1: more than %2 bytes").arg(path).arg(most));
    return bytes;
}

Result<QByteArray> fetchBytes(const QUrl& url, qint64 most, const HttpOptions& options)
{
    if (!isHttp(url))
        return failure(Code::SchemeNotAllowed, url.scheme());
    // One engine for all: its threads and caches are not made anew for each tracker.
    static const std::unique_ptr<RangeFetcher> fetcher = makeCurlFetcher(httpProfile());
    MemorySink sink(most);
    FetchGroup group(steadyClock(), {});
    FetchRequest request{.url = url, .context = std::make_shared<RequestContext>(options.context)};
    request.connectTimeout = request.stallTimeout = options.timeout;
    group.start(*fetcher, std::move(request), sink);
    const auto done = group.next(options.timeout);
    if (!done)
        return failure(Code::Stalled, url.toString(QUrl::RemoveUserInfo | QUrl::RemoveQuery));
    if (!done->head)
        return failure(done->head.error());
    return sink.take();
}

Result<QByteArray> bytesOf(const QString& fileOrUrl, qint64 most, const HttpOptions& options)
{
    const QUrl url(fileOrUrl);
    return isHttp(url) ? fetchBytes(url, most, options) : readFile(fileOrUrl, most);
}

} // namespace weir
