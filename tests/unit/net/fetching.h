#pragma once
// What the tests of core/net share: a sink that remembers, an engine with the HTTP profile, and waiting for a fetch with an
// end.

#include "http/http_profile.h"
#include "net/curl_engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>

namespace weir::test {

using namespace std::chrono_literals;

/// Longer than anything takes; only a hang reaches it.
constexpr auto kPatience = 30s;

class ProbeSink final : public FetchSink {
public:
    explicit ProbeSink(quint64 device = 0) : device_(device) {}
    Result<void> begin(const FetchHead& head) override
    {
        const std::lock_guard lock(mutex_);
        head_ = head;
        ++begins_;
        return onBegin ? onBegin(head) : Result<void>();
    }
    Result<void> bytes(qint64 offset, std::span<const char> data) override
    {
        {
            const std::lock_guard lock(mutex_);
            if (data_.isEmpty())
                first_ = offset;
            gapless_ = gapless_ && offset == first_ + data_.size();
            data_.append(data.data(), qsizetype(data.size()));
        }
        changed_.notify_all();
        return onBytes ? onBytes(offset, data) : Result<void>();
    }
    Result<void> flush() override
    {
        {
            const std::lock_guard lock(mutex_);
            flushed_ = data_.size();
        }
        changed_.notify_all();
        return onFlush ? onFlush() : Result<void>();
    }
    Result<void> end() override
    {
        const std::lock_guard lock(mutex_);
        ++ends_;
        return {};
    }
    quint64 device() const override { return device_; }

    bool waitFor(qint64 bytes)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return data_.size() >= bytes; });
    }
    bool waitForFlush(qint64 bytes)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return flushed_ >= bytes; });
    }
    QByteArray data() const { return locked(data_); }
    qint64 size() const { return data().size(); }
    qint64 firstOffset() const { return locked(first_); }
    bool gapless() const { return locked(gapless_); }
    int begins() const { return locked(begins_); }
    int ends() const { return locked(ends_); }
    FetchHead head() const { return locked(head_); }

    std::function<Result<void>(const FetchHead&)> onBegin;
    std::function<Result<void>(qint64, std::span<const char>)> onBytes;
    std::function<Result<void>()> onFlush;

private:
    template <class T> T locked(const T& value) const
    {
        const std::lock_guard lock(mutex_);
        return value;
    }
    const quint64 device_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    QByteArray data_;
    qint64 first_ = -1, flushed_ = -1;
    bool gapless_ = true;
    int begins_ = 0, ends_ = 0;
    FetchHead head_;
};

class Fetching : public ::testing::Test {
protected:
    struct Running {
        quint64 id = 0;
        std::future<FetchDone> done;
    };
    Running start(FetchRequest request, FetchSink& sink)
    {
        auto promise = std::make_shared<std::promise<FetchDone>>();
        Running running{0, promise->get_future()};
        running.id = http().start(std::move(request), sink, [promise](FetchDone done) { promise->set_value(std::move(done)); });
        return running;
    }
    static FetchDone wait(Running& running)
    {
        if (running.done.wait_for(kPatience) != std::future_status::ready)
            qFatal("a fetch never ended");
        return running.done.get();
    }
    FetchDone fetch(FetchRequest request, FetchSink& sink)
    {
        Running running = start(std::move(request), sink);
        return wait(running);
    }
    FetchDone fetch(FetchRequest request)
    {
        ProbeSink sink;
        return fetch(std::move(request), sink);
    }
    static Code codeOf(const FetchDone& done) { return done.head ? Code::Ok : done.head.error().code; }

    CurlEngine& engine()
    {
        if (!engine_)
            engine_ = std::make_unique<CurlEngine>(config_);
        return *engine_;
    }
    RangeFetcher& http()
    {
        if (!http_)
            http_ = makeCurlFetcher(engine(), httpProfile());
        return *http_;
    }
    void stopEngine()
    {
        http_.reset();
        engine_.reset();
    }

    CurlEngine::Config config_{.userAgent = QStringLiteral("weir-test")};

private:
    std::unique_ptr<CurlEngine> engine_;
    std::unique_ptr<RangeFetcher> http_;
};

/// A context that can be filled in before it is shared.
inline std::shared_ptr<RequestContext> newContext() { return std::make_shared<RequestContext>(); }

} // namespace weir::test
