// swf-scan:URL for weir: fetches a Flash film from wherever weir can, and writes the addresses that its scripts name into a
// text file, one a line, as `weir get --input` reads them. A task that borrows others' fetchers.

#include "swf_file.h"

#include <weir/memory_sink.h>
#include <weir/plugin.h>

#include <QFileInfo>

namespace {

using namespace weir;
using namespace std::chrono_literals;

constexpr qint64 kMostBytes = 64 << 20;

QUrl filmOf(const QUrl& url) { return QUrl(url.toString(QUrl::FullyEncoded).section(u':', 1)); }

class SwfScanTask final : public DownloadTask {
public:
    Result<void> run(TaskContext& ctx) override
    {
        const QUrl film = filmOf(ctx.spec().url);
        const auto bytes = fetch(ctx, film);
        if (!bytes)
            return failure(bytes.error());
        const auto expanded = expandSwf(*bytes);
        if (!expanded)
            return failure(expanded.error());
        const auto urls = urlsInSwf(*expanded);
        if (!urls)
            return failure(urls.error());
        ctx.log(Level::Info, QStringLiteral("%1 addresses").arg(urls->size()));
        return write(ctx, QFileInfo(film.path()).completeBaseName() + QStringLiteral(".urls.txt"),
            urls->isEmpty() ? QByteArray() : urls->join(u'\n').toUtf8() + '\n');
    }

private:
    static Result<QByteArray> fetch(TaskContext& ctx, const QUrl& film)
    {
        RangeFetcher* const fetcher = ctx.services().fetcherFor(film);
        if (!fetcher)
            return failure(Code::NoFetcher, film.toDisplayString());
        MemorySink sink(kMostBytes);
        FetchGroup group(ctx.services().clock(), ctx.stop());
        group.start(*fetcher, {.url = film, .context = ctx.spec().request, .rate = &ctx.rate()}, sink);
        while (!ctx.stop().stop_requested())
            if (auto done = group.next(1h))
                return done->head ? Result<QByteArray>(sink.take()) : tl::unexpected(done->head.error());
        return failure(Code::Cancelled);
    }
    static Result<void> write(TaskContext& ctx, const QString& name, const QByteArray& text)
    {
        const auto choice = ctx.describe({.name = name, .size = text.size(), .mime = QStringLiteral("text/plain")});
        if (!choice)
            return failure(choice.error());
        const auto file = ctx.open(choice->name, text.size());
        if (!file)
            return failure(file.error());
        return (*file)->write(0, {text.constData(), std::size_t(text.size())});
    }
};

class SwfScanAdapter final : public ProtocolAdapter {
public:
    explicit SwfScanAdapter(Services&) {}
    int support(const QUrl& url) const override { return url.scheme() == QLatin1String("swf-scan") ? 100 : 0; }
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return std::make_unique<SwfScanTask>(); }
    void configureProxy(const ProxyConfig&) override {} // its bytes come from others, who have theirs
};

} // namespace

WEIR_PLUGIN(SwfScanAdapter, "swf-scan", "1.0", "swf-scan", "", "")
