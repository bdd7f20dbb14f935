#pragma once
// A RangeFetcher over libcurl. All that differs between http, ftp, sftp ... is a CurlProfile: two plain functions.

#include <weir/fetch.h>

namespace weir {
class CurlEngine;
inline namespace abi1 {

struct CurlProfile {
    QStringList schemes;
    /// Sets what is particular to the scheme on a CURL*, the range among it, and returns the header lines of the request.
    /// Method, body, authentication, proxy, TLS, cookies and timeouts are set by the engine. Runs on a shard's thread; must not
    /// block.
    Headers (*prepare)(void* easy, const FetchRequest& request);
    /// Pure: what a reply means. `status` and `reply` are those of the last response; also called for ones that turn out to be
    /// followed by another (redirects, authentication), whose result is then not used. For protocols without header fields the
    /// engine adds what libcurl knows as Content-Length (from the range's begin to the end) and Last-Modified.
    Result<FetchHead> (*judge)(int status, const Headers& reply, const QUrl& finalUrl, const FetchRequest& request);
    /// Pure, may be null: a better reason for a failed transfer than that of its CURLcode alone.
    std::optional<Code> (*explain)(int curlCode, const Headers& reply, const FetchRequest& request) = nullptr;
    /// libcurl waits inside its calls for the last words of such a server: its fetches get threads that no others use.
    bool holdsThread = false;
    /// Pure, may be null: FTP commands right before the one that starts the transfer. One that begins with '*' may be refused.
    QByteArrayList (*commands)(const FetchRequest& request) = nullptr;
};

std::unique_ptr<RangeFetcher> makeCurlFetcher(CurlEngine& engine, CurlProfile profile);
/// With an engine of its own, for programs that work without the daemon. Outlives its fetches.
std::unique_ptr<RangeFetcher> makeCurlFetcher(CurlProfile profile);
/// What ProtocolAdapter::configureProxy() of an adapter over libcurl does. Main thread.
void setCurlProxy(CurlEngine& engine, const ProxyConfig& proxy);

} // namespace abi1
} // namespace weir
