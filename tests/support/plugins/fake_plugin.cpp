// A plugin for tests: what its tasks do is the path of their address.
//   fake://x/write?N   writes N bytes and is done       fake://x/wait    runs until it is stopped
//   fake://x/hang      never looks at its stop token    fake://x/crash   takes the whole process with it
//   fake://x/ask       offers two variants              fake://x/fail    fails for good
#include <weir/plugin.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>

namespace {

using namespace weir;

void waitFor(const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait(lock, stop, [] { return false; });
}

Result<void> writeFile(TaskContext& ctx, qint64 size)
{
    TaskInfo info;
    info.name = QStringLiteral("written.bin");
    info.size = size;
    const auto choice = ctx.describe(info);
    if (!choice)
        return failure(choice.error());
    const auto file = ctx.open(choice->name, size);
    if (!file)
        return failure(file.error());
    const std::string bytes(std::size_t(size), 'w');
    return (*file)->write(0, {bytes.data(), bytes.size()});
}

Result<void> ask(TaskContext& ctx)
{
    TaskInfo info;
    info.name = QStringLiteral("asked.bin");
    info.variants = {{QStringLiteral("small"), {}, 1}, {QStringLiteral("large"), {}, 2}};
    const auto choice = ctx.describe(info);
    return choice ? writeFile(ctx, choice->variants.value(0)) : failure(choice.error());
}

class FakeTask final : public DownloadTask {
public:
    Result<void> run(TaskContext& ctx) override
    {
        const QString what = ctx.spec().url.path();
        if (what == u"/crash")
            std::abort();
        if (what == u"/hang")
            waitFor({});
        if (what == u"/fail")
            return failure(Code::HttpNotFound, ctx.spec().url.toString());
        if (what == u"/write")
            return writeFile(ctx, ctx.spec().url.query().toLongLong());
        if (what == u"/ask")
            return ask(ctx);
        Activity now;
        now.phase = QStringLiteral("waiting to be stopped");
        ctx.report(now);
        waitFor(ctx.stop());
        return failure(Code::Cancelled);
    }
};

class FakeAdapter final : public ProtocolAdapter {
public:
    explicit FakeAdapter(Services&) {}
    int support(const QUrl& url) const override { return url.scheme() == u"fake" ? 100 : 0; }
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return std::make_unique<FakeTask>(); }
    void configureProxy(const ProxyConfig&) override {}
};

} // namespace

WEIR_PLUGIN(FakeAdapter, "fake", "1.0", "fake", "", "")
