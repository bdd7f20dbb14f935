#include "queue_world.h"

#include <QFile>
#include <QUrlQuery>

namespace weir::test {

namespace {

std::shared_ptr<Script> played; ///< by the tasks of the world that lives

class ScriptedTask final : public DownloadTask {
public:
    explicit ScriptedTask(std::shared_ptr<Script> script) : script_(std::move(script)) {}

    Result<void> run(TaskContext& ctx) override
    {
        const int now = ++script_->runningNow;
        int most = script_->mostRunning;
        while (most < now && !script_->mostRunning.compare_exchange_weak(most, now)) {}
        struct Leave {
            Script& script;
            ~Leave() { --script.runningNow; }
        } leave{*script_};
        {
            const std::lock_guard lock(script_->mutex);
            run_ = ++script_->runs[ctx.spec().id];
            script_->options[ctx.spec().id] = ctx.spec().options;
            if (ctx.spec().prefetched)
                script_->prefetched[ctx.spec().id] = ctx.spec().prefetched->body;
        }
        const QStringList parts = ctx.spec().url.path().split(u'/', Qt::SkipEmptyParts);
        return act(ctx, parts.value(0), parts.value(1));
    }

private:
    static qint64 number(TaskContext& ctx, const char* key, qint64 fallback)
    {
        const QString text = QUrlQuery(ctx.spec().url).queryItemValue(QLatin1String(key));
        return text.isEmpty() ? fallback : text.toLongLong();
    }

    Result<void> act(TaskContext& ctx, const QString& what, const QString& name)
    {
        if (what == u"throw")
            throw std::runtime_error("scripted");
        if (what == u"fail")
            return failure(findErrorRow(name)->code, ctx.spec().url.toString());
        if (what == u"hang")
            return hang();
        if (what == u"hand" && ctx.belongsToOther("x/other", "OTHER"))
            return failure(ctx.handOver({ctx.spec().url, {}, "the reply"}));
        if (what == u"full" && script_->full)
            return failure(Code::DiskFull, name);
        if (what == u"flaky" && run_ <= number(ctx, "n", 1))
            return failure(Code::ConnectRefused, name);
        if (what == u"share")
            return share(ctx, name);
        return write(ctx, what, name);
    }

