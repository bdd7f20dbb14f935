#pragma once
// Reads the user's settings file again after somebody has changed it. Main thread, needs its event loop; the daemon owns one,
// and the Settings live longer.

#include "config/file_watch.h"
#include "config/settings.h"

namespace weir {

class SettingsWatch {
public:
    /// `failed` is told why a changed file was not taken; the old values are in force then. The file's folder must exist.
    SettingsWatch(Settings& settings, std::function<void(const Error&)> failed);

private:
    FileWatch watch_;
};

} // namespace weir
