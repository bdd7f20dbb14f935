#include "metalink/metalink_document.h"

#include "metalink/metalink.h"

#include <weir/memory_sink.h>

#include <QFile>

namespace weir {

namespace {

constexpr qsizetype kOpening = 4096;
constexpr QLatin1StringView kOnly("metalink+"), kSuffix(".minisig");

// The address may be that of the file itself, which another adapter found described and handed over; that is lost with the
// program's end, and so whoever the address belongs to begins again.
Result<MetalinkState> fetchDocument(TaskContext& ctx, const QUrl& url)
{
    auto reply = fetchWhole(ctx, url, kMostMetalinkBytes);
    if (!reply && reply.error().code != Code::FileTooBigForLimit)
        return failure(reply.error());
    if (!reply || !opensLikeMetalink(QByteArrayView(reply->body).first(std::min(reply->body.size(), kOpening))))
        return failure(
            mustBeMetalink(ctx.spec().url) ? Code::InputUnreadable : Code::OtherAdapter, QStringLiteral("it is no metalink"));
    return MetalinkState{.document = std::move(reply->body), .base = reply->finalUrl};
}

Result<QByteArray> readFile(const QString& path, qint64 most)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    return file.read(most);
}

Result<MetalinkState> readDisk(const QString& path)
{
    auto document = readFile(path, kMostMetalinkBytes + 1);
    return document ? Result<MetalinkState>(MetalinkState{.document = std::move(*document)}) : failure(document.error());
}

Result<QByteArray> readSignature(TaskContext& ctx, const QUrl& document)
{
    if (document.isEmpty())
        return readFile(ctx.spec().url.toLocalFile() + kSuffix, kMostSignatureBytes + 1);
    QUrl url = document;
    url.setPath(document.path(QUrl::FullyEncoded) + kSuffix, QUrl::StrictMode);
    auto reply = fetchWhole(ctx, url, kMostSignatureBytes);
    return reply ? Result<QByteArray>(std::move(reply->body)) : failure(reply.error());
}

} // namespace

bool mustBeMetalink(const QUrl& given) { return given.scheme().startsWith(kOnly); }

QUrl addressOf(const QUrl& given)
{
    QUrl url = given;
    if (mustBeMetalink(given))
        url.setScheme(given.scheme().sliced(kOnly.size()));
    return url;
}

bool isSameHost(const QUrl& a, const QUrl& b)
{
    return a.scheme() == b.scheme() && a.host() == b.host() && a.port() == b.port();
}

Result<Prefetched> fetchWhole(TaskContext& ctx, const QUrl& url, qint64 most)
{
    RangeFetcher* const fetcher = ctx.services().fetcherFor(url);
    if (!fetcher)
        return failure(Code::NoFetcher, url.scheme());
    MemorySink sink(most);
    FetchGroup group(ctx.services().clock(), ctx.stop());
    const bool own = isSameHost(url, addressOf(ctx.spec().url));
    const auto context = own ? ctx.spec().request : ctx.spec().request->withoutSecrets();
    group.start(*fetcher, {.url = url, .context = context, .rate = &ctx.rate()}, sink);
    while (group.running() > 0 && !ctx.stop().stop_requested())
        if (const auto done = group.next(std::chrono::seconds(1))) {
            if (!done->head)
                return failure(done->head.error());
            return Prefetched{done->head->finalUrl, done->head->headers, sink.take(), {}};
        }
    return failure(Code::Cancelled);
}

Result<MetalinkState> readAnew(TaskContext& ctx)
{
    const QUrl& url = ctx.spec().url;
    return url.isLocalFile() ? readDisk(url.toLocalFile()) : fetchDocument(ctx, addressOf(url));
}

Result<MetalinkState> readState(TaskContext& ctx)
{
    const TaskSpec& spec = ctx.spec();
    if (auto kept = MetalinkState::fromBytes(ctx.savedState())) {
        if (!kept->document.isEmpty())
            return std::move(*kept);
        auto again = spec.url.isLocalFile() ? readDisk(spec.url.toLocalFile()) : fetchDocument(ctx, kept->base);
        if (!again)
            return again;
        kept->document = std::move(again->document);
        kept->signature.clear();
        return std::move(*kept);
    }
    if (spec.prefetched) {
        MetalinkState state{.document = spec.prefetched->body, .base = spec.prefetched->finalUrl};
        if (const auto& file = spec.prefetched->describes) {
            state.sources = file->sources;
            state.fileSize = file->size;
        }
        return state;
    }
    return readAnew(ctx);
}

Result<void> prove(TaskContext& ctx, MetalinkState& state, const QList<PublicKey>& keys)
{
    if (state.signature.isEmpty()) {
        auto signature = readSignature(ctx, state.base);
        if (!signature && signature.error().code == Code::FileTooBigForLimit)
            return failure(Code::SignatureBad, signature.error().detail);
        // A server that is down may have it later; one that says no has none.
        if (!signature && errorRow(signature.error().code).retry == Retry::Never)
            return failure(Code::SignatureMissing, describe(signature.error()));
        if (!signature)
            return failure(signature.error());
        state.signature = std::move(*signature);
    }
    const auto signature = checkSignature(state.document, state.signature, keys);
    if (!signature)
        return failure(signature.error());
    ctx.log(Level::Info, QStringLiteral("signed by key %1: %2").arg(nameOf(signature->keyId), signature->comment.left(500)));
    return {};
}

} // namespace weir
