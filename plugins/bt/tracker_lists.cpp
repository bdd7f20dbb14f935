#include "bt/tracker_lists.h"

#include <weir/memory_sink.h>

#include <libtorrent/alert_types.hpp>
#include <libtorrent/error_code.hpp>

#include <QCryptographicHash>
#include <QDateTime>
#include <QFile>
#include <QJsonDocument>
#include <QSaveFile>

namespace weir {

namespace {

constexpr qsizetype kMostLists = 16;
constexpr qint64 kMostStateBytes = 4 << 20;
constexpr qint64 kFreshFor = 24 * 3600, kRetryAfter = 600, kKeepHealthEvery = 600;
constexpr auto kPatience = std::chrono::seconds(5);

qint64 secondsNow() { return QDateTime::currentSecsSinceEpoch(); }

QByteArray keyOf(const QString& address)
{
    return QCryptographicHash::hash(address.toUtf8(), QCryptographicHash::Sha256).toHex();
}

QUrl urlOf(const QString& address)
{
    return address.startsWith(u'/') ? QUrl::fromLocalFile(address) : QUrl(address, QUrl::StrictMode);
}

QStringList subscribed(const QJsonObject& section)
{
    QStringList addresses;
    for (const QJsonValue& each : section.value(QLatin1String("trackerLists")).toArray())
        if (addresses.size() < kMostLists)
            addresses.append(each.toString());
    return addresses;
}

Result<QByteArray> readFile(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::InputUnreadable, file.errorString());
    return file.read(kMostListBytes);
}

} // namespace

bool TrackerLists::isDue(const List& list, qint64 now)
{
    const auto past = [&](qint64 moment, qint64 age) { return moment > now || now - moment >= age; };
    return past(list.fetched, kFreshFor) && past(list.tried, kRetryAfter);
}

QStringList TrackerLists::trackers(std::stop_token stop)
{
    const QStringList addresses = subscribed(services_.settings());
    if (addresses.isEmpty())
        return {};
    const std::lock_guard lock(mutex_);
    if (!std::exchange(loaded_, true))
        load();
    refresh(addresses, stop);
    QStringList all;
    for (const Address& address : addresses)
        all += lists_[keyOf(address)].trackers;
    all.removeDuplicates();
    std::erase_if(lists_, [&](const auto& one) {
        return std::none_of(addresses.begin(), addresses.end(), [&](const Address& each) { return keyOf(each) == one.first; });
    });
    QHash<QString, TrackerHealth> health;
    {
        const std::lock_guard healthLock(healthMutex_);
        for (const QString& tracker : std::as_const(all))
            health.insert(tracker, health_.value(tracker));
        health_ = health;
    }
    keep(health);
    return bestTrackers(all, health, secondsNow());
}

void TrackerLists::hear(const lt::alert& alert)
{
    const auto* about = dynamic_cast<const lt::tracker_alert*>(&alert);
    if (!about)
        return;
    const auto* failed = lt::alert_cast<lt::tracker_error_alert>(&alert);
    const bool answered = lt::alert_cast<lt::tracker_reply_alert>(&alert) != nullptr;
    // One of the two families of addresses can't be announced there; the other one can.
    if (!answered && (!failed || failed->error == lt::errors::announce_skipped))
        return;
    const std::lock_guard lock(healthMutex_);
    const auto known = health_.find(QString::fromUtf8(about->tracker_url()));
    if (known != health_.end())
        *known = answered ? TrackerHealth() : afterFailure(*known, secondsNow());
}

