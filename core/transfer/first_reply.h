#pragma once
// The first reply of a download: it is received before anybody knows what it is or where its bytes go, so that no URL is asked
// twice. Keeps the bytes until the task has decided, then passes everything on. The fetcher's thread fills it, the task's
// thread asks; the task owns it.

#include <weir/fetch.h>

namespace weir {

class FirstReply final : public FetchSink {
public:
    static constexpr qsizetype kOpening = 4096;
    static constexpr qint64 kMost = 16 << 20; ///< kept at most; a reply that runs on beyond is stopped and goes on by range

    /// `changed`: called when there is something to decide on. `accept`: may refuse the reply by its head.
    FirstReply(quint64 device, std::function<Result<void>(const FetchHead&)> accept, std::function<void()> changed);

    Result<void> begin(const FetchHead& head) override;
    Result<void> bytes(qint64 offset, std::span<const char> data) override;
    Result<void> flush() override;
    Result<void> end() override;
    quint64 device() const override { return device_; }

    // The task's side.
    std::optional<FetchHead> head() const;
    /// The first 4 KiB, or what there is of them; null until `enough` bytes have come or the reply has ended.
    QByteArray opening(qsizetype enough = kOpening) const;
    QByteArray body() const;
    bool ended() const;
    /// From now on everything goes there, what was kept first.
    Result<void> passTo(FetchSink* sink);

private:
    const quint64 device_;
    const std::function<Result<void>(const FetchHead&)> accept_;
    const std::function<void()> changed_;
    mutable std::mutex mutex_;
    std::optional<FetchHead> head_;
    QByteArray kept_;
    bool ended_ = false;
    std::atomic<FetchSink*> next_{nullptr};
};

} // namespace weir
