#pragma once
// Who is blamed when the daemon died, and what follows. Pure; the daemon asks at start, with what the black box kept.

#include "ledger/records.h"

#include <QStringList>

namespace weir {

constexpr int kCrashesUntilTaskFails = 2;
constexpr int kStrikesUntilQuarantine = 3;
constexpr qint64 kStrikeWindowMs = 24 * 3'600 * 1'000;

/// A task that was in a plugin's code when the daemon died.
struct CrashSuspect {
    TaskId task = 0;
    QString plugin;
};

struct Blame {
    std::vector<StrikeRecord> strikes; ///< to be added: one for each plugin, however many of its tasks ran
    QStringList quarantine;            ///< plugins that have had enough strikes within a day
};

/// `past`: the strikes that the store knows. A death that was nobody's fault (killed, power cut) must not be brought here.
Blame blame(const std::vector<CrashSuspect>& suspects, const std::vector<StrikeRecord>& past, qint64 nowMs);

/// A task that was running at so many deaths is not started again by itself.
constexpr bool taskHasCrashedOut(int crashes) { return crashes >= kCrashesUntilTaskFails; }

} // namespace weir
