// Only under the thread sanitizer. Qt starts programs by a vfork, whose child shares the memory of this process. The
// sanitizer's own clone() takes it for a fork and marks its state as that of the child: from then on it sees no lock of the
// calling thread, and what it reports is wrong. This clone() comes first, and forks in full.

#ifdef __SANITIZE_THREAD__

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>

extern "C" [[gnu::visibility("default")]] int clone(int (*run)(void*), void*, int flags, void* argument, ...)
{
    va_list more;
    va_start(more, argument);
    auto* const parentTid = va_arg(more, pid_t*); // or the place for a descriptor of the process
    va_end(more);
    const long child = ::syscall(SYS_clone, flags & ~(CLONE_VM | CLONE_VFORK), nullptr, parentTid, nullptr, nullptr);
    if (child == 0)
        ::_exit(run(argument));
    return int(child);
}

#endif
