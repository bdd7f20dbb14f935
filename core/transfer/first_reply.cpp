#include "transfer/first_reply.h"

namespace weir {

namespace {

// Replies up to here come in one piece anyway: waking the task once, at their end, is enough.
constexpr qint64 kSmall = 64 << 10;

} // namespace

FirstReply::FirstReply(quint64 device, std::function<Result<void>(const FetchHead&)> accept, std::function<void()> changed)
    : device_(device),
      accept_(std::move(accept)),
      changed_(std::move(changed))
{}

Result<void> FirstReply::begin(const FetchHead& head)
{
    if (auto accepted = accept_(head); !accepted)
        return accepted;
    std::scoped_lock lock(mutex_);
    head_ = head;
    return {};
}

Result<void> FirstReply::bytes(qint64 offset, std::span<const char> data)
{
    if (FetchSink* next = next_.load(std::memory_order_acquire))
        return next->bytes(offset, data);
    bool tell = false;
    {
        std::scoped_lock lock(mutex_);
        if (FetchSink* next = next_.load(std::memory_order_relaxed))
            return next->bytes(offset, data);
        if (kept_.size() + qint64(data.size()) > kMost)
            return failure(Code::Cancelled, "kept as much as may be kept");
        const bool small = head_->totalSize >= 0 && head_->totalSize <= kSmall;
        tell = !small && kept_.size() < kOpening && kept_.size() + qint64(data.size()) >= kOpening;
        if (small && kept_.isEmpty())
            kept_.reserve(head_->totalSize);
        kept_.append(data.data(), qsizetype(data.size()));
    }
    if (tell)
        changed_();
    return {};
}

Result<void> FirstReply::flush()
{
    FetchSink* next = next_.load(std::memory_order_acquire);
    return next ? next->flush() : Result<void>();
}

Result<void> FirstReply::end()
{
    std::scoped_lock lock(mutex_);
    ended_ = true;
    if (FetchSink* next = next_.load(std::memory_order_relaxed))
        return next->end();
    return {};
}

std::optional<FetchHead> FirstReply::head() const
{
    std::scoped_lock lock(mutex_);
    return head_;
}

QByteArray FirstReply::opening(qsizetype enough) const
{
    std::scoped_lock lock(mutex_);
    if (!head_ || (kept_.size() < enough && !ended_))
        return {};
    const QByteArray first = kept_.left(kOpening);
    return first.isNull() ? QByteArray("") : first;
}

QByteArray FirstReply::body() const
{
    std::scoped_lock lock(mutex_);
    return kept_;
}

bool FirstReply::ended() const
{
    std::scoped_lock lock(mutex_);
    return ended_;
}

Result<void> FirstReply::passTo(FetchSink* sink)
{
    std::scoped_lock lock(mutex_);
    if (auto ok = sink->begin(*head_); !ok)
        return ok;
    Result<void> written;
    if (!kept_.isEmpty())
        written = sink->bytes(0, {kept_.constData(), std::size_t(kept_.size())});
    kept_ = {};
    next_.store(sink, std::memory_order_release);
    if (ended_) {
        auto flushed = sink->end();
        if (written)
            written = flushed;
    }
    return written;
}

} // namespace weir
