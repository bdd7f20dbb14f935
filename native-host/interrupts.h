#pragma once
// Signals as bytes of a pipe, so that a loop that polls sees them: SIGINT, SIGTERM, SIGHUP, SIGWINCH. One object at a time; the
// old behaviour comes back when it goes. SIGPIPE is ignored for the whole program.

#include <signal.h>

namespace weir {

class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    int descriptor() const { return read_; }
    /// The next signal that asks us to stop; 0: none.
    int take();

private:
    int read_ = -1, write_ = -1;
    struct sigaction before_[4] = {};
};

} // namespace weir
