#include "net/curl_errors.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace weir {
namespace {

Code codeOf(CurlFailure failure) { return curlErrorCode(failure).value_or(Code::Ok); }

// Names that curl.h keeps for numbers that libcurl does not return any more.
const std::set<int> kObsolete{20, 24, 29, 32, 40, 41, 44, 46, 50, 51, 57, 62, 75, 76};

TEST(CurlErrors, EveryCurlCodeIsMappedOnPurpose)
{
    for (int number = 1; number < CURL_LAST; ++number) {
        const auto code = curlErrorCode({.code = CURLcode(number)});
        EXPECT_EQ(code.has_value(), !kObsolete.contains(number)) << number << " " << curl_easy_strerror(CURLcode(number));
        EXPECT_NE(code, Code::Ok) << number;
    }
}

TEST(CurlErrors, OnlyOdditiesShareTheCatchAll)
{
    for (int number = 1; number < CURL_LAST; ++number) {
        const bool odd = number == CURLE_SSH || number == CURLE_AGAIN || number == CURLE_UNRECOVERABLE_POLL;
        EXPECT_EQ(curlErrorCode({.code = CURLcode(number)}) == Code::CurlError, odd) << number;
    }
}

TEST(CurlErrors, ConnectIsRefinedByErrno)
{
    const std::pair<int, Code> rows[]{{ECONNREFUSED, Code::ConnectRefused}, {ETIMEDOUT, Code::ConnectTimeout},
        {EHOSTUNREACH, Code::HostUnreachable}, {ENETUNREACH, Code::NetworkUnreachable}, {ENETDOWN, Code::NetworkDown},
        {EADDRNOTAVAIL, Code::AddressUnusable}, {EACCES, Code::PortBlocked}, {EPERM, Code::PortBlocked},
        {EMFILE, Code::SocketLimit}, {ECONNRESET, Code::ConnectionReset}, {0, Code::ConnectFailed}};
    for (const auto& [error, code] : rows) {
        EXPECT_EQ(codeOf({.code = CURLE_COULDNT_CONNECT, .osError = error}), code) << error;
        EXPECT_EQ(codeOf({.code = CURLE_COULDNT_CONNECT, .osError = error, .proxied = true}), Code::ProxyConnect);
    }
}

TEST(CurlErrors, TransferIsRefinedByErrnoAndText)
{
    EXPECT_EQ(codeOf({.code = CURLE_RECV_ERROR, .osError = ECONNRESET, .asking = true}), Code::ConnectionReset);
    EXPECT_EQ(codeOf({.code = CURLE_RECV_ERROR, .osError = ETIMEDOUT, .asking = true}), Code::Stalled);
    EXPECT_EQ(codeOf({.code = CURLE_RECV_ERROR, .asking = true}), Code::ReceiveFailed);
    EXPECT_EQ(codeOf({.code = CURLE_RECV_ERROR, .asking = true, .badChunk = true}), Code::BadChunk);
    EXPECT_EQ(codeOf({.code = CURLE_SEND_ERROR, .osError = EPIPE, .asking = true}), Code::ConnectionReset);
    EXPECT_EQ(codeOf({.code = CURLE_SEND_ERROR, .asking = true}), Code::SendFailed);
}

TEST(CurlErrors, TimeoutNamesItsPhase)
{
    EXPECT_EQ(codeOf({.code = CURLE_OPERATION_TIMEDOUT}), Code::DnsTimeout);
    EXPECT_EQ(codeOf({.code = CURLE_OPERATION_TIMEDOUT, .resolved = true}), Code::ConnectTimeout);
    EXPECT_EQ(codeOf({.code = CURLE_OPERATION_TIMEDOUT, .resolved = true, .asking = true}), Code::Stalled);
    EXPECT_EQ(codeOf({.code = CURLE_OPERATION_TIMEDOUT, .proxied = true}), Code::ProxyDns);
    EXPECT_EQ(codeOf({.code = CURLE_OPERATION_TIMEDOUT, .proxied = true, .resolved = true}), Code::ProxyConnect);
}

TEST(CurlErrors, ProtocolTroubleNamesItsPhase)
{
    EXPECT_EQ(codeOf({.code = CURLE_UNSUPPORTED_PROTOCOL}), Code::ProtocolUnsupported);
    EXPECT_EQ(codeOf({.code = CURLE_UNSUPPORTED_PROTOCOL, .redirects = 1}), Code::RedirectRefused);
    EXPECT_EQ(codeOf({.code = CURLE_UNSUPPORTED_PROTOCOL, .asking = true}), Code::WeirdReply);
    EXPECT_EQ(codeOf({.code = CURLE_URL_MALFORMAT}), Code::BadUrl);
    EXPECT_EQ(codeOf({.code = CURLE_URL_MALFORMAT, .redirects = 2}), Code::HttpRedirectBroken);
    EXPECT_EQ(codeOf({.code = CURLE_OUT_OF_MEMORY}), Code::OutOfMemory);
    EXPECT_EQ(codeOf({.code = CURLE_OUT_OF_MEMORY, .asking = true}), Code::HeadersTooLarge);
}

TEST(CurlErrors, CertificatesAreToldApart)
{
    const std::pair<int, Code> rows[]{{0, Code::CertHostMismatch}, {1, Code::CertHostMismatch}, {62, Code::CertHostMismatch},
        {9, Code::CertExpired}, {10, Code::CertExpired}, {23, Code::CertRevoked}, {3, Code::CertStatus},
        {18, Code::CertUntrusted}, {19, Code::CertUntrusted}, {20, Code::CertUntrusted}, {21, Code::CertUntrusted}};
    for (const auto& [verify, code] : rows)
        EXPECT_EQ(codeOf({.code = CURLE_PEER_FAILED_VERIFICATION, .verifyResult = verify}), code) << verify;
    EXPECT_EQ(codeOf({.code = CURLE_PEER_FAILED_VERIFICATION, .proxyVerifyResult = 18}), Code::ProxyHandshake);
}

TEST(CurlErrors, EveryProxyCodeIsOfTheProxyOrOfTheAddress)
{
    for (int number = 1; number < CURLPX_LAST; ++number) {
        const bool aboutTheHost = number == CURLPX_LONG_HOSTNAME || number == CURLPX_RESOLVE_HOST;
        EXPECT_EQ(errorRow(proxyErrorCode(number)).category == Category::Proxy, !aboutTheHost) << number;
    }
    EXPECT_EQ(proxyErrorCode(CURLPX_USER_REJECTED), Code::ProxyAuth);
    EXPECT_EQ(proxyErrorCode(CURLPX_REPLY_HOST_UNREACHABLE), Code::ProxyHostUnreachable);
    EXPECT_EQ(proxyErrorCode(CURLPX_REPLY_NETWORK_UNREACHABLE), Code::ProxyNetworkUnreachable);
    EXPECT_EQ(proxyErrorCode(CURLPX_REPLY_NOT_ALLOWED), Code::ProxyNotAllowed);
    EXPECT_EQ(proxyErrorCode(CURLPX_REPLY_COMMAND_NOT_SUPPORTED), Code::ProxyUnsupported);
    EXPECT_EQ(proxyErrorCode(CURLPX_REPLY_CONNECTION_REFUSED), Code::ProxyRefused);
    EXPECT_EQ(proxyErrorCode(CURLPX_CLOSED), Code::ProxyHandshake);
}

TEST(CurlErrors, RepliesToConnectNameTheProxysReason)
{
    const std::pair<int, Code> rows[]{{407, Code::ProxyAuth}, {403, Code::ProxyNotAllowed}, {502, Code::ProxyHostUnreachable},
        {504, Code::ProxyHostUnreachable}, {400, Code::ProxyRefused}};
    for (const auto& [status, code] : rows) {
        EXPECT_EQ(codeOf({.code = CURLE_RECV_ERROR, .proxyStatus = status, .proxied = true}), code) << status;
        EXPECT_EQ(codeOf({.code = CURLE_COULDNT_CONNECT, .proxyStatus = status, .proxied = true}), code) << status;
    }
}

} // namespace
} // namespace weir
