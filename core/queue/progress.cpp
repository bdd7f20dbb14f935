// How far running tasks are, and how fast they may be. Nothing here runs while no task does.

#include "queue/live.h"
#include "queue/rate_allocator.h"
#include "queue/target_name.h"

#include <QDateTime>

namespace weir {

namespace {

constexpr std::chrono::milliseconds kSampleEvery{500};
constexpr std::chrono::milliseconds kDivideEvery{250};
constexpr double kSmoothing = 0.4;
constexpr std::chrono::minutes kKeepTraffic{1};

double secondsBetween(TimePoint from, TimePoint to) { return std::chrono::duration<double>(to - from).count(); }

Reserve reserveFrom(const QString& text)
{
    return text == u"none" ? Reserve::None : text == u"full" ? Reserve::Full : Reserve::Auto;
}

} // namespace

void Queue::readSettings()
{
    const Settings& settings = parts_.settings;
    const auto number = [&](const char* key) { return settings.integer(QLatin1String(key)); };
    const auto weight = [&](const char* key) { return settings.value(QLatin1String(key)).toDouble(); };
    tuning_.totalConnections = int(number("connections.total"));
    tuning_.perHost = int(number("connections.perHost"));
    tuning_.perTask = int(number("connections.perTask"));
    tuning_.running = int(number("queue.running"));
    tuning_.attempts = int(number("retry.attempts"));
    tuning_.backoff.base = std::chrono::milliseconds(number("retry.base"));
    tuning_.backoff.cap = std::chrono::milliseconds(number("retry.cap"));
    tuning_.ifExists = ifExistsFrom(settings.text(QStringLiteral("downloads.ifExists"))).value_or(IfExists::Rename);
    tuning_.reserve = reserveFrom(settings.text(QStringLiteral("transfer.preallocate")));
    tuning_.lookBeside = settings.flag(QStringLiteral("downloads.lookBeside"));
    tuning_.weights = {weight("sources.bandwidth"), weight("sources.latency"), weight("sources.success")};
    tuning_.logLevel = levelFromText(settings.text(QStringLiteral("log.level"))).value_or(Level::Info);
    budget_.setLimits({.total = tuning_.totalConnections, .perHost = tuning_.perHost});
    parts_.services.totalUpRate().setRate(number("limits.up"));
    const qint64 down = number("limits.down");
    if (std::exchange(tuning_.downLimit, down) == down)
        return;
    parts_.services.totalRate().setRate(down);
    if (down > 0 && running_ > 0)
        timers_.at(Timers::Wake::Rates, clock_.now());
    if (down == 0)
        for (const auto& [id, live] : live_) {
            live->allotted = 0;
            live->context->allot(live->context->ownLimit());
        }
}

void Queue::sampleAll()
{
    const TimePoint now = clock_.now();
    for (const auto& [id, live] : live_)
        if (!live->ended)
            sample(*live, now);
    if (now - trafficKept_ >= kKeepTraffic)
        keepTraffic();
    for (const TaskId id : moveLine_)
        if (Task* task = table_.find(id); task && moves_.at(id)->begun)
            shown(*task);
    if (running_ + sharing_ > 0 || !moves_.empty())
        timers_.at(Timers::Wake::Sample, now + kSampleEvery);
}

void Queue::sample(Live& live, TimePoint now)
{
    RunContext::Sample next = live.context->sample();
    const double seconds = secondsBetween(live.sampledAt, now);
    if (seconds > 0) {
        countTraffic(live, next);
        const double measured =
            next.activity.rateDown >= 0 ? double(next.activity.rateDown) : double(next.charged - live.last.charged) / seconds;
        live.rate = live.rate == 0 ? measured : live.rate + kSmoothing * (measured - live.rate);
        live.sampledAt = now;
    }
    live.last = std::move(next);
    Task* task = table_.find(live.id);
    if (!task)
        return;
    task->done = live.last.done;
    task->uploaded = std::max(task->uploaded, live.last.activity.uploaded);
    shown(*task);
}

/// Before the live task takes `next` as its last.
void Queue::countTraffic(const Live& live, const RunContext::Sample& next)
{
    const double seconds = std::max(0.0, secondsBetween(live.sampledAt, clock_.now()));
    const qint64 own = next.activity.rateDown; // of a task that no sink of ours counts
    const qint64 down = own >= 0 ? qint64(double(own) * seconds) : next.charged - live.last.charged;
    const Task* task = table_.find(live.id);
    traffic_.count(today(), down, task ? next.activity.uploaded - task->uploaded : 0);
}

void Queue::keepTraffic()
{
    trafficKept_ = clock_.now();
    auto news = traffic_.takeNews();
    if (!news.empty())
        write([news = std::move(news)](Store& store) {
            for (const TrafficRecord& more : news)
                store.addTraffic(more);
        });
}

void Queue::forgetTraffic(Done done)
{
    traffic_ = {};
    write([](Store& store) { store.dropTraffic(); });
    commit({}, std::move(done));
}

QString Queue::today() const { return QDateTime::fromMSecsSinceEpoch(wall_.now()).date().toString(Qt::ISODate); }

void Queue::divideRates()
{
    if (tuning_.downLimit <= 0 || running_ == 0)
        return;
    const TimePoint now = clock_.now();
    std::vector<Live*> running;
    std::vector<RateShare> shares;
    for (const auto& [id, live] : live_) {
        const Task* task = table_.find(id);
        if (live->ended || live->sharing || !task)
            continue;
        const qint64 charged = live->context->rate().total();
        const double seconds = secondsBetween(live->dividedAt, now);
        qint64 measured = seconds > 0 ? qint64(double(charged - live->chargedAtDivision) / seconds) : 0;
        measured += std::max<qint64>(live->last.activity.rateDown, 0);
        live->chargedAtDivision = charged;
        live->dividedAt = now;
        running.push_back(live.get());
        shares.push_back({priorityWeight(task->priority), estimateDemand(measured, live->allotted, live->context->ownLimit())});
    }
    const auto rates = allocateRates(tuning_.downLimit, shares);
    for (std::size_t i = 0; i < running.size(); ++i) {
        const qint64 own = running[i]->context->ownLimit();
        const qint64 rate = own > 0 ? std::min(own, rates[i]) : rates[i];
        // A bucket forgives its debt when its rate is set, so small changes would let too much through.
        if (std::abs(rate - running[i]->allotted) * 20 <= running[i]->allotted)
            continue;
        running[i]->allotted = rate;
        running[i]->context->allot(rate);
    }
    timers_.at(Timers::Wake::Rates, now + kDivideEvery);
}

LiveState Queue::liveState(const Live& live) const
{
    LiveState state;
    state.rateDown = live.ended ? 0 : qint64(live.rate);
    state.connections = live.ended ? 0 : live.last.connections;
    state.activity = live.last.activity;
    state.files = live.last.files;
    state.phase = live.finishing ? QStringLiteral("finishing")
        : live.stopAt            ? QStringLiteral("stopping")
                                 : live.last.activity.phase;
    return state;
}

} // namespace weir
