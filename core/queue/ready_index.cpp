#include "queue/ready_index.h"

#include <queue>

namespace weir {

namespace {

constexpr int kRestingHostsLookedAt = 256;

} // namespace

void ReadyIndex::put(const Order& order, const QByteArray& host, TimePoint notBefore, TimePoint now)
{
    drop(order.id);
    const bool ripe = notBefore <= now;
    entries_.insert(order.id, Entry{order, host, notBefore, ripe});
    if (ripe)
        enqueue(order, host);
    else
        unripe_.emplace(notBefore, order.id);
}

void ReadyIndex::drop(TaskId task)
{
    const auto found = entries_.find(task);
    if (found == entries_.end())
        return;
    if (found->ripe)
        dequeue(found->order, found->host);
    else
        unripe_.erase({found->notBefore, task});
    entries_.erase(found);
}

void ReadyIndex::ripen(TimePoint now)
{
    while (!unripe_.empty() && unripe_.begin()->first <= now) {
        Entry& entry = entries_[unripe_.begin()->second];
        unripe_.erase(unripe_.begin());
        entry.ripe = true;
        enqueue(entry.order, entry.host);
    }
}

std::optional<TimePoint> ReadyIndex::nextRipe() const
{
    return unripe_.empty() ? std::nullopt : std::optional(unripe_.begin()->first);
}

std::vector<Candidate> ReadyIndex::candidates(int atMost, const std::function<HostRoom(const QByteArray&)>& room) const
{
    struct Cursor {
        Line::const_iterator next;
        const Line* line;
        const QByteArray* host;
        int free;
    };
    const auto later = [](const Cursor& a, const Cursor& b) { return *b.next < *a.next; };
    std::priority_queue<Cursor, std::vector<Cursor>, decltype(later)> begun(later);
    std::vector<Candidate> found;
    const auto add = [&](const Order& order, const QByteArray& host) {
        found.push_back({.id = order.id, .priority = order.priority, .position = order.position, .host = host});
    };
    int resting = 0;
    int counted = 0;
    auto head = heads_.begin();
    // A merge of the lines; a line joins when its head's turn comes, so that lines far behind are never touched.
    while (counted < atMost && (head != heads_.end() || !begun.empty())) {
        if (begun.empty() || (head != heads_.end() && head->first < *begun.top().next)) {
            const auto& [host, line] = *head->second;
            ++head;
            const HostRoom space = room(host);
            if (space.resting && resting++ < kRestingHostsLookedAt)
                add(*line.begin(), host);
            else if (!space.resting && space.free > 0)
                begun.push({line.begin(), &line, &host, space.free});
            continue;
        }
        Cursor cursor = begun.top();
        begun.pop();
        add(*cursor.next, *cursor.host);
        ++counted;
        ++cursor.next;
        if (--cursor.free > 0 && cursor.next != cursor.line->end())
            begun.push(cursor);
    }
    return found;
}

void ReadyIndex::enqueue(const Order& order, const QByteArray& host)
{
    const auto line = lines_.try_emplace(host).first;
    if (!line->second.empty())
        heads_.erase(*line->second.begin());
    line->second.insert(order);
    heads_.emplace(*line->second.begin(), line);
}

void ReadyIndex::dequeue(const Order& order, const QByteArray& host)
{
    const auto line = lines_.find(host);
    heads_.erase(*line->second.begin());
    line->second.erase(order);
    if (line->second.empty())
        lines_.erase(line);
    else
        heads_.emplace(*line->second.begin(), line);
}

std::size_t ReadyIndex::waitingFor(const QByteArray& host) const
{
    const auto line = lines_.find(host);
    return line == lines_.end() ? 0 : line->second.size();
}

} // namespace weir
