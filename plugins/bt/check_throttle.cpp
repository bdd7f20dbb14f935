#include "bt/check_throttle.h"

#include <libtorrent/torrent_status.hpp>

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;

TimePoint dueAt(qint64 bytes, qint64 bytesPerSecond, TimePoint begin)
{
    return begin + std::chrono::microseconds(qint64(double(bytes) / double(bytesPerSecond) * 1e6));
}

std::optional<std::chrono::milliseconds> CheckThrottle::step(
    const lt::torrent_handle& torrent, qint64 bytesPerSecond, TimePoint now)
{
    if (!torrent.is_valid() || (bytesPerSecond <= 0 && !held_))
        return std::nullopt;
    const lt::torrent_status status = torrent.status({});
    const bool checks = status.state == lt::torrent_status::checking_files && bytesPerSecond > 0;
    TimePoint due = now;
    if (checks) {
        const qint64 at = qint64(double(status.total) * status.progress_ppm / 1e6);
        if (!stretch_ || stretch_->rate != bytesPerSecond)
            stretch_ = Stretch{bytesPerSecond, at, now};
        due = dueAt(at - stretch_->from, bytesPerSecond, stretch_->begin);
    }
    const bool ahead = now < due;
    if (ahead && !held_)
        torrent.pause();
    else if (!ahead && held_)
        torrent.resume();
    held_ = ahead;
    if (!checks)
        return std::nullopt;
    // A disk reads megabytes in a millisecond; the rate may be another one soon.
    return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(due - now), 2ms, 100ms);
}

} // namespace weir
