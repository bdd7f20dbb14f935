#include "unit/net/named_hosts.h"

#include <condition_variable>
#include <mutex>
#include <string_view>

#include <dlfcn.h>
#include <netdb.h>

namespace {

std::mutex mutex;
std::condition_variable changed;
int holders = 0, asking = 0;

} // namespace

// Found before libc's by libcurl, since a program's own symbols come first.
extern "C" __attribute__((visibility("default"))) int getaddrinfo(
    const char* node, const char* service, const addrinfo* hints, addrinfo** result)
{
    const std::string_view name(node ? node : "");
    if (name.ends_with("slow.test")) {
        std::unique_lock lock(mutex);
        ++asking;
        changed.notify_all();
        changed.wait(lock, [] { return holders == 0; });
        --asking;
    }
    static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(name.ends_with(".test") ? "127.0.0.1" : node, service, hints, result);
}

namespace weir::test {

HeldNames::HeldNames()
{
    const std::lock_guard lock(mutex);
    ++holders;
}

HeldNames::~HeldNames()
{
    const std::lock_guard lock(mutex);
    --holders;
    changed.notify_all();
}

void HeldNames::waitUntilAsked()
{
    std::unique_lock lock(mutex);
    changed.wait(lock, [] { return asking > 0; });
}

} // namespace weir::test
