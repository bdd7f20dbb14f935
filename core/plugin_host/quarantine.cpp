#include "plugin_host/quarantine.h"

#include <algorithm>

namespace weir {

Blame blame(const std::vector<CrashSuspect>& suspects, const std::vector<StrikeRecord>& past, qint64 nowMs)
{
    Blame result;
    for (const CrashSuspect& suspect : suspects) {
        const auto same = [&](const StrikeRecord& strike) { return strike.plugin == suspect.plugin; };
        if (suspect.plugin.isEmpty() || std::any_of(result.strikes.begin(), result.strikes.end(), same))
            continue;
        result.strikes.push_back({.plugin = suspect.plugin, .task = suspect.task, .at = nowMs});
        const auto recent = std::count_if(past.begin(), past.end(), [&](const StrikeRecord& strike) {
            return same(strike) && strike.at > nowMs - kStrikeWindowMs && strike.at <= nowMs;
        });
        if (recent + 1 >= kStrikesUntilQuarantine)
            result.quarantine.append(suspect.plugin);
    }
    return result;
}

} // namespace weir
