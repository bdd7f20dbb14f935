#include "bt/check_throttle.h"

#include <libtorrent/torrent_status.hpp>

namespace weir {

TimePoint dueAt(qint64 bytes, qint64 bytesPerSecond, TimePoint begin)
{
    return begin + std::chrono::microseconds(qint64(double(bytes) / double(bytesPerSecond) * 1e6));
}

bool CheckThrottle::step(const lt::torrent_handle& torrent, qint64 bytesPerSecond, TimePoint now)
{
    if (!torrent.is_valid() || (bytesPerSecond <= 0 && !held_))
        return false;
    const lt::torrent_status status = torrent.status({});
    const bool checks = status.state == lt::torrent_status::checking_files && bytesPerSecond > 0;
    bool ahead = false;
    if (checks) {
        const qint64 at = qint64(double(status.total) * status.progress_ppm / 1e6);
        if (!stretch_ || stretch_->rate != bytesPerSecond)
            stretch_ = Stretch{bytesPerSecond, at, now};
        ahead = now < dueAt(at - stretch_->from, bytesPerSecond, stretch_->begin);
    }
    if (ahead && !held_)
        torrent.pause();
    else if (!ahead && held_)
        torrent.resume();
    held_ = ahead;
    return checks;
}

} // namespace weir
