#pragma once
// Which state may follow which: a table, states x events. Pure.

#include "ledger/records.h"

namespace weir {

enum class Event : quint8 {
    Start,    ///< plan() chose it
    Stopped,  ///< run() ended with Cancelled: hold, shutdown
    TryAgain, ///< failed with Retry::Later, or a hold will tell when
    Ask,      ///< run() wants a choice
    Chosen,   ///< the user chose
    Share,    ///< complete() was called and the run goes on or has detached
    Finish,   ///< run() ended well and its files have their names
    Fail,     ///< failed for good
    Restart,  ///< the user wants it from the beginning, or again
};

/// Nothing: that event makes no sense in that state and changes nothing.
std::optional<State> next(State state, Event event);

const char* toString(State state); ///< "waiting" ... as in the JSON of interface.md
std::optional<State> stateFrom(QStringView text);

} // namespace weir
