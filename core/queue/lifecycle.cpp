#include "queue/lifecycle.h"

#include <array>

namespace weir {

namespace {

constexpr int kStates = 6;
constexpr int kEvents = 9;
using Cell = std::optional<State>;
constexpr Cell kNo = std::nullopt;

// Rows: states in the order of State; columns: events in the order of Event.
// Waiting may Finish: what a crash left between rename and Done row, or a part that the user takes as it is.
constexpr std::array<std::array<Cell, kEvents>, kStates> kTable{{
    // Start           Stopped         TryAgain        Ask              Chosen          Share           Finish        Fail
    // Restart
    {State::Running, kNo, kNo, kNo, kNo, kNo, State::Done, State::Failed, State::Waiting},                        // Waiting
    {kNo, State::Waiting, State::Waiting, State::Choosing, kNo, State::Sharing, State::Done, State::Failed, kNo}, // Running
    {kNo, State::Waiting, State::Waiting, kNo, kNo, kNo, State::Done, State::Failed, kNo},                        // Sharing
    {kNo, kNo, kNo, kNo, State::Waiting, kNo, kNo, State::Failed, State::Waiting},                                // Choosing
    {kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, State::Waiting},                                                     // Done
    {kNo, kNo, kNo, kNo, kNo, kNo, State::Done, kNo, State::Waiting},                                             // Failed
}};

constexpr std::array<const char*, kStates> kNames{"waiting", "running", "sharing", "choosing", "done", "failed"};

} // namespace

std::optional<State> next(State state, Event event) { return kTable[std::size_t(state)][std::size_t(event)]; }

const char* toString(State state) { return kNames[std::size_t(state)]; }

std::optional<State> stateFrom(QStringView text)
{
    for (int i = 0; i < kStates; ++i)
        if (text == QLatin1String(kNames[std::size_t(i)]))
            return State(i);
    return std::nullopt;
}

} // namespace weir
