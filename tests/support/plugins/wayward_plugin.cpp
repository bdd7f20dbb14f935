// A plugin that breaks its promises, each by the path of an address; wayward://x/good?N keeps them and fetches N bytes, slowly
// enough to be stopped, from itself. What comes after '&' is one more word for some of them.
#include <weir/memory_sink.h>
#include <weir/plugin.h>

#include <QFile>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <fcntl.h>

namespace {

using namespace weir;
using namespace std::chrono_literals;

constexpr qint64 kPiece = 16 << 10;

char byteAt(qint64 offset) { return char('a' + offset * 7 % 23 + offset / kPiece % 3); }

/// False: it was stopped.
bool sleepFor(std::chrono::microseconds time, const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

[[noreturn]] void hang()
{
    for (;;)
        std::this_thread::sleep_for(1h);
}

class WaywardTask final : public DownloadTask {
public:
    Result<void> run(TaskContext& ctx) override
    {
        const QString what = ctx.spec().url.path();
        const QStringList words = ctx.spec().url.query().split(u'&');
        const auto is = [&](const char* name) { return what == QLatin1Char('/') + QLatin1String(name); };
        if (is("throws"))
            throw std::runtime_error("thrown on purpose");
        if (is("crash"))
            std::abort();
        if (is("strange-error"))
            return failure(Code(9999));
        if (is("leaks-file"))
            ::open("/dev/null", O_RDONLY);
        if (is("leaks-thread"))
            std::thread(hang).detach();
        if (is("escapes"))
            return escape(ctx, QStringLiteral("../escaped.bin"));
        if (is("outside"))
            return writeOutside(QUrl::fromPercentEncoding(words.value(1).toUtf8()));
        if (is("tells"))
            for (const auto& [name, value] : ctx.spec().request->headers)
                ctx.log(Level::Info, QString::fromUtf8(name + " is " + value));
        if (is("crash-once") && once(ctx))
            crashInTheMiddle_ = true;
        return fetch(ctx, words.value(0).toLongLong(), what);
    }

private:
    /// True the first time: the note lies in the plugin's own folder.
    static bool once(TaskContext& ctx)
    {
        QFile note(ctx.services().stateDirectory() + QStringLiteral("/crashed-once"));
        return note.open(QIODevice::WriteOnly | QIODevice::NewOnly);
    }
    static Result<void> escape(TaskContext& ctx, const QString& path)
    {
        const auto file = ctx.open(path, 1);
        return file ? (*file)->write(0, {"x", 1}) : failure(file.error());
    }
    static Result<void> writeOutside(const QString& path)
    {
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write("outside") < 0)
            return failure(Code::DiskPermission, path);
        return {};
    }
    Result<void> fetch(TaskContext& ctx, qint64 size, const QString& what)
    {
        TaskInfo info;
        info.name = QStringLiteral("wayward.bin");
        info.size = size;
        info.resumable = true;
        const auto choice = ctx.describe(info);
        if (!choice && what != u"/swallows")
            return failure(choice.error());
        const auto file = ctx.open(choice ? choice->name : info.name, size);
        if (!file)
            return failure(file.error());
        ctx.log(Level::Info, QStringLiteral("begins at %1").arg((*file)->written().firstGap(0)));
        for (qint64 at = (*file)->written().firstGap(0); at < size; at = (*file)->written().firstGap(at)) {
            const auto wait = std::max<std::chrono::microseconds>(ctx.rate().wait(ctx.services().clock().now()), 200us);
            if (!sleepFor(wait, what == u"/hang" || what == u"/late" ? std::stop_token() : ctx.stop()))
                return failure(Code::Cancelled);
            if (what == u"/hang" && ctx.stop().stop_requested())
                hang();
            if (what == u"/late" && ctx.stop().stop_requested()) {
                std::this_thread::sleep_for(2s);
                return failure(Code::Cancelled);
            }
            std::string piece(std::size_t(std::min(kPiece, size - at)), ' ');
            for (std::size_t i = 0; i < piece.size(); ++i)
                piece[i] = what == u"/other-bytes" && resumed(ctx) ? '!' : byteAt(at + qint64(i));
            if (auto ok = (*file)->write(at, {piece.data(), piece.size()}); !ok)
                return ok;
            ctx.rate().charge(qint64(piece.size()), ctx.services().clock().now());
            ctx.save("begun");
            if (crashInTheMiddle_ && at > size / 2)
                std::raise(SIGSEGV);
        }
        return {};
    }
    static bool resumed(TaskContext& ctx) { return !ctx.savedState().isEmpty(); }

    bool crashInTheMiddle_ = false;
};

class WaywardAdapter final : public ProtocolAdapter {
public:
    explicit WaywardAdapter(Services&) {}
    int support(const QUrl& url) const override
    {
        if (url.path() == u"/support-hangs")
            hang();
        if (url.path() == u"/support-crashes")
            std::abort();
        return url.scheme() == u"wayward" ? 100 : 0;
    }
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override
    {
        if (url.path() == u"/no-task")
            return nullptr;
        if (url.path() == u"/task-throws")
            throw std::runtime_error("no task");
        return std::make_unique<WaywardTask>();
    }
    void configureProxy(const ProxyConfig&) override {}
};

} // namespace

WEIR_PLUGIN(WaywardAdapter, "wayward", "1.0", "wayward", "", "")
