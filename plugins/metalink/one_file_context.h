#pragma once
// The task's world as the segmented download of one file of a metalink sees it: other addresses, digests and name, the rest as
// it is. The task's thread; borrows the real context.

#include "metalink/metalink_state.h"

#include <weir/context.h>

namespace weir {

class OneFileContext final : public TaskContext {
public:
    OneFileContext(TaskContext& real, TaskSpec spec, MetalinkState state, QString name, qint64 size)
        : real_(real),
          spec_(std::move(spec)),
          state_(std::move(state)),
          name_(std::move(name)),
          size_(size)
    {}

    const TaskSpec& spec() const override { return spec_; }
    Result<Choice> describe(const TaskInfo& info) override
    {
        if (size_ >= 0 && info.size >= 0 && info.size != size_)
            return failure(Code::DifferentContent, QStringLiteral("%1 bytes, the metalink says %2").arg(info.size).arg(size_));
        TaskInfo own = info;
        if (!name_.isEmpty())
            own.name = name_;
        return real_.describe(own);
    }
    // What it names is the file: another kind of content would not be what was hashed.
    bool belongsToOther(QByteArrayView, QByteArrayView) override { return false; }

    std::stop_token stop() const override { return real_.stop(); }
    QByteArray savedState() const override { return state_.download; }
    Result<OutputFile*> open(const QString& path, qint64 size) override { return real_.open(path, size); }
    quint64 device() const override { return real_.device(); }
    void save(QByteArray state, const QStringList& alsoSync) override
    {
        state_.download = std::move(state);
        real_.save(state_.toBytes(), alsoSync);
    }
    void report(const Activity& now) override { real_.report(now); }
    void setVerified(Verified verified) override { real_.setVerified(verified); }
    void setGaps(const QJsonArray& gaps) override { real_.setGaps(gaps); }
    Result<void> complete() override { return real_.complete(); }
    void detach(std::function<void()> onStop) override { real_.detach(std::move(onStop)); }
    void leave(Result<void> outcome) override { real_.leave(std::move(outcome)); }
    Error handOver(Prefetched reply) override { return real_.handOver(std::move(reply)); }
    bool takeConnection(const QUrl& url) override { return real_.takeConnection(url); }
    void releaseConnection(const QUrl& url) override { real_.releaseConnection(url); }
    void hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until) override
    {
        real_.hostIsBusy(url, until);
    }
    void hostMultiplexes(const QUrl& url) override { real_.hostMultiplexes(url); }
    RateBucket& rate() override { return real_.rate(); }
    void onRate(std::function<void(qint64)> listener) override { real_.onRate(std::move(listener)); }
    void onAnnounce(std::function<Result<void>()> listener) override { real_.onAnnounce(std::move(listener)); }
    void log(Level level, const QString& text) override { real_.log(level, text); }
    Services& services() override { return real_.services(); }

private:
    TaskContext& real_;
    const TaskSpec spec_;
    MetalinkState state_;
    const QString name_;
    const qint64 size_;
};

} // namespace weir
