#pragma once
// HTTP as two functions: the headers of a request, and what a reply means. Pure but for the clock, which only Retry-After and
// the expiry times in links need. Every reply is hostile: nothing in it is believed that does not fit what was asked.

#include <weir/curl_fetcher.h>

namespace weir {

CurlProfile httpProfile();

/// The header lines of a request. `easy` is not used.
Headers prepareHttp(void* easy, const FetchRequest& request);
/// What the reply is, or why it can't be used. Errors: the Http category and BadContentEncoding.
Result<FetchHead> judgeHttp(int status, const Headers& reply, const QUrl& finalUrl, const FetchRequest& request);
Result<FetchHead> judgeHttpAt(std::chrono::system_clock::time_point now, int status, const Headers& reply, const QUrl& finalUrl,
    const FetchRequest& request);

/// The row for a status that is no success.
Code httpStatusCode(int status);

} // namespace weir
