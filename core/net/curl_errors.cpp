#include "net/curl_errors.h"

#include <cerrno>
#include <cstring>

namespace weir {

namespace {

// openssl/x509_vfy.h; libcurl passes these numbers through.
enum X509 {
    Unspecified = 1,
    UnableToGetCrl = 3,
    NotYetValid = 9,
    Expired = 10,
    CrlNotYetValid = 11,
    CrlExpired = 12,
    Revoked = 23,
    HostnameMismatch = 62,
    EmailMismatch = 63,
    AddressMismatch = 64
};

Code connectErrorCode(int osError)
{
    switch (osError) {
    case ECONNREFUSED: return Code::ConnectRefused;
    case ETIMEDOUT: return Code::ConnectTimeout;
    case EHOSTUNREACH: return Code::HostUnreachable;
    case ENETUNREACH: return Code::NetworkUnreachable;
    case ENETDOWN: return Code::NetworkDown;
    case EADDRNOTAVAIL: return Code::AddressUnusable;
    case EACCES:
    case EPERM: return Code::PortBlocked;
    case EMFILE:
    case ENFILE: return Code::SocketLimit;
    case ECONNRESET: return Code::ConnectionReset;
    default: return Code::ConnectFailed;
    }
}

Code transferErrorCode(int osError, Code otherwise)
{
    switch (osError) {
    case ECONNRESET:
    case EPIPE: return Code::ConnectionReset;
    case ETIMEDOUT: return Code::Stalled;
    case EHOSTUNREACH: return Code::HostUnreachable;
    case ENETUNREACH: return Code::NetworkUnreachable;
    case ENETDOWN: return Code::NetworkDown;
    default: return otherwise;
    }
}

/// A proxy's answer to CONNECT.
std::optional<Code> connectReplyCode(const CurlFailure& failure)
{
    if (failure.asking || failure.proxyStatus < 300)
        return std::nullopt;
    switch (failure.proxyStatus) {
    case 407: return Code::ProxyAuth;
    case 403:
    case 405: return Code::ProxyNotAllowed;
    case 500:
    case 502:
    case 503:
    case 504: return Code::ProxyHostUnreachable;
    default: return Code::ProxyRefused;
    }
}

Code timeoutCode(const CurlFailure& failure)
{
    if (failure.asking)
        return Code::Stalled;
    if (failure.proxied)
        return failure.resolved ? Code::ProxyConnect : Code::ProxyDns;
    return failure.resolved ? Code::ConnectTimeout : Code::DnsTimeout;
}

Code peerVerificationCode(const CurlFailure& failure)
{
    if (failure.proxyVerifyResult != 0)
        return Code::ProxyHandshake;
    return certificateErrorCode(failure.verifyResult);
}

// What depends on when and where it happened.
std::optional<Code> contextCode(const CurlFailure& failure)
{
    switch (failure.code) {
    case CURLE_UNSUPPORTED_PROTOCOL: // also said of a redirect that is not allowed and of HTTP/0.9
        if (failure.asking)
            return Code::WeirdReply;
        return failure.redirects > 0 ? Code::RedirectRefused : Code::ProtocolUnsupported;
    case CURLE_URL_MALFORMAT: return failure.redirects > 0 ? Code::HttpRedirectBroken : Code::BadUrl;
    case CURLE_COULDNT_CONNECT:
        if (const auto said = connectReplyCode(failure))
            return said;
        return failure.proxied ? Code::ProxyConnect : connectErrorCode(failure.osError);
    case CURLE_COULDNT_RESOLVE_HOST: // of a SOCKS proxy as well
        return failure.proxied ? Code::ProxyDns : Code::DnsFailed;
    case CURLE_OPERATION_TIMEDOUT: return timeoutCode(failure);
    case CURLE_OUT_OF_MEMORY: // also said of one header line above 100 KiB
        return failure.asking ? Code::HeadersTooLarge : Code::OutOfMemory;
    case CURLE_SEND_ERROR: return transferErrorCode(failure.osError, Code::SendFailed);
    case CURLE_RECV_ERROR:
        if (const auto said = connectReplyCode(failure))
            return said;
        if (failure.badChunk)
            return Code::BadChunk;
        return transferErrorCode(failure.osError, Code::ReceiveFailed);
    case CURLE_PEER_FAILED_VERIFICATION: return peerVerificationCode(failure);
    case CURLE_PROXY: return proxyErrorCode(failure.proxyError);
    case CURLE_SSL_CONNECT_ERROR: return failure.proxyVerifyResult != 0 ? Code::ProxyHandshake : Code::TlsHandshake;
    default: return std::nullopt;
    }
}

} // namespace

Code certificateErrorCode(int verifyResult)
{
    switch (verifyResult) {
    case 0:
    case Unspecified: // libcurl compares the name itself, before it fetches OpenSSL's verdict on a chain that is fine
    case HostnameMismatch:
    case EmailMismatch:
    case AddressMismatch: return Code::CertHostMismatch;
    case NotYetValid:
    case Expired: return Code::CertExpired;
    case Revoked: return Code::CertRevoked;
    case UnableToGetCrl:
    case CrlNotYetValid:
    case CrlExpired: return Code::CertStatus;
    default: return Code::CertUntrusted;
    }
}

Code proxyErrorCode(int proxyError)
{
    switch (CURLproxycode(proxyError)) {
    case CURLPX_BAD_ADDRESS_TYPE:
    case CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED:
    case CURLPX_REPLY_COMMAND_NOT_SUPPORTED: return Code::ProxyUnsupported;
    case CURLPX_GSSAPI:
    case CURLPX_GSSAPI_PERMSG:
    case CURLPX_GSSAPI_PROTECTION:
    case CURLPX_LONG_PASSWD:
    case CURLPX_LONG_USER:
    case CURLPX_NO_AUTH:
    case CURLPX_USER_REJECTED: return Code::ProxyAuth;
    case CURLPX_IDENTD:
    case CURLPX_IDENTD_DIFFER:
    case CURLPX_REPLY_NOT_ALLOWED: return Code::ProxyNotAllowed;
    case CURLPX_LONG_HOSTNAME: return Code::BadUrl;
    case CURLPX_REPLY_CONNECTION_REFUSED:
    case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
    case CURLPX_REQUEST_FAILED: return Code::ProxyRefused;
    case CURLPX_REPLY_HOST_UNREACHABLE:
    case CURLPX_REPLY_TTL_EXPIRED: return Code::ProxyHostUnreachable;
    case CURLPX_REPLY_NETWORK_UNREACHABLE: return Code::ProxyNetworkUnreachable;
    case CURLPX_RESOLVE_HOST: return Code::DnsFailed; // socks4 and socks5 resolve here, not at the proxy
    default: return Code::ProxyHandshake;
    }
}

std::optional<Code> curlErrorCode(const CurlFailure& failure)
{
    if (const auto code = contextCode(failure))
        return code;
    switch (failure.code) {
    case CURLE_FAILED_INIT: return Code::CurlInit;
    case CURLE_NOT_BUILT_IN:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_SETOPT_OPTION_SYNTAX: return Code::CurlBadOption;
    case CURLE_COULDNT_RESOLVE_PROXY: return Code::ProxyDns;
    case CURLE_FTP_CANT_GET_HOST: return Code::DnsFailed;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_FTP_WEIRD_PASS_REPLY:
    case CURLE_FTP_WEIRD_PASV_REPLY:
    case CURLE_FTP_WEIRD_227_FORMAT:
    case CURLE_FTP_COULDNT_SET_TYPE:
    case CURLE_FTP_PRET_FAILED:
    case CURLE_FTP_BAD_FILE_LIST:
    case CURLE_TFTP_ILLEGAL:
    case CURLE_TFTP_UNKNOWNID:
    case CURLE_RTSP_CSEQ_ERROR:
    case CURLE_RTSP_SESSION_ERROR:
    case CURLE_LDAP_SEARCH_FAILED: return Code::WeirdReply;
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_QUOTE_ERROR:
    case CURLE_TFTP_PERM:
    case CURLE_REMOTE_FILE_EXISTS: return Code::RemoteAccessDenied;
    case CURLE_FTP_ACCEPT_FAILED:
    case CURLE_FTP_PORT_FAILED: return Code::ConnectFailed;
    case CURLE_FTP_ACCEPT_TIMEOUT: return Code::ConnectTimeout;
    case CURLE_HTTP2: return Code::Http2Framing;
    case CURLE_HTTP2_STREAM: return Code::Http2Stream;
    case CURLE_HTTP3:
    case CURLE_QUIC_CONNECT_ERROR: return Code::QuicFailed;
    case CURLE_PARTIAL_FILE: return Code::ConnectionClosed;
    case CURLE_GOT_NOTHING: return Code::EmptyReply;
    case CURLE_FTP_COULDNT_RETR_FILE:
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_FILE_COULDNT_READ_FILE:
    case CURLE_TFTP_NOTFOUND: return Code::RemoteFileMissing;
    case CURLE_HTTP_RETURNED_ERROR: return Code::HttpStatusUnknown;
    case CURLE_UPLOAD_FAILED: return Code::SendFailed;
    case CURLE_FTP_COULDNT_USE_REST:
    case CURLE_RANGE_ERROR:
    case CURLE_BAD_DOWNLOAD_RESUME: return Code::RangeUnsatisfiable;
    case CURLE_LDAP_CANNOT_BIND:
    case CURLE_LOGIN_DENIED:
    case CURLE_TFTP_NOSUCHUSER:
    case CURLE_AUTH_ERROR: return Code::LoginRefused;
    case CURLE_ABORTED_BY_CALLBACK: return Code::Cancelled;
    case CURLE_WRITE_ERROR: // our callbacks give their own reason before they refuse, so these are mistakes here
    case CURLE_READ_ERROR:
    case CURLE_HTTP_POST_ERROR:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_CHUNK_FAILED:
    case CURLE_RECURSIVE_API_CALL: return Code::Internal;
    case CURLE_INTERFACE_FAILED: return Code::AddressUnusable;
    case CURLE_TOO_MANY_REDIRECTS: return Code::RedirectLoop;
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED: return Code::TlsEngine;
    case CURLE_SSL_CERTPROBLEM: return Code::ClientCertBad;
    case CURLE_SSL_CLIENTCERT: return Code::ClientCertWanted;
    case CURLE_SSL_CIPHER: return Code::TlsCipher;
    case CURLE_SSL_CACERT_BADFILE: return Code::CaFileBad;
    case CURLE_SSL_SHUTDOWN_FAILED: return Code::TlsShutdown;
    case CURLE_SSL_CRL_BADFILE: return Code::CrlFileBad;
    case CURLE_SSL_ISSUER_ERROR: return Code::CertUntrusted;
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH: return Code::CertPinned;
    case CURLE_SSL_INVALIDCERTSTATUS: return Code::CertStatus;
    case CURLE_USE_SSL_FAILED: return Code::TlsHandshake;
    case CURLE_BAD_CONTENT_ENCODING: return Code::BadContentEncoding;
    case CURLE_FILESIZE_EXCEEDED: return Code::FileTooBigForLimit;
    case CURLE_SEND_FAIL_REWIND: return Code::BodyRewindFailed;
    case CURLE_REMOTE_DISK_FULL: return Code::RemoteDiskFull;
    case CURLE_NO_CONNECTION_AVAILABLE: return Code::HostBusy;
    case CURLE_SSH:
    case CURLE_AGAIN:
    case CURLE_UNRECOVERABLE_POLL: return Code::CurlError;
    default: return std::nullopt;
    }
}

CurlFailure inspect(CURL* easy, CURLcode code, const char* text, bool proxied, bool asking)
{
    const auto number = [easy](CURLINFO what) {
        long value = 0;
        curl_easy_getinfo(easy, what, &value);
        return int(value);
    };
    curl_off_t lookup = 0;
    curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup);
    return {.code = code,
        .osError = number(CURLINFO_OS_ERRNO),
        .proxyError = number(CURLINFO_PROXY_ERROR),
        .proxyStatus = number(CURLINFO_HTTP_CONNECTCODE),
        .verifyResult = number(CURLINFO_SSL_VERIFYRESULT),
        .proxyVerifyResult = number(CURLINFO_PROXY_SSL_VERIFYRESULT),
        .redirects = number(CURLINFO_REDIRECT_COUNT),
        .proxied = proxied,
        .resolved = lookup > 0,
        .asking = asking,
        .badChunk = std::strstr(text, "chunked-encoding") != nullptr};
}

} // namespace weir
