#include "queue/look.h"

#include "plugin_host/guarded.h"

#include <optional>

namespace weir {

namespace {

/// A world in which a task can fetch and describe, but not write.
class LookContext final : public TaskContext {
public:
    LookContext(TaskSpec spec, Services& services, std::stop_token stop)
        : spec_(std::move(spec)),
          services_(services),
          stop_(std::move(stop)),
          rate_(&services.totalRate())
    {}

    const TaskSpec& spec() const override { return spec_; }
    std::stop_token stop() const override { return stop_; }
    QByteArray savedState() const override { return {}; }
    Result<Choice> describe(const TaskInfo& info) override
    {
        found = info;
        return failure(Code::AwaitingChoice, info.name);
    }
    Result<OutputFile*> open(const QString& path, qint64) override { return failure(Code::Cancelled, path); }
    quint64 device() const override { return 0; }
    void save(QByteArray, const QStringList&) override {}
    void report(const Activity&) override {}
    void setVerified(Verified) override {}
    Result<void> complete() override { return failure(Code::Cancelled); }
    void detach(std::function<void()>) override {}
    void leave(Result<void>) override {}
    bool belongsToOther(QByteArrayView, QByteArrayView) override { return false; }
    Error handOver(Prefetched) override { return Error{Code::OtherAdapter}; }
    bool takeConnection(const QUrl&) override { return true; } // a few playlists at once
    void releaseConnection(const QUrl&) override {}
    void hostIsBusy(const QUrl&, std::optional<std::chrono::system_clock::time_point>) override {}
    RateBucket& rate() override { return rate_; }
    void onRate(std::function<void(qint64)> listener) override { listener(0); }
    void log(Level, const QString&) override {}
    Services& services() override { return services_; }

    std::optional<TaskInfo> found;

private:
    const TaskSpec spec_;
    Services& services_;
    const std::stop_token stop_;
    RateBucket rate_;
};

} // namespace

Result<TaskInfo> lookAt(DownloadTask& task, TaskSpec spec, Services& services, std::stop_token stop)
{
    LookContext context(std::move(spec), services, std::move(stop));
    const auto ended = guarded([&] { return task.run(context); });
    if (context.found)
        return std::move(*context.found);
    return failure(ended ? Error{Code::Internal, QStringLiteral("it described nothing")} : ended.error());
}

} // namespace weir
