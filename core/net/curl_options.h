#pragma once
// A FetchRequest as options of a libcurl handle. Shard's thread. Nothing here keeps state but the handle and what it points to:
// the order must outlive the transfer, since libcurl does not copy the body.

#include "net/curl_engine.h"

#include <curl/curl.h>

namespace weir {

/// One fetch as the engine passes it to a shard.
struct CurlOrder {
    quint64 id = 0;
    CurlProfile profile;
    FetchRequest request; ///< its context is never null
    FetchSink* sink = nullptr;
    std::function<void(FetchDone)> done;
    std::shared_ptr<const CurlEngine::Config> config;
};

struct SlistFree {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, SlistFree>;

/// The proxy that this order uses; an empty URL: none.
const ProxyConfig& proxyOf(const CurlOrder& order);
/// What libcurl only borrows: it must live as long as the transfer.
struct CurlLists {
    CurlList headers, commands;
};
/// Errors: BadUrl, SchemeNotAllowed, BadProxy, BadHeader, RangeUnsatisfiable, CurlBadOption.
Result<void> applyOptions(CURL* easy, const CurlOrder& order, CurlLists& lists);
/// After a reply from an encrypted address: no way back to a plain one.
void refuseDowngrade(CURL* easy);

/// For messages: without user, password, query and fragment.
QString displayUrl(const QUrl& url);

} // namespace weir
