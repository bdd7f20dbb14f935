#include "net/stream_gate.h"

#include <algorithm>
#include <limits>

namespace weir {

int StreamGate::limit(const Host& host)
{
    switch (host.kind) {
    case Kind::Unknown: return 1;
    case Kind::Multiplexed: return kStreams;
    case Kind::Single: break;
    }
    return std::numeric_limits<int>::max();
}

bool StreamGate::enter(const QByteArray& name, quint64 fetch)
{
    Host& host = hosts_[name];
    if (host.waiting.empty() && host.running < limit(host)) {
        ++host.running;
        return true;
    }
    host.waiting.push_back(fetch);
    return false;
}

void StreamGate::answered(const QByteArray& name, bool multiplexed)
{
    Host& host = hosts_[name];
    host.kind = multiplexed ? Kind::Multiplexed : Kind::Single;
    host.proven = true;
    changed_ = true;
}

void StreamGate::leave(const QByteArray& name, quint64 fetch)
{
    Host& host = hosts_[name];
    changed_ = true;
    if (const auto waited = std::find(host.waiting.begin(), host.waiting.end(), fetch); waited != host.waiting.end()) {
        host.waiting.erase(waited);
        return;
    }
    --host.running;
    if (host.proven)
        return;
    // It failed: a dead host should not cost everybody a time limit of their own, one after the other.
    host.kind = host.running == 0 && host.waiting.empty() ? Kind::Unknown : Kind::Single;
}

std::vector<quint64> StreamGate::released()
{
    std::vector<quint64> free;
    if (!std::exchange(changed_, false))
        return free;
    for (Host& host : hosts_) {
        while (!host.waiting.empty() && host.running < limit(host)) {
            free.push_back(host.waiting.front());
            host.waiting.pop_front();
            ++host.running;
        }
    }
    return free;
}

void StreamGate::forget() { hosts_.clear(); }

} // namespace weir
