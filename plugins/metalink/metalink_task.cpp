#include "metalink/metalink_task.h"

#include "metalink/one_file_context.h"

#include <weir/context.h>
#include <weir/memory_sink.h>
#include <weir/segmented_task.h>

#include <QFile>
#include <QJsonArray>

namespace weir {

namespace {

struct Document {
    QByteArray text;
    QUrl base;
};

Result<Document> readDisk(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    return Document{file.read(kMostMetalinkBytes + 1), {}};
}

Result<Document> fetch(TaskContext& ctx)
{
    const QUrl url = ctx.spec().url;
    RangeFetcher* const fetcher = ctx.services().fetcherFor(url);
    if (!fetcher)
        return failure(Code::NoFetcher, url.scheme());
    MemorySink sink(kMostMetalinkBytes);
    FetchGroup group(ctx.services().clock(), ctx.stop());
    group.start(*fetcher, {.url = url, .context = ctx.spec().request, .rate = &ctx.rate()}, sink);
    while (group.running() > 0 && !ctx.stop().stop_requested())
        if (const auto done = group.next(std::chrono::seconds(1)))
            return done->head ? Result<Document>(Document{sink.take(), done->head->finalUrl}) : failure(done->head.error());
    return failure(Code::Cancelled);
}

Result<Document> readDocument(TaskContext& ctx)
{
    const TaskSpec& spec = ctx.spec();
    if (spec.prefetched)
        return Document{spec.prefetched->body, spec.prefetched->finalUrl};
    return spec.url.isLocalFile() ? readDisk(spec.url.toLocalFile()) : fetch(ctx);
}

// One task is one file: of several, `--files` names it.
Result<MetalinkFile> oneOf(const QList<MetalinkFile>& files, const QJsonObject& options)
{
    if (files.size() == 1)
        return files.first();
    const int wanted = options.value(QLatin1String("files")).toString().toInt();
    if (wanted >= 1 && wanted <= files.size())
        return files[wanted - 1];
    QStringList names;
    for (const MetalinkFile& file : files.first(std::min<qsizetype>(files.size(), 10)))
        names.append(QStringLiteral("%1 %2").arg(names.size() + 1).arg(file.name));
    return failure(Code::BadChoice,
        QStringLiteral("the metalink names %1 files, --files N takes one: %2")
            .arg(files.size())
            .arg(names.join(QStringLiteral(", "))));
}

} // namespace

TaskSpec specOf(const MetalinkFile& file, const TaskSpec& spec)
{
    TaskSpec own = spec;
    own.prefetched.reset();
    own.mime.clear();
    own.url = file.sources.first().url;
    own.mirrors.clear();
    for (const MetalinkSource& source : file.sources.mid(1))
        own.mirrors.append(source.url);
    own.mirrors += spec.mirrors;
    if (own.digests.isEmpty())
        for (const MetalinkHash& hash : file.hashes)
            own.digests.append({hash.algorithm, QByteArray::fromHex(hash.hex)});
    if (!file.pieces.isEmpty() && !own.options.contains(QLatin1String("pieces"))) {
        QJsonArray hashes;
        for (const QByteArray& hash : file.pieces.first().hashes)
            hashes.append(QString::fromLatin1(hash));
        own.options.insert(QStringLiteral("pieces"),
            QJsonObject{{QStringLiteral("algorithm"), QString::fromLatin1(file.pieces.first().algorithm)},
                {QStringLiteral("length"), file.pieces.first().length}, {QStringLiteral("hashes"), hashes}});
    }
    const bool sameHost = std::all_of(file.sources.begin(), file.sources.end(), [&](const MetalinkSource& source) {
        return source.url.host() == spec.url.host() && source.url.scheme() == spec.url.scheme()
            && source.url.port() == spec.url.port();
    });
    if (!sameHost && spec.request) {
        auto plain = std::make_shared<RequestContext>();
        plain->proxy = spec.request->proxy;
        plain->tls = spec.request->tls;
        plain->userAgent = spec.request->userAgent;
        plain->bindTo = spec.request->bindTo;
        own.request = std::move(plain);
    }
    return own;
}

Result<void> MetalinkTask::run(TaskContext& ctx)
{
    const auto document = readDocument(ctx);
    if (!document)
        return failure(document.error());
    const auto files = parseMetalink(document->text, document->base);
    if (!files)
        return failure(files.error());
    auto file = oneOf(*files, ctx.spec().options);
    if (!file)
        return failure(file.error());
    const auto unreachable = [&](const MetalinkSource& source) { return !ctx.services().fetcherFor(source.url); };
    file->sources.removeIf(unreachable);
    if (file->sources.isEmpty())
        return failure(Code::NoFetcher, QStringLiteral("none of the metalink's addresses"));
    OneFileContext view(ctx, specOf(*file, ctx.spec()), file->name, file->size);
    return makeSegmentedTask()->run(view);
}

} // namespace weir
