#include "media/mux_thread.h"

#include "media/verify_media.h"

#include <future>
#include <limits>

namespace weir {

using namespace std::chrono_literals;

MuxThread::MuxThread(const Spool& spool, RemuxPlan plan, Names names, std::function<void()> wake)
    : names_(std::move(names)),
      wake_(std::move(wake)),
      thread_([this, &spool, plan = std::move(plan)](std::stop_token stop) {
          auto result = make(spool, plan, stop);
          {
              const std::lock_guard lock(mutex_);
              result_ = std::move(result);
              changed_.notify_all();
          }
          wake_();
      })
{}

MuxThread::~MuxThread() = default;

/// What went in is counted beside the muxing, by other code than the muxer's, and compared with what came out.
Result<RemuxReport> MuxThread::make(const Spool& spool, const RemuxPlan& plan, const std::stop_token& stop)
{
    std::stop_source giveUp;
    const std::stop_callback passOn(stop, [&giveUp] { giveUp.request_stop(); });
    auto counting = std::async(std::launch::async, [&] { return countSource(spool, plan, giveUp.get_token()); });
    std::vector<OutputFile*> made;
    RemuxFiles files;
    files.media = [&](int part, Container container) {
        auto file = ask(names_.media(part, container), stop);
        if (file)
            made.push_back(*file);
        return file;
    };
    files.subtitles = [&](int track) -> Result<OutputFile*> {
        const QString name = names_.subtitles(track);
        return name.isEmpty() ? Result<OutputFile*>(nullptr) : ask(name, stop);
    };
    auto report = remux(spool, plan, files, stop);
    if (!report)
        giveUp.request_stop();
    const auto counted = counting.get();
    if (!report)
        return report;
    if (!counted)
        return tl::unexpected(counted.error());
    if (const auto checked = verifyMedia(*counted, *report, made); !checked)
        return tl::unexpected(checked.error());
    return report;
}

Result<OutputFile*> MuxThread::ask(const QString& name, const std::stop_token& stop)
{
    std::unique_lock lock(mutex_);
    request_ = Request{name, {}};
    changed_.notify_all();
    lock.unlock();
    wake_();
    lock.lock();
    if (!changed_.wait(lock, stop, [this] { return request_->answer.has_value(); }))
        return failure(Code::Cancelled);
    const auto request = std::exchange(request_, std::nullopt);
    return *request->answer;
}

void MuxThread::answer(TaskContext& ctx)
{
    std::unique_lock lock(mutex_);
    if (!request_ || request_->answer)
        return;
    const QString name = request_->name;
    lock.unlock();
    auto file = ctx.open(name, -1);
    // The same media are written again from the first byte: nothing of an earlier run counts.
    if (file) {
        (*file)->forget({0, std::numeric_limits<qint64>::max()});
        opened_.append(name);
    }
    lock.lock();
    request_->answer = file;
    changed_.notify_all();
}

void MuxThread::await(std::chrono::milliseconds atMost)
{
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, atMost, [this] { return result_ || (request_ && !request_->answer); });
}

std::optional<Result<RemuxReport>> MuxThread::result() const
{
    const std::lock_guard lock(mutex_);
    return result_;
}

Result<void> MuxThread::serve(TaskContext& ctx)
{
    answer(ctx);
    const auto ended = result();
    if (!ended)
        return {};
    return *ended ? failure(Code::MuxFailed, QStringLiteral("it ended before the stream did")) : tl::unexpected(ended->error());
}

Result<void> MuxThread::finish(TaskContext& ctx)
{
    while (!result()) {
        if (ctx.stop().stop_requested())
            return failure(Code::Cancelled);
        answer(ctx);
        await(100ms);
    }
    const auto report = *result();
    if (!report)
        return tl::unexpected(report.error());
    for (const QString& notice : report->notices)
        ctx.log(Level::Warning, notice);
    return {};
}

} // namespace weir
