#pragma once
// What an error of one fetch means for the source and the task: a pure decision.

#include <weir/result.h>

namespace weir {

enum class Consequence : quint8 {
    FailTask,         ///< disk, certificates, a changed file ...: no other source or later moment helps within this run
    DropSource,       ///< never ask it again in this run
    WithoutCondition, ///< ask once more without If-Range, and prove the bytes by a sample
    WholeOnly,        ///< it can't give parts
    Busy,             ///< fewer connections, later
    Again,            ///< after a back-off
    NoMoreLanes,      ///< refused beside one that runs: keep what runs
};

struct FetchCircumstances {
    bool primary = true; ///< the source that the identity came from
    bool onlySource = true;
    bool conditional = false;   ///< the request carried If-Range
    bool othersRunning = false; ///< other lanes of this source deliver
};

Consequence consequence(const Error& error, const FetchCircumstances& circumstances);

} // namespace weir
