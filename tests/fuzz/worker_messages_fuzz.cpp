// What a worker says to the daemon: frames of CBOR, each answered by the context's server. The worker runs other people's code.
#include "isolation/context_server.h"

#include "check.h"
#include "platform/disk.h"
#include "transfer/buffer_pool.h"

#include <sys/mman.h>

namespace {

using namespace weir;

class NoServices final : public Services {
public:
    RangeFetcher* fetcherFor(const QUrl&) override { return nullptr; }
    CurlEngine& curl() override { std::abort(); }
    BufferPool& buffers() override { return buffers_; }
    RateBucket& totalRate() override { return rate_; }
    RateBucket& totalUpRate() override { return rate_; }
    Clock& clock() override { return steadyClock(); }
    QJsonObject settings() const override { return {}; }
    QString stateDirectory() const override { return {}; }
    void log(Level, const QString&) override {}

private:
    BufferPool buffers_;
    RateBucket rate_;
};

/// Files in memory, and a count of what must not be given away.
class Context final : public TaskContext {
public:
    const TaskSpec& spec() const override { return spec_; }
    std::stop_token stop() const override { return {}; }
    QByteArray savedState() const override { return {}; }
    Result<Choice> describe(const TaskInfo& info) override
    {
        WEIR_CHECK(info.size >= -1);
        return Choice{info.name, {1}, {}};
    }
    Result<OutputFile*> open(const QString& path, qint64 size) override
    {
        WEIR_CHECK(size >= -1);
        auto file = adoptFile(::memfd_create("fuzz", MFD_CLOEXEC), path);
        if (!file)
            return failure(file.error());
        return files.emplace_back(std::make_unique<OutputFile>(path, std::move(*file), size, RangeSet())).get();
    }
    quint64 device() const override { return 0; }
    void save(QByteArray, const QStringList&) override {}
    void report(const Activity& now) override { WEIR_CHECK(now.uploaded >= 0 && now.done >= -1); }
    void setVerified(Verified verified) override { WEIR_CHECK(verified <= Verified::Unverifiable); }
    Result<void> complete() override
    {
        files.clear();
        return {};
    }
    void detach(std::function<void()>) override {}
    void leave(Result<void>) override {}
    bool belongsToOther(QByteArrayView, QByteArrayView) override { return true; }
    Error handOver(Prefetched) override { return Error{Code::OtherAdapter}; }
    bool takeConnection(const QUrl&) override { return ++connections; }
    void releaseConnection(const QUrl&) override { WEIR_CHECK(--connections >= 0); }
    void hostIsBusy(const QUrl&, std::optional<std::chrono::system_clock::time_point>) override {}
    RateBucket& rate() override { return rate_; }
    void onRate(std::function<void(qint64)>) override {}
    void log(Level level, const QString&) override { WEIR_CHECK(level <= Level::Error); }
    Services& services() override { return services_; }

    std::vector<std::unique_ptr<OutputFile>> files;
    int connections = 0;

private:
    TaskSpec spec_;
    NoServices services_;
    RateBucket rate_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size)
{
    // One byte of length in front of each message, so that one input is a conversation.
    Context context;
    ContextServer server(context, [] {});
    for (std::size_t at = 0; at < size;) {
        const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
        const auto message = decodeMessage(QByteArray(reinterpret_cast<const char*>(data) + at + 1, qsizetype(length)));
        at += 1 + length;
        if (!message)
            continue;
        (void)taskSpecFrom(*message);
        (void)networkFrom(*message);
        (void)choiceFrom(*message);
        const auto answer = server.handle(*message);
        for (const auto& file : context.files)
            WEIR_CHECK(file->size() < 0 || file->done() <= file->size());
        if (!answer)
            break;
    }
    return 0;
}
