#pragma once
// Holds the check of what lies on the disk back to a rate (bt.checkRate): libtorrent has no limit for it, so it is paused while
// it is ahead. The task's thread.

#include <weir/clock.h>

#include <QtGlobal>

#include <libtorrent/torrent_handle.hpp>

#include <optional>

namespace weir {

class CheckThrottle {
public:
    /// A rate of 0: no limit. When it is to be called again; nullopt: no check is held back.
    std::optional<std::chrono::milliseconds> step(const lt::torrent_handle& torrent, qint64 bytesPerSecond, TimePoint now);

private:
    struct Stretch {
        qint64 rate = 0, from = 0;
        TimePoint begin;
    };
    std::optional<Stretch> stretch_; ///< of one rate
    bool held_ = false;
};

/// When `bytes` may have been read at that rate.
TimePoint dueAt(qint64 bytes, qint64 bytesPerSecond, TimePoint begin);

} // namespace weir
