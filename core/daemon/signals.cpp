#include "daemon/signals.h"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace weir {

namespace {

std::atomic<int> pipeEnd{-1};

extern "C" void noteSignal(int number)
{
    const int saved = errno;
    const char byte = char(number);
    // A full pipe has told enough already.
    [[maybe_unused]] const auto written = ::write(pipeEnd.load(std::memory_order_relaxed), &byte, 1);
    errno = saved;
}

} // namespace

SignalWatch::SignalWatch(std::initializer_list<int> signalNumbers, std::function<void(int)> arrived)
    : signals_(signalNumbers),
      arrived_(std::move(arrived))
{
    if (::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0)
        qFatal("no pipe for signals: errno %d", errno);
    pipeEnd = pipe_[1];
    notifier_ = std::make_unique<QSocketNotifier>(pipe_[0], QSocketNotifier::Read);
    QObject::connect(notifier_.get(), &QSocketNotifier::activated, notifier_.get(), [this] { read(); });
    struct sigaction action = {};
    action.sa_handler = noteSignal;
    action.sa_flags = SA_RESTART;
    for (const int number : signals_)
        ::sigaction(number, &action, nullptr);
}

SignalWatch::~SignalWatch()
{
    for (const int number : signals_)
        std::signal(number, SIG_DFL);
    notifier_.reset();
    pipeEnd = -1;
    ::close(pipe_[0]);
    ::close(pipe_[1]);
}

void SignalWatch::read()
{
    char bytes[16];
    const auto count = ::read(pipe_[0], bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; ++i)
        arrived_(bytes[i]);
}

} // namespace weir
