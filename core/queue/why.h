#pragma once
// Why a task stands still, or is slow: one sentence, and the parts. Pure.

#include "ledger/records.h"

#include <weir/context.h>
#include <weir/error.h>

namespace weir {

struct WhyFacts {
    State state = State::Waiting;
    std::vector<HoldRecord> holds;
    Error error{Code::Ok, {}}; ///< the last one
    int attempts = 0;
    qint64 notBefore = 0, now = 0; ///< milliseconds since 1970
    qint64 hostNotBefore = 0;
    QString host;
    bool started = true; ///< the queue has begun to start tasks
    bool hostFull = false, programFull = false;
    int ahead = 0;        ///< waiting tasks that come first
    bool hanging = false; ///< an earlier run has not stopped yet
    bool stopping = false, finishing = false;
    QString moving; ///< that its files get to another folder, in a sentence; empty: they don't
    qint64 rateDown = 0, ownLimit = 0, totalLimit = 0;
    Activity activity;
};

/// {"sentence", "parts": [{"what", "text"}]}; the sentence is that of the first part.
QJsonObject explainWhy(const WhyFacts& facts);

/// "16:45:03", or with the date when it is not today.
QString clockTime(qint64 ms, qint64 now);

} // namespace weir
