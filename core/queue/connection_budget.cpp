#include "queue/connection_budget.h"

#include <algorithm>

namespace weir {

namespace {

constexpr std::chrono::minutes kRecoverOne{1};
constexpr qsizetype kRememberedHosts = 4'096;

} // namespace

QByteArray hostKey(const QUrl& url)
{
    const QString host = url.host(QUrl::FullyEncoded);
    if (host.isEmpty())
        return {};
    int port = url.port();
    if (port < 0) {
        const QString scheme = url.scheme();
        port = scheme == u"https"       ? 443
            : scheme == u"http"         ? 80
            : scheme == u"ftps"         ? 990
            : scheme == u"sftp"         ? 22
            : scheme.startsWith(u"ftp") ? 21
                                        : 0;
    }
    QByteArray key = host.toUtf8();
    key += ':';
    key += QByteArray::number(port);
    return key;
}

void ConnectionBudget::setLimits(Limits limits)
{
    const std::lock_guard lock(mutex_);
    limits_ = limits;
}

void ConnectionBudget::setContended(bool contended)
{
    const std::lock_guard lock(mutex_);
    contended_ = contended;
}

void ConnectionBudget::take(const QByteArray& host)
{
    const std::lock_guard lock(mutex_);
    ++used_;
    ++hosts_[host].used;
}

bool ConnectionBudget::takeExtra(const QByteArray& host, TimePoint now)
{
    const std::lock_guard lock(mutex_);
    Host& entry = hosts_[host];
    const int share = contended_ ? 2 : 1;
    if (used_ >= std::max(1, limits_.total / share) || entry.notBefore > now)
        return false;
    if (!host.isEmpty() && entry.used >= std::max(1, limitOf(entry, now) / share))
        return false;
    ++used_;
    ++entry.used;
    return true;
}

void ConnectionBudget::release(const QByteArray& host)
{
    const std::lock_guard lock(mutex_);
    const auto found = hosts_.find(host);
    if (found == hosts_.end() || found->used == 0)
        return;
    --used_;
    --found->used;
    if (found->used == 0 && !found->multiplexed && found->lowered == 0)
        hosts_.erase(found);
}

void ConnectionBudget::busy(const QByteArray& host, TimePoint now, std::optional<TimePoint> until)
{
    if (host.isEmpty())
        return;
    const std::lock_guard lock(mutex_);
    forgetOld(now);
    Host& entry = hosts_[host];
    // Several refusals of one burst say the same thing once.
    if (entry.lowered == 0 || now - entry.loweredAt >= std::chrono::seconds(1)) {
        const int present = std::min(limitOf(entry, now), std::max(entry.used, 1));
        entry.lowered = std::max(1, present / 2);
        entry.loweredAt = now;
    }
    if (until)
        entry.notBefore = std::max(entry.notBefore, *until);
}

void ConnectionBudget::multiplexes(const QByteArray& host)
{
    if (host.isEmpty())
        return;
    const std::lock_guard lock(mutex_);
    hosts_[host].multiplexed = true;
}

int ConnectionBudget::inUse() const
{
    const std::lock_guard lock(mutex_);
    return used_;
}

int ConnectionBudget::inUse(const QByteArray& host) const
{
    const std::lock_guard lock(mutex_);
    return hosts_.value(host).used;
}

int ConnectionBudget::limit(const QByteArray& host, TimePoint now) const
{
    const std::lock_guard lock(mutex_);
    const auto found = hosts_.constFind(host);
    return found == hosts_.cend() ? limits_.perHost : limitOf(*found, now);
}

TimePoint ConnectionBudget::notBefore(const QByteArray& host) const
{
    const std::lock_guard lock(mutex_);
    const auto found = hosts_.constFind(host);
    return found == hosts_.cend() ? TimePoint{} : found->notBefore;
}

int ConnectionBudget::limitOf(const Host& host, TimePoint now) const
{
    const int full = host.multiplexed ? std::max(limits_.multiplexed, limits_.perHost) : limits_.perHost;
    if (host.lowered == 0)
        return full;
    // The minutes count from when the host may be asked again, or a long Retry-After would wipe out what it taught.
    const TimePoint from = std::max(host.loweredAt, host.notBefore);
    const auto minutes = now > from ? (now - from) / kRecoverOne : 0;
    return int(std::min<qint64>(full, host.lowered + minutes));
}

void ConnectionBudget::forgetOld(TimePoint now)
{
    if (hosts_.size() < kRememberedHosts)
        return;
    hosts_.removeIf([&](QHash<QByteArray, Host>::iterator entry) {
        return entry->used == 0 && !entry->multiplexed && entry->notBefore <= now && limitOf(*entry, now) >= limits_.perHost;
    });
}

} // namespace weir
