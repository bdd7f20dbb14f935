#include "isolation/remote_context.h"

#include "platform/disk.h"

#include <QCborArray>
#include <QJsonArray>

#include <cstdlib>

namespace weir {

using namespace std::chrono_literals;

namespace {

/// A message for each write would cost as much as small writes do. What was not told is fetched again after a crash.
constexpr qint64 kMostUntold = 16 << 20;

/// Without a daemon nobody counts what we write.
[[noreturn]] void daemonIsGone() { std::_Exit(0); }

Error unreadable() { return Error{Code::PluginAnswerBad, QStringLiteral("the daemon's")}; }

} // namespace

/// The daemon's open file, written here.
class RemoteContext::PassedFile final : public File {
public:
    PassedFile(RemoteContext& context, std::unique_ptr<File> file, qint64 number)
        : context_(context),
          file_(std::move(file)),
          number_(number)
    {}

    Result<void> write(qint64 offset, std::span<const char> data) override
    {
        if (auto ok = file_->write(offset, data); !ok)
            return ok;
        context_.noteWritten(number_, {offset, offset + qint64(data.size())});
        return {};
    }
    Result<void> read(qint64 offset, std::span<char> into) const override { return file_->read(offset, into); }
    Result<void> reserve(qint64, Reserve) override { return {}; } // the daemon did
    Result<void> truncate(qint64 size) override
    {
        return outcomeFrom(context_.ask(fields({{"call", "truncate"}, {"file", number_}, {"size", size}})).map);
    }
    Result<void> sync() override { return {}; } // the daemon does
    Result<void> checkWritten() override { return {}; }
    Result<FileIdentity> identity() const override { return file_->identity(); }
    QString path() const override { return file_->path(); }
    void forget(ByteRange range) override
    {
        context_.tell(fields({{"call", "forgot"}, {"file", number_}, {"begin", range.begin}, {"end", range.end}}));
    }

private:
    RemoteContext& context_;
    const std::unique_ptr<File> file_;
    const qint64 number_;
};

RemoteContext::RemoteContext(
    std::shared_ptr<Channel> daemon, Services& services, TaskSpec spec, QByteArray state, quint64 device)
    : daemon_(std::move(daemon)),
      services_(services),
      spec_(std::move(spec)),
      state_(std::move(state)),
      device_(device),
      rate_(&services.totalRate())
{}

RemoteContext::~RemoteContext() = default;

Result<void> RemoteContext::send(const QCborMap& message)
{
    auto sent = daemon_->send(encodeMessage(message));
    if (!sent && sent.error().code != Code::RpcFrameTooBig)
        daemonIsGone();
    return sent;
}

/// After what was written before: a state must never be known without the bytes that it describes.
Result<void> RemoteContext::tell(const QCborMap& message)
{
    const std::lock_guard lock(telling_);
    sendWritten();
    return send(message);
}

void RemoteContext::noteWritten(qint64 file, ByteRange range)
{
    bool first = false;
    {
        const std::lock_guard lock(telling_);
        first = written_.empty();
        written_[file].add(range);
        pendingBytes_ += range.size();
        if (pendingBytes_ >= kMostUntold)
            sendWritten();
    }
    if (first && onPending_)
        onPending_();
}

void RemoteContext::tellWritten()
{
    const std::lock_guard lock(telling_);
    sendWritten();
}

/// Under the lock.
void RemoteContext::sendWritten()
{
    for (const auto& [file, ranges] : written_)
        send(fields({{"call", "wrote"}, {"file", file}, {"ranges", ranges.toBytes()}, {"bytes", newlyCharged()}}));
    written_.clear();
    pendingBytes_ = 0;
}

RemoteContext::Reply RemoteContext::ask(const QCborMap& message)
{
    const std::lock_guard lock(asking_);
    if (auto sent = tell(message); !sent)
        return {toCbor(sent), -1};
    for (;;) {
        auto reply = daemon_->receive(1h);
        if (!reply)
            daemonIsGone();
        if (!*reply)
            continue;
        const auto map = decodeMessage((*reply)->bytes);
        return {map ? *map : toCbor(Result<void>(failure(unreadable()))), (*reply)->take()};
    }
}

qint64 RemoteContext::newlyCharged()
{
    const qint64 total = rate_.total();
    qint64 told = charged_.load();
    while (told < total && !charged_.compare_exchange_weak(told, total)) {}
    return std::max<qint64>(0, total - told);
}

void RemoteContext::endSharing()
{
    std::function<void()> end;
    {
        const std::lock_guard lock(mutex_);
        end = std::exchange(endSharing_, nullptr);
    }
    if (end)
        end();
}

void RemoteContext::setRate(qint64 bytesPerSecond)
{
    rate_.setRate(bytesPerSecond);
    const std::lock_guard lock(mutex_);
    if (onRate_)
        onRate_(bytesPerSecond);
}

void RemoteContext::end(const Result<void>& outcome)
{
    QCborMap message = toCbor(outcome);
    message.insert(QLatin1StringView("call"), QLatin1StringView("end"));
    tell(std::move(message));
}

Result<Choice> RemoteContext::describe(const TaskInfo& info)
{
    const QCborMap reply = ask(fields({{"call", "describe"}, {"info", toCbor(info)}})).map;
    if (auto ok = outcomeFrom(reply); !ok)
        return failure(ok.error());
    return choiceFrom(reply);
}

Result<OutputFile*> RemoteContext::open(const QString& path, qint64 size)
{
    const Reply reply = ask(fields({{"call", "open"}, {"path", path}, {"size", size}}));
    if (auto ok = outcomeFrom(reply.map); !ok)
        return failure(ok.error());
    const QString finalPath = textIn(reply.map, "path");
    auto file = adoptFile(reply.descriptor, finalPath + QStringLiteral(".part"));
    if (!file)
        return failure(file.error());
    auto written = RangeSet::fromBytes(bytesIn(reply.map, "written"));
    if (!written)
        return failure(written.error());
    const qint64 number = numberIn(reply.map, "file");
    const std::lock_guard lock(mutex_);
    auto& output = files_[number];
    if (!output)
        output = std::make_unique<OutputFile>(finalPath, std::make_unique<PassedFile>(*this, std::move(*file), number),
            numberIn(reply.map, "size", -1), *written);
    return output.get();
}

void RemoteContext::save(QByteArray state, const QStringList& alsoSync)
{
    if (auto sent = tell(fields({{"call", "save"}, {"state", state}, {"sync", QCborArray::fromStringList(alsoSync)}})); !sent)
        log(Level::Error, QStringLiteral("a state of %1 bytes is not kept").arg(state.size()));
}

void RemoteContext::report(const Activity& now)
{
    tell(fields({{"call", "report"}, {"activity", toCbor(now)}, {"bytes", newlyCharged()}}));
}

void RemoteContext::setVerified(Verified verified) { tell(fields({{"call", "verified"}, {"verified", qint64(verified)}})); }

void RemoteContext::setGaps(const QJsonArray& gaps)
{
    tell(fields({{"call", "gaps"}, {"gaps", QCborArray::fromJsonArray(gaps)}}));
}

Result<void> RemoteContext::complete() { return outcomeFrom(ask(fields({{"call", "complete"}})).map); }

void RemoteContext::detach(std::function<void()> onStop)
{
    {
        const std::lock_guard lock(mutex_);
        endSharing_ = std::move(onStop);
    }
    detached_ = true;
    tell(fields({{"call", "detach"}}));
}

void RemoteContext::leave(Result<void> outcome)
{
    QCborMap message = toCbor(outcome);
    message.insert(QLatin1StringView("call"), QLatin1StringView("leave"));
    tell(std::move(message));
}

bool RemoteContext::belongsToOther(QByteArrayView mime, QByteArrayView first4k)
{
    return flagIn(
        ask(fields({{"call", "belongsToOther"}, {"mime", mime.toByteArray()}, {"first", first4k.toByteArray()}})).map, "yes");
}

QList<DescribedFile> RemoteContext::describedBy(QByteArrayView mime, QByteArrayView content, const QUrl& base)
{
    return describedFilesFrom(ask(fields({{"call", "describedBy"}, {"mime", mime.toByteArray()},
                                      {"content", content.toByteArray()}, {"base", urlText(base)}}))
                                  .map);
}

Error RemoteContext::handOver(Prefetched reply)
{
    const auto outcome = outcomeFrom(ask(fields({{"call", "handOver"}, {"reply", toCbor(reply)}})).map);
    return outcome ? unreadable() : outcome.error();
}

bool RemoteContext::takeConnection(const QUrl& url)
{
    return flagIn(ask(fields({{"call", "takeConnection"}, {"url", urlText(url)}})).map, "yes");
}

void RemoteContext::releaseConnection(const QUrl& url) { tell(fields({{"call", "releaseConnection"}, {"url", urlText(url)}})); }

void RemoteContext::hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until)
{
    using Ms = std::chrono::milliseconds;
    tell(fields({{"call", "busy"}, {"url", urlText(url)},
        {"until", until ? qint64(std::chrono::duration_cast<Ms>(until->time_since_epoch()).count()) : 0}}));
}

void RemoteContext::hostMultiplexes(const QUrl& url) { tell(fields({{"call", "multiplexes"}, {"url", urlText(url)}})); }

void RemoteContext::onRate(std::function<void(qint64)> listener)
{
    const std::lock_guard lock(mutex_);
    onRate_ = std::move(listener);
    onRate_(rate_.rate());
}

void RemoteContext::log(Level level, const QString& text)
{
    tell(fields({{"call", "log"}, {"level", qint64(level)}, {"text", text}}));
}

} // namespace weir
