#include "metalink/metalink_task.h"

#include "metalink/metalink_document.h"
#include "metalink/one_file_context.h"

#include <weir/context.h>
#include <weir/segmented_task.h>

#include <QJsonArray>

namespace weir {

namespace {

constexpr qsizetype kMostTorrents = 3; // that are tried
constexpr qint64 kMostTorrentBytes = 16 << 20;
constexpr std::chrono::minutes kLookAgain{15};

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
        auto reply = fetchWhole(ctx, torrent.url, kMostTorrentBytes);
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

/// Of what the versions are. Who gives no name has one product at each address.
QString productOf(const MetalinkFile& file, const QUrl& given)
{
    return file.identity.isEmpty() ? addressOf(given).toString(QUrl::RemoveUserInfo | QUrl::RemoveQuery) : file.identity;
}

/// False: the stop came first.
bool waited(TaskContext& ctx, std::chrono::seconds time)
{
    Clock& clock = ctx.services().clock();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    clock.wait(lock, never, ctx.stop(), clock.now() + time, [] { return false; });
    return !ctx.stop().stop_requested();
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
    if (!isSameHost(own.url, addressOf(spec.url)) && spec.request)
        own.request = spec.request->withoutSecrets();
    return own;
}

Result<MetalinkTask::Reading> MetalinkTask::read(TaskContext& ctx, Result<MetalinkState> state, const ReleaseRules& rules)
{
    if (!state)
        return failure(state.error());
    if (rules.inForce())
        if (auto ok = prove(ctx, *state, rules.keys); !ok)
            return failure(ok.error());
    const auto files = parseMetalink(state->document, state->base);
    if (!files)
        return failure(files.error());
    auto file = oneOf(*files, state->fileSize, ctx.spec().options);
    if (!file)
        return failure(file.error());
    return Reading{std::move(*state), std::move(*file)};
}

Result<bool> MetalinkTask::isDue(const MetalinkFile& file, const QString& product, const ReleaseRules& rules)
{
    const auto last = memory_.lastTaken(product);
    if (!last)
        return failure(last.error());
    if (auto ok = mayTake(file, rules, *last); !ok)
        return failure(ok.error());
    const auto machine = memory_.machine();
    if (!machine)
        return failure(machine.error());
    // Who pins a version has decided already.
    return !rules.pin.isEmpty() || placeInLine(*machine, product, file.version) < file.rollout;
}

Result<MetalinkTask::Reading> MetalinkTask::awaitTurn(TaskContext& ctx, const ReleaseRules& rules)
{
    auto reading = read(ctx, readState(ctx), rules);
    while (reading && rules.inForce()) {
        const MetalinkFile& file = reading->file;
        const QString product = productOf(file, ctx.spec().url);
        const auto due = isDue(file, product, rules);
        if (!due)
            return failure(due.error());
        if (*due) {
            const auto noted = memory_.take(product, file.version);
            return noted ? std::move(reading) : failure(noted.error());
        }
        ctx.report({.phase = QStringLiteral("waiting for its turn"),
            .trouble = QStringLiteral("the roll-out of %1 is at %2 %, this machine comes later; the metalink is read again "
                                      "every %3 minutes")
                           .arg(file.version.isEmpty() ? file.name : file.version)
                           .arg(file.rollout)
                           .arg(kLookAgain.count())});
        if (!waited(ctx, kLookAgain))
            return failure(Code::Cancelled);
        auto again = read(ctx, readAnew(ctx), rules);
        // What is over by itself changes nothing about the turn.
        if (again || errorRow(again.error().code).retry != Retry::Later)
            reading = std::move(again);
    }
    return reading;
}

Result<void> MetalinkTask::run(TaskContext& ctx)
{
    const auto rules = ReleaseRules::fromSettings(plugin_.settings());
    if (!rules)
        return failure(rules.error());
    auto reading = awaitTurn(ctx, *rules);
    if (!reading)
        return failure(reading.error());
    auto& [state, file] = *reading;
    addSources(file, state.sources);
    file.sources.removeIf([&](const MetalinkSource& source) { return !ctx.services().fetcherFor(source.url); });
    // Who gave a plain link did not ask for a swarm, unless he said so.
    const auto& given = ctx.spec().prefetched;
    const bool onlyLink = given && given->describes && !ctx.spec().lookBeside;
    if (state.download.isEmpty() && !onlyLink)
        if (auto torrent = findTorrent(ctx, file))
            return failure(ctx.handOver(std::move(*torrent)));
    if (file.sources.isEmpty())
        return failure(Code::NoFetcher, QStringLiteral("none of the metalink's addresses"));
    TaskSpec spec = ctx.spec();
    if (rules->inForce())
        spec.digests.clear(); // the signed ones count
    OneFileContext view(ctx, specOf(file, spec), state, file.name, file.size);
    return makeSegmentedTask()->run(view);
}

} // namespace weir
