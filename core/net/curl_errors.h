#pragma once
// From libcurl's words to rows of the catalogue. inspect() looks at a handle on its shard's thread; the rest is pure.

#include <weir/result.h>

#include <optional>

#include <curl/curl.h>

namespace weir {

/// A failed transfer as far as its cause matters.
struct CurlFailure {
    CURLcode code = CURLE_OK;
    int osError = 0;                             ///< errno of the failed connect or transfer
    int proxyError = 0;                          ///< CURLproxycode
    int proxyStatus = 0;                         ///< of the reply to CONNECT
    int verifyResult = 0, proxyVerifyResult = 0; ///< X509_V_ERR_...
    int redirects = 0;
    bool proxied = false;
    bool resolved = false; ///< the name was known
    bool asking = false;   ///< the connection stood: the request was being sent or answered
    bool badChunk = false; ///< libcurl complained about the chunked coding
};

/// nullopt: the number is not in use (any more).
std::optional<Code> curlErrorCode(const CurlFailure& failure);
/// CURLPX_... of a talk with a SOCKS proxy.
Code proxyErrorCode(int proxyError);
/// X509_V_ERR_... of a certificate that was refused.
Code certificateErrorCode(int verifyResult);

/// `text` is libcurl's error buffer.
CurlFailure inspect(CURL* easy, CURLcode code, const char* text, bool proxied, bool asking);

} // namespace weir
