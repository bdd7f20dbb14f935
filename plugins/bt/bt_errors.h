#pragma once
// libtorrent's error codes as ours. Pure; any thread.

#include <weir/result.h>

#include <libtorrent/error_code.hpp>

namespace weir {

/// `doing`: which file or address, and what was tried.
Error torrentError(const lt::error_code& error, const QString& doing = {});

} // namespace weir
