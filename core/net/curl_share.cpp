#include "net/curl_share.h"

namespace weir {

CurlShare::CurlShare()
{
    curl_global_init(CURL_GLOBAL_DEFAULT); // counted and thread-safe; never undone, since resolver threads may outlive us
    share_ = curl_share_init();
    curl_share_setopt(share_, CURLSHOPT_LOCKFUNC, &CurlShare::lock);
    curl_share_setopt(share_, CURLSHOPT_UNLOCKFUNC, &CurlShare::unlock);
    curl_share_setopt(share_, CURLSHOPT_USERDATA, this);
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_PSL);
}

CurlShare::~CurlShare() { curl_share_cleanup(share_); }

void CurlShare::lock(CURL*, curl_lock_data data, curl_lock_access, void* self)
{
    static_cast<CurlShare*>(self)->mutexes_[std::size_t(data)].lock();
}

void CurlShare::unlock(CURL*, curl_lock_data data, void* self)
{
    static_cast<CurlShare*>(self)->mutexes_[std::size_t(data)].unlock();
}

} // namespace weir
