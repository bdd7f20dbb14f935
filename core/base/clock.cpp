#include <weir/clock.h>

namespace weir {
inline namespace abi1 {

namespace {

class SteadyClock final : public Clock {
public:
    TimePoint now() const override { return std::chrono::steady_clock::now(); }
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, std::stop_token stop, TimePoint until,
        const std::function<bool()>& ready) override
    {
        return changed.wait_until(lock, std::move(stop), until, ready);
    }
};

} // namespace

Clock& steadyClock()
{
    // Never destroyed: threads that ended late may still ask it.
    static auto* const clock = new SteadyClock;
    return *clock;
}

} // namespace abi1
} // namespace weir
