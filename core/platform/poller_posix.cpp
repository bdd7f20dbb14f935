#include "platform/poller.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace weir {

namespace {

constexpr std::size_t kBatch = 128;

// The socket and its owner travel through the kernel in the 64 bits that epoll carries.
epoll_data_t pack(int socket, quint32 owner)
{
    epoll_data_t data{};
    data.u64 = (quint64(owner) << 32) | quint32(socket);
    return data;
}

} // namespace

Result<std::unique_ptr<Poller>> Poller::create()
{
    const int poll = epoll_create1(EPOLL_CLOEXEC);
    const int wakeUp = poll < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wakeUp < 0) {
        const int cause = errno;
        if (poll >= 0)
            close(poll);
        return failure(
            Code::SocketLimit, QStringLiteral("create a poll set: %1").arg(QString::fromLocal8Bit(strerror(cause))), cause);
    }
    return std::unique_ptr<Poller>(new Poller(poll, wakeUp));
}

Poller::Poller(int poll, int wakeUp) : poll_(poll), wakeUp_(wakeUp)
{
    events_.reserve(kBatch);
    watch(wakeUp_, 0, true, false);
}

Poller::~Poller()
{
    close(wakeUp_);
    close(poll_);
}

void Poller::watch(int socket, quint32 owner, bool read, bool write)
{
    epoll_event event{};
    event.events = (read ? quint32(EPOLLIN) : 0U) | (write ? quint32(EPOLLOUT) : 0U);
    event.data = pack(socket, owner);
    // A descriptor number may have been closed and given out again without a word to us.
    if (epoll_ctl(poll_, EPOLL_CTL_MOD, socket, &event) != 0 && errno == ENOENT)
        epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
}

void Poller::forget(int socket)
{
    epoll_event ignored{};
    epoll_ctl(poll_, EPOLL_CTL_DEL, socket, &ignored);
}

std::span<const Poller::Event> Poller::wait(std::chrono::milliseconds atMost)
{
    return waitMs(int(std::clamp<qint64>(atMost.count(), 0, INT_MAX)));
}

std::span<const Poller::Event> Poller::wait() { return waitMs(-1); }

std::span<const Poller::Event> Poller::waitMs(int milliseconds)
{
    events_.clear();
    std::array<epoll_event, kBatch> ready;
    const int count = epoll_wait(poll_, ready.data(), int(ready.size()), milliseconds);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = ready[std::size_t(i)];
        const int socket = int(quint32(event.data.u64));
        if (socket == wakeUp_) {
            eventfd_t ignored;
            eventfd_read(wakeUp_, &ignored);
            continue;
        }
        events_.push_back({socket, quint32(event.data.u64 >> 32), (event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0,
            (event.events & (EPOLLERR | EPOLLHUP)) != 0});
    }
    return events_;
}

void Poller::wake() { eventfd_write(wakeUp_, 1); }

void becomeServiceThread(const char* name)
{
    pthread_setname_np(pthread_self(), name);
    // OpenSSL writes without MSG_NOSIGNAL: blocked here, a broken pipe is only an error code.
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
        sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

} // namespace weir