    Result<void> share(TaskContext& ctx, const QString& name)
    {
        if (run_ == 1)
            if (auto ok = write(ctx, QStringLiteral("ok"), name); !ok)
                return ok;
        const qint64 size = number(ctx, "size", 1'000);
        ctx.report({.done = size, .total = size}); // as who writes its files itself
        if (auto ok = ctx.complete(); !ok)
            return ok;
        const std::lock_guard lock(script_->mutex);
        script_->sharing[ctx.spec().id] = &ctx;
        ctx.detach([&ctx] { ctx.leave(failure(Code::Cancelled)); });
        ctx.onRate([](qint64) {});
        return {};
    }

    Result<void> hang()
    {
        std::unique_lock lock(script_->mutex);
        script_->changed.wait(lock, [&] { return script_->letGo; });
        return failure(Code::Cancelled);
    }

    Result<void> write(TaskContext& ctx, const QString& what, const QString& name)
    {
        const qint64 size = number(ctx, "size", 1'000);
        TaskInfo info{.name = name, .size = size, .resumable = true};
        if (what == u"ask")
            info.variants = {{QStringLiteral("small"), {}, 1}, {QStringLiteral("large"), {}, 2}};
        const auto choice = ctx.describe(info);
        if (!choice)
            return failure(choice.error());
        const auto file = ctx.open(choice->name, size);
        if (!file)
            return failure(file.error());
        if (const QString beside = QUrlQuery(ctx.spec().url).queryItemValue(QStringLiteral("beside")); !beside.isEmpty())
            if (auto ok = writeSmall(ctx, choice->name.section(u'.', 0, 0) + u'.' + beside); !ok)
                return ok;
        const qint64 piece = what == u"slow" || what == u"wait" ? std::max<qint64>(size / 8, 1) : size;
        const RangeSet gaps = (*file)->written().gaps(size);
        for (const ByteRange& gap : gaps.ranges())
            for (qint64 at = gap.begin; at < gap.end; at += piece) {
                if (ctx.stop().stop_requested() || (what == u"wait" && run_ == 1 && at >= size / 2))
                    return waitForStop(ctx);
                const QByteArray bytes = contentOf(at, std::min(at + piece, gap.end));
                if (auto ok = (*file)->write(at, {bytes.constData(), std::size_t(bytes.size())}); !ok)
                    return ok;
                ctx.rate().charge(bytes.size(), ctx.services().clock().now());
                if (piece < size)
                    std::this_thread::yield();
            }
        return {};
    }

    static Result<void> writeSmall(TaskContext& ctx, const QString& name)
    {
        const QByteArray bytes = contentOf(0, 100);
        const auto file = ctx.open(name, bytes.size());
        return file ? (*file)->write(0, {bytes.constData(), std::size_t(bytes.size())}) : failure(file.error());
    }

    static Result<void> waitForStop(TaskContext& ctx)
    {
        std::mutex mutex;
        std::condition_variable_any changed;
        std::unique_lock lock(mutex);
        changed.wait(lock, ctx.stop(), [] { return false; });
        return failure(Code::Cancelled);
    }

    const std::shared_ptr<Script> script_;
    int run_ = 0;
};

class ScriptedAdapter : public ProtocolAdapter {
public:
    explicit ScriptedAdapter(Services&) {}
    int support(const QUrl&) const override { return 100; }
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return std::make_unique<ScriptedTask>(played); }
    void configureProxy(const ProxyConfig&) override {}
};

class OtherAdapter final : public ScriptedAdapter {
public:
    using ScriptedAdapter::ScriptedAdapter;
    int support(const QUrl&) const override { return 0; }
    int supportContent(QByteArrayView mime, QByteArrayView) const override { return mime == "x/other" ? 90 : 0; }
};

template <class Adapter> ProtocolAdapter* make(Services& services) { return new Adapter(services); }
void destroy(ProtocolAdapter* adapter) { delete adapter; }

const PluginDescriptor kScripted{
    sizeof(PluginDescriptor), WEIR_BUILD_TAG, "scripted", "1", "script", "", "", make<ScriptedAdapter>, destroy};
const PluginDescriptor kOther{
    sizeof(PluginDescriptor), WEIR_BUILD_TAG, "other", "1", "", "x/other", "", make<OtherAdapter>, destroy};

class WorldServices final : public Services {
public:
    explicit WorldServices(QueueWorld& world) : world_(world) {}
    RangeFetcher* fetcherFor(const QUrl&) override { return nullptr; }
    CurlEngine& curl() override { qFatal("no scripted task asks for it"); }
    BufferPool& buffers() override { return world_.buffers; }
    RateBucket& totalRate() override { return world_.totalRate; }
    RateBucket& totalUpRate() override { return world_.totalUpRate; }
    Clock& clock() override { return world_.clock; }
    QJsonObject settings() const override { return {}; }
    QString stateDirectory() const override { return world_.folder.path(); }
    void log(Level, const QString&) override {}

private:
    QueueWorld& world_;
};

PluginRecord recordOf(const char* name, const char* scheme, const char* mime)
{
    PluginRecord record;
    record.path = QString::fromLatin1(name);
    record.descriptor = {{QStringLiteral("name"), QString::fromLatin1(name)},
        {QStringLiteral("schemes"), QJsonArray{QString::fromLatin1(scheme)}},
        {QStringLiteral("mimeTypes"), QJsonArray{QString::fromLatin1(mime)}}};
    return record;
}

} // namespace

QByteArray contentOf(qint64 begin, qint64 end)
{
    QByteArray bytes(end - begin, Qt::Uninitialized);
    for (qint64 at = begin; at < end; ++at)
        bytes[at - begin] = char(at * 31 + at / 251);
    return bytes;
}

Result<Volume> RoomyDisk::volume(const QString& path)
{
    auto volume = systemDisk().volume(path);
    ++looks;
    if (volume)
        volume->freeBytes = freeBytes;
    return volume;
}

Selection only(TaskId id) { return {.ids = {id}}; }
Selection everything() { return {.all = true}; }

QueueWorld::QueueWorld()
{
    played = script;
    begin();
}

QueueWorld::~QueueWorld()
{
    {
        const std::lock_guard lock(script->mutex);
        script->letGo = true;
    }
    script->changed.notify_all();
    end();
}

void QueueWorld::begin(const Queue::LastLife& last)
{
    auto store = Store::open(folder.filePath(QStringLiteral("weir.db")));
    if (!store)
        qFatal("%s", qPrintable(describe(store.error())));
    services = std::make_unique<WorldServices>(*this);
    registry = std::make_unique<Registry>(
        std::vector<PluginRecord>{recordOf("scripted", "script", ""), recordOf("other", "", "x/other")},
        [this](const QString&) { return std::make_unique<WorldServices>(*this); },
        [](const QString& path) -> Result<const PluginDescriptor*> { return path == u"other" ? &kOther : &kScripted; });
    ledger = std::make_unique<Ledger>(std::move(*store), main.executor());
    syncer = std::make_unique<Syncer>(disk, *ledger, main.executor(), Syncer::Policy{});
    queue = std::make_unique<Queue>(Queue::Parts{.ledger = *ledger,
        .syncer = *syncer,
        .registry = *registry,
        .services = *services,
        .disk = disk,
        .settings = settings,
        .main = main.executor(),
        .seed = 7});
    if (auto ok = queue->load(last); !ok)
        qFatal("%s", qPrintable(describe(ok.error())));
    queue->start();
}

QStringList QueueWorld::end()
{
    if (!queue)
        return {};
    std::optional<QStringList> hanging;
    queue->stop(std::chrono::seconds(5), [&](const QStringList& names) { hanging = names; });
    until([&] { return hanging.has_value(); });
    // As the daemon does: the files of a run that hangs are the queue's.
    syncer->stop(std::chrono::seconds(20));
    queue.reset();
    syncer.reset();
    ledger.reset();
    registry.reset();
    return *hanging;
}

QList<TaskId> QueueWorld::add(const QStringList& paths, const std::function<void(NewTask&)>& adjust)
{
    std::vector<NewTask> tasks;
    for (const QString& path : paths) {
        NewTask task;
        task.url = QUrl(QStringLiteral("script://host/") + path);
        task.directory = folder.filePath(QStringLiteral("down"));
        if (adjust)
            adjust(task);
        tasks.push_back(std::move(task));
    }
    std::optional<QList<TaskId>> ids;
    queue->add(std::move(tasks), [&](const Result<QList<TaskId>>& done) {
        if (!done)
            qFatal("%s", qPrintable(describe(done.error())));
        ids = *done;
    });
    until([&] { return ids.has_value(); });
    return *ids;
}

Result<QList<TaskId>> QueueWorld::ask(const std::function<void(Queue::Done)>& verb)
{
    std::optional<Result<QList<TaskId>>> answer;
    verb([&](const Result<QList<TaskId>>& done) { answer = done; });
    until([&] { return answer.has_value(); });
    return *answer;
}

void QueueWorld::turn()
{
    bool turned = false;
    main.post([&] { turned = true; });
    until([&] { return turned; });
}

void QueueWorld::pass(std::chrono::milliseconds time)
{
    clock.runFor(time);
    queue->wake();
}

std::optional<State> QueueWorld::stateOf(TaskId id) const
{
    const Task* task = queue->table().find(id);
    return task ? std::optional(task->state) : std::nullopt;
}

QByteArray QueueWorld::bytesOf(const QString& name) const
{
    QFile there(file(name));
    return there.open(QIODevice::ReadOnly) ? there.readAll() : QByteArray();
}

std::vector<TaskRecord> QueueWorld::rows()
{
    return *ledger->read<std::vector<TaskRecord>>([](Store& store) { return store.tasks(); });
}

} // namespace weir::test
