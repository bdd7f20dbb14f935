#pragma once
// FTP and SFTP as functions: the options and commands of a request, what a reply means, why one failed. All but the options are
// pure. Size and date (SIZE and MDTM, or SFTP's stat) take the place of HTTP's header fields; where a range begins is REST, and
// it ends when the engine has what it wants. A range to the end runs until the server closes: SIZE is checked, not believed.

#include <weir/curl_fetcher.h>

namespace weir {

/// Who opens the data connections: we, or the server.
enum class FtpMode : quint8 { Passive, Active };

/// RequestContext::method of who knows the size already, and counts the bytes: the server is not asked for size and date.
inline constexpr const char* kOnlyBytes = "RETR";

CurlProfile ftpProfile(FtpMode mode);

/// A folder's listing is asked for by the path's last slash.
bool isFolder(const QUrl& url);

/// Errors: ValidatorChanged, SizeChanged, RangeUnsatisfiable.
Result<FetchHead> judgeFtp(int status, const Headers& reply, const QUrl& finalUrl, const FetchRequest& request);
/// By the CURLcode and the server's last line; nullopt: the CURLcode says it all.
std::optional<Code> explainFtp(int curlCode, const Headers& reply, const FetchRequest& request);

} // namespace weir
