#include "config/settings_watch.h"

namespace weir {

SettingsWatch::SettingsWatch(Settings& settings, std::function<void(const Error&)> failed)
    : watch_(settings.userFile(), [&settings, failed = std::move(failed)] {
          if (auto ok = settings.reload(); !ok && failed)
              failed(ok.error());
      })
{}

} // namespace weir
