#pragma once
// What all shards have in common: answers of name servers and TLS sessions. Connections are not shared: libcurl can't do that
// between threads. The engine owns it; it outlives every transfer.

#include <array>
#include <mutex>

#include <curl/curl.h>

namespace weir {

class CurlShare {
public:
    CurlShare();
    ~CurlShare();
    CurlShare(const CurlShare&) = delete;
    CurlShare& operator=(const CurlShare&) = delete;

    CURLSH* handle() const { return share_; }

private:
    static void lock(CURL*, curl_lock_data data, curl_lock_access, void* self);
    static void unlock(CURL*, curl_lock_data data, void* self);

    CURLSH* share_;
    std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
};

} // namespace weir
