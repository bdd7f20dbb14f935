#pragma once
// What follows the end of a run: the retry column of the error table made into an event, a time and perhaps a hold on the
// volume. Pure.

#include "base/backoff.h"
#include "queue/lifecycle.h"

#include <weir/error.h>

namespace weir {

struct RunEnd {
    Error error; ///< Code::Ok: it ended well
    bool stopRequested = false;
    bool progressed = false; ///< more of the file is there than after any earlier run
    int attempts = 0;        ///< failures in a row before this one
    int atOnce = 0;          ///< of these, tried again at once
    int maxAttempts = 10;
    qint64 nowMs = 0;
};

enum class VolumeTrouble : quint8 { None, Full, ReadOnly, Gone };

struct Verdict {
    Event event = Event::Fail;
    int attempts = 0, atOnce = 0;
    qint64 notBefore = 0;                        ///< milliseconds since 1970; 0: at once
    VolumeTrouble trouble = VolumeTrouble::None; ///< hold the volume until that is over
    bool handOver = false;                       ///< Event::TryAgain with another adapter
};

Verdict judge(const RunEnd& end, const BackoffPolicy& backoff, const RandomSource& random);

VolumeTrouble volumeTrouble(Code code);
/// What the server has now can't be mixed with what is here: going on means from the beginning.
bool needsFreshStart(Code code);

} // namespace weir
