#include "interrupts.h"

#include <atomic>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace weir {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
// A handler has no argument for this.
std::atomic<int> pipeEnd{-1};

void onSignal(int number)
{
    const int saved = errno;
    const char byte = char(number);
    if (const int end = pipeEnd.load(); end >= 0)
        (void)!::write(end, &byte, 1);
    errno = saved;
}

} // namespace

Interrupts::Interrupts()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
        read_ = ends[0];
        write_ = ends[1];
        pipeEnd = write_;
    }
    struct sigaction action = {};
    action.sa_handler = onSignal;
    for (int i = 0; i < 4; ++i)
        ::sigaction(kSignals[i], &action, &before_[i]);
}

Interrupts::~Interrupts()
{
    for (int i = 0; i < 4; ++i)
        ::sigaction(kSignals[i], &before_[i], nullptr);
    pipeEnd = -1;
    ::close(read_);
    ::close(write_);
}

int Interrupts::take()
{
    char byte = 0;
    while (::read(read_, &byte, 1) == 1) {
        if (byte != SIGWINCH)
            return byte;
    }
    return 0;
}

} // namespace weir
