#include "queue/holds.h"

#include <algorithm>

namespace weir {

Holds::Holds(std::vector<HoldRecord> kept)
{
    for (HoldRecord& hold : kept)
        place(std::move(hold));
}

bool Holds::isScope(const QString& scope)
{
    static const QStringList kScopes{QStringLiteral("task"), QStringLiteral("kind"), QStringLiteral("volume"),
        QStringLiteral("host"), QStringLiteral("network"), QStringLiteral("all")};
    return kScopes.contains(scope);
}

bool Holds::place(HoldRecord hold)
{
    const std::size_t index = indexOf(hold.scope, hold.key, hold.owner);
    if (index < holds_.size()) {
        if (holds_[index] == hold)
            return false;
        holds_[index] = std::move(hold);
        return true;
    }
    byPlace_[{hold.scope, hold.key}].append(holds_.size());
    holds_.push_back(std::move(hold));
    return true;
}

bool Holds::release(const QString& scope, const QString& key, const QString& owner)
{
    const std::size_t index = indexOf(scope, key, owner);
    if (index == holds_.size())
        return false;
    erase(index);
    return true;
}

std::vector<HoldRecord> Holds::expire(qint64 nowMs)
{
    std::vector<HoldRecord> expired;
    for (std::size_t i = holds_.size(); i-- > 0;) {
        if (holds_[i].until == 0 || holds_[i].until > nowMs)
            continue;
        expired.push_back(holds_[i]);
        erase(i);
    }
    return expired;
}

std::optional<qint64> Holds::nextExpiry() const
{
    std::optional<qint64> soonest;
    for (const HoldRecord& hold : holds_)
        if (hold.until != 0 && (!soonest || hold.until < *soonest))
            soonest = hold.until;
    return soonest;
}

std::vector<const HoldRecord*> Holds::covering(const Subject& subject) const
{
    std::vector<const HoldRecord*> found;
    visitCovering(subject, [&](const HoldRecord& hold) {
        found.push_back(&hold);
        return true;
    });
    return found;
}

bool Holds::covers(const Subject& subject) const
{
    if (holds_.empty())
        return false;
    bool covered = false;
    visitCovering(subject, [&](const HoldRecord&) {
        covered = true;
        return false;
    });
    return covered;
}

std::vector<HoldRecord> Holds::on(const QString& scope, const QString& key) const
{
    std::vector<HoldRecord> found;
    for (const std::size_t index : byPlace_.value({scope, key}))
        found.push_back(holds_[index]);
    return found;
}

template <class Visit> void Holds::visitCovering(const Subject& subject, Visit visit) const
{
    const auto look = [&](const QString& scope, const QString& key) {
        const auto found = byPlace_.constFind({scope, key});
        if (found == byPlace_.cend())
            return true;
        return std::all_of(found->cbegin(), found->cend(), [&](std::size_t index) { return visit(holds_[index]); });
    };
    static const QString kTask = QStringLiteral("task"), kKind = QStringLiteral("kind"), kVolume = QStringLiteral("volume"),
                         kHost = QStringLiteral("host"), kNetwork = QStringLiteral("network"), kAll = QStringLiteral("all");
    if (!look(kTask, QString::number(subject.task)) || !look(kAll, QString()) || !look(kNetwork, QString()))
        return;
    if (!subject.kind.isEmpty() && !look(kKind, QString::fromUtf8(subject.kind)))
        return;
    if (subject.device != 0 && !look(kVolume, QString::number(subject.device)))
        return;
    if (!subject.host.isEmpty())
        look(kHost, QString::fromUtf8(subject.host));
}

std::size_t Holds::indexOf(const QString& scope, const QString& key, const QString& owner) const
{
    const auto found = byPlace_.constFind({scope, key});
    if (found != byPlace_.cend())
        for (const std::size_t index : *found)
            if (holds_[index].owner == owner)
                return index;
    return holds_.size();
}

void Holds::erase(std::size_t index)
{
    const Place place{holds_[index].scope, holds_[index].key};
    const auto listed = byPlace_.find(place);
    listed->removeOne(index);
    if (listed->isEmpty())
        byPlace_.erase(listed);
    const std::size_t last = holds_.size() - 1;
    if (index != last) {
        holds_[index] = std::move(holds_[last]);
        QList<std::size_t>& moved = byPlace_[{holds_[index].scope, holds_[index].key}];
        moved[moved.indexOf(last)] = index;
    }
    holds_.pop_back();
}

} // namespace weir