void TrackerLists::refresh(const QStringList& addresses, std::stop_token stop)
{
    const qint64 now = secondsNow();
    const auto until = std::chrono::steady_clock::now() + kPatience;
    auto context = std::make_shared<RequestContext>();
    context->auth.netrc = false;
    std::map<quint64, Address> asked;
    std::map<Address, MemorySink> sinks;
    FetchGroup group(services_.clock(), stop);
    for (const Address& address : addresses) {
        const QUrl url = urlOf(address);
        List& list = lists_[keyOf(address)];
        RangeFetcher* const fetcher = url.scheme().startsWith(u"http") ? services_.fetcherFor(url) : nullptr;
        if (url.isLocalFile()) {
            take(address, readFile(url.toLocalFile()));
        } else if (!fetcher) {
            take(address, failure(Code::NoFetcher, url.scheme()));
        } else if (isDue(list, now) && !sinks.contains(address)) {
            list.tried = now;
            FetchRequest request{.url = url, .context = context, .stallTimeout = kPatience, .connectTimeout = kPatience};
            asked[group.start(*fetcher, std::move(request), sinks.try_emplace(address, kMostListBytes).first->second)] =
                address;
        }
    }
    while (group.running() > 0 && !stop.stop_requested()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            group.cancelAll();
        const auto done = group.next(std::max(left, std::chrono::milliseconds(100)));
        if (!done)
            continue;
        const auto which = asked.extract(done->id);
        if (done->head)
            take(which.mapped(), sinks.at(which.mapped()).take());
        else
            take(which.mapped(), failure(left.count() > 0 ? done->head.error() : Error{Code::Stalled, {}}));
    }
    for (const auto& [id, address] : asked)
        lists_[keyOf(address)].tried = 0; // the torrent stopped, not the server
}

void TrackerLists::take(const Address& address, const Result<QByteArray>& text)
{
    const QStringList trackers = text ? readTrackerList(*text) : QStringList();
    List& list = lists_[keyOf(address)];
    if (!trackers.isEmpty()) {
        list.trackers = trackers;
        list.fetched = secondsNow();
        return;
    }
    // It may be a page that asks for a login: what was good stays.
    const QUrl url = urlOf(address);
    services_.log(Level::Warning,
        QStringLiteral("no trackers from %1: %2; %3")
            .arg(url.isLocalFile() ? url.toLocalFile() : url.host(),
                text ? QStringLiteral("it lists none") : weir::describe(text.error()),
                list.trackers.isEmpty() ? QStringLiteral("there are none of an earlier time")
                                        : QStringLiteral("those of an earlier time are used")));
}

void TrackerLists::load()
{
    QFile file(services_.stateDirectory() + QStringLiteral("/tracker-lists"));
    if (file.size() > kMostStateBytes || !file.open(QIODevice::ReadOnly))
        return;
    const QJsonObject all = QJsonDocument::fromJson(file.readAll()).object();
    const QJsonObject lists = all.value(QLatin1String("lists")).toObject();
    for (auto each = lists.begin(); each != lists.end(); ++each) {
        List list{.fetched = each.value()[QLatin1String("fetched")].toInteger(),
            .tried = each.value()[QLatin1String("tried")].toInteger(),
            .trackers = {}};
        for (const QJsonValue& tracker : each.value()[QLatin1String("trackers")].toArray())
            if (const QString normal = normalTracker(tracker.toString()); !normal.isEmpty())
                list.trackers.append(normal);
        lists_[each.key().toLatin1()] = std::move(list);
    }
    const QJsonObject health = all.value(QLatin1String("health")).toObject();
    const std::lock_guard lock(healthMutex_);
    for (auto each = health.begin(); each != health.end(); ++each)
        health_[each.key()] = {.failures = each.value()[QLatin1String("failures")].toInt(),
            .failedAt = each.value()[QLatin1String("failedAt")].toInteger()};
}

void TrackerLists::keep(const QHash<QString, TrackerHealth>& known)
{
    QJsonObject lists, health;
    for (const auto& [key, list] : lists_)
        lists.insert(QString::fromLatin1(key),
            QJsonObject{{QStringLiteral("fetched"), list.fetched}, {QStringLiteral("tried"), list.tried},
                {QStringLiteral("trackers"), QJsonArray::fromStringList(list.trackers)}});
    const bool fetched = std::exchange(keptLists_, lists) != lists;
    if (!fetched && secondsNow() - keptAt_ < kKeepHealthEvery)
        return;
    keptAt_ = secondsNow();
    for (auto each = known.constBegin(); each != known.constEnd(); ++each)
        if (each->failures > 0)
            health.insert(each.key(),
                QJsonObject{{QStringLiteral("failures"), each->failures}, {QStringLiteral("failedAt"), each->failedAt}});
    const QByteArray text =
        QJsonDocument(QJsonObject{{QStringLiteral("lists"), lists}, {QStringLiteral("health"), health}}).toJson();
    QSaveFile file(services_.stateDirectory() + QStringLiteral("/tracker-lists"));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) < 0 || !file.commit())
        services_.log(Level::Warning, QStringLiteral("the lists of trackers can't be kept: %1").arg(file.errorString()));
}

} // namespace weir
