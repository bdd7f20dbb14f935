#pragma once
// Whether the user is busy with the network now: how many pages each browser loads, how many play. Numbers only, never
// addresses; gone with the session that told them. Main thread.

#include <algorithm>
#include <map>

namespace weir {

class Session;

class Foreground {
public:
    struct Counts {
        int pages = 0, playing = 0;
    };
    static constexpr int kMost = 10'000;

    void set(const Session* session, Counts counts) { bySession_[session] = counts; }
    bool knows(const Session* session) const { return bySession_.contains(session); }
    void drop(const Session* session) { bySession_.erase(session); }
    Counts total() const
    {
        Counts sum;
        for (const auto& [session, counts] : bySession_) {
            sum.pages += counts.pages;
            sum.playing += counts.playing;
        }
        return sum;
    }

private:
    std::map<const Session*, Counts> bySession_;
};

} // namespace weir
