#include "metalink/metalink_task.h"

#include "metalink/metalink_state.h"
#include "metalink/one_file_context.h"

#include <weir/context.h>
#include <weir/memory_sink.h>
#include <weir/segmented_task.h>

#include <QFile>
#include <QJsonArray>

namespace weir {

namespace {

constexpr qsizetype kMostTorrents = 3; // that are tried
constexpr qsizetype kOpening = 4096;
constexpr qint64 kMostTorrentBytes = 16 << 20;

bool isSameHost(const QUrl& a, const QUrl& b)
{
    return a.scheme() == b.scheme() && a.host() == b.host() && a.port() == b.port();
}

// What is known to be the file comes before what is only said to be.
void addSources(MetalinkFile& file, const QList<QUrl>& urls)
{
    QList<MetalinkSource> all;
    for (const QUrl& url : urls)
        all.append({url, 0});
    for (const MetalinkSource& source : std::as_const(file.sources))
        if (!urls.contains(source.url))
            all.append(source);
    file.sources = std::move(all);
}

Result<Prefetched> fetch(TaskContext& ctx, const QUrl& url, qint64 most)
{
    RangeFetcher* const fetcher = ctx.services().fetcherFor(url);
    if (!fetcher)
        return failure(Code::NoFetcher, url.scheme());
    MemorySink sink(most);
    FetchGroup group(ctx.services().clock(), ctx.stop());
    const auto context = isSameHost(url, ctx.spec().url) ? ctx.spec().request : ctx.spec().request->withoutSecrets();
    group.start(*fetcher, {.url = url, .context = context, .rate = &ctx.rate()}, sink);
    while (group.running() > 0 && !ctx.stop().stop_requested())
        if (const auto done = group.next(std::chrono::seconds(1))) {
            if (!done->head)
                return failure(done->head.error());
            return Prefetched{done->head->finalUrl, done->head->headers, sink.take(), {}};
        }
    return failure(Code::Cancelled);
}

// The address may be that of the file itself, which another adapter found described and handed over; that is lost with the
// program's end, and so whoever the address belongs to begins again.
Result<MetalinkState> fetchDocument(TaskContext& ctx, const QUrl& url)
{
    auto reply = fetch(ctx, url, kMostMetalinkBytes);
    if (!reply && reply.error().code != Code::FileTooBigForLimit)
        return failure(reply.error());
    if (!reply || !opensLikeMetalink(QByteArrayView(reply->body).first(std::min(reply->body.size(), kOpening))))
        return failure(Code::OtherAdapter, QStringLiteral("it is no metalink"));
    return MetalinkState{.document = std::move(reply->body), .base = reply->finalUrl};
}

Result<MetalinkState> readDisk(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    return MetalinkState{.document = file.read(kMostMetalinkBytes + 1)};
}

Result<MetalinkState> readState(TaskContext& ctx)
{
    const TaskSpec& spec = ctx.spec();
    if (auto kept = MetalinkState::fromBytes(ctx.savedState())) {
        if (!kept->document.isEmpty())
            return std::move(*kept);
        auto again = spec.url.isLocalFile() ? readDisk(spec.url.toLocalFile()) : fetchDocument(ctx, kept->base);
        if (again)
            kept->document = std::move(again->document);
        return again ? Result<MetalinkState>(std::move(*kept)) : again;
    }
    if (spec.prefetched) {
        MetalinkState state{.document = spec.prefetched->body, .base = spec.prefetched->finalUrl};
        if (const auto& file = spec.prefetched->describes) {
            state.sources = file->sources;
            state.fileSize = file->size;
        }
        return state;
    }
    return spec.url.isLocalFile() ? readDisk(spec.url.toLocalFile()) : fetchDocument(ctx, spec.url);
}

// One task is one file: of several, `--files` names it.
Result<MetalinkFile> oneOf(const QList<MetalinkFile>& files, qint64 size, const QJsonObject& options)
{
    for (const MetalinkFile& file : files)
        if (size >= 0 && file.size == size)
            return file;
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

/// The file's torrent, as the adapter that can join its swarm takes it; nullopt: there is none, or nobody can.
std::optional<Prefetched> findTorrent(TaskContext& ctx, const MetalinkFile& file)
{
    for (const MetalinkSource& torrent : file.torrents.first(std::min(kMostTorrents, file.torrents.size()))) {
        const QString shown = torrent.url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery);
        auto reply = fetch(ctx, torrent.url, kMostTorrentBytes);
        if (!reply) {
            ctx.log(Level::Warning, shown + QStringLiteral(": ") + describe(reply.error()));
            continue;
        }
        for (const DescribedFile& said : ctx.describedBy("application/x-bittorrent", reply->body, reply->finalUrl))
            if (file.size < 0 || said.size == file.size) {
                reply->describes = describedFile(file);
                return std::move(*reply);
            }
        ctx.log(Level::Info, shown + QStringLiteral(": its swarm is not joined, it is no torrent of this file alone"));
    }
    return std::nullopt;
}

} // namespace

DescribedFile describedFile(const MetalinkFile& file)
{
    DescribedFile said{.name = file.name, .size = file.size};
    for (const MetalinkHash& hash : file.hashes)
        said.digests.append({hash.algorithm, QByteArray::fromHex(hash.hex)});
    if (!file.pieces.isEmpty()) {
        said.pieces = {.algorithm = file.pieces.first().algorithm, .length = file.pieces.first().length, .digests = {}};
        for (const QByteArray& hash : file.pieces.first().hashes)
            said.pieces.digests.append(QByteArray::fromHex(hash));
    }
    for (const MetalinkSource& source : file.sources)
        said.sources.append(source.url);
    return said;
}

TaskSpec specOf(const MetalinkFile& file, const TaskSpec& spec)
{
    TaskSpec own = spec;
    own.prefetched.reset();
    own.mime.clear();
    own.url = file.sources.first().url;
    own.mirrors.clear();
    for (const MetalinkSource& source : file.sources.mid(1))
        own.mirrors.append(source.url);
    for (const QUrl& mirror : spec.mirrors)
        if (mirror != own.url && !own.mirrors.contains(mirror))
            own.mirrors.append(mirror);
    if (own.digests.isEmpty())
        own.digests = describedFile(file).digests;
    if (!file.pieces.isEmpty() && !own.options.contains(QLatin1String("pieces"))) {
        QJsonArray hashes;
        for (const QByteArray& hash : file.pieces.first().hashes)
            hashes.append(QString::fromLatin1(hash));
        own.options.insert(QStringLiteral("pieces"),
            QJsonObject{{QStringLiteral("algorithm"), QString::fromLatin1(file.pieces.first().algorithm)},
                {QStringLiteral("length"), file.pieces.first().length}, {QStringLiteral("hashes"), hashes}});
    }
    if (!isSameHost(own.url, spec.url) && spec.request)
        own.request = spec.request->withoutSecrets();
    return own;
}

Result<void> MetalinkTask::run(TaskContext& ctx)
{
    const auto state = readState(ctx);
    if (!state)
        return failure(state.error());
    const auto files = parseMetalink(state->document, state->base);
    if (!files)
        return failure(files.error());
    auto file = oneOf(*files, state->fileSize, ctx.spec().options);
    if (!file)
        return failure(file.error());
    addSources(*file, state->sources);
    file->sources.removeIf([&](const MetalinkSource& source) { return !ctx.services().fetcherFor(source.url); });
    // Who gave a plain link did not ask for a swarm, unless he said so.
    const auto& given = ctx.spec().prefetched;
    const bool onlyLink = given && given->describes && !ctx.spec().lookBeside;
    if (state->download.isEmpty() && !onlyLink)
        if (auto torrent = findTorrent(ctx, *file))
            return failure(ctx.handOver(std::move(*torrent)));
    if (file->sources.isEmpty())
        return failure(Code::NoFetcher, QStringLiteral("none of the metalink's addresses"));
    OneFileContext view(ctx, specOf(*file, ctx.spec()), *state, file->name, file->size);
    return makeSegmentedTask()->run(view);
}

} // namespace weir
