#pragma once
// The parsers of single header fields and links that http_profile puts together. Pure; any thread.

#include <weir/fetch.h>

namespace weir {

/// "bytes 0-99/1000", "bytes 0-99/*", "bytes */1000".
struct ContentRange {
    std::optional<ByteRange> range; ///< half-open; unset: "*"
    qint64 total = -1;              ///< -1: "*"
};
/// nullopt: malformed, or a contradiction in itself.
std::optional<ContentRange> parseContentRange(QByteArrayView value);

/// The decimal number, or nullopt; no sign, no blanks, no overflow.
std::optional<qint64> parseSize(QByteArrayView text);

/// All Content-Length fields agree; -1: there is none. nullopt: nonsense.
std::optional<qint64> contentLength(const Headers& headers);

/// Lower case without parameters; empty if it is not type/subtype.
QByteArray mimeOf(const Headers& headers);

/// Strong ETag as sent, weak one with W/, else "date:" + Last-Modified.
QByteArray validatorOf(const Headers& headers);
/// What the reply says about a validator that an earlier one had.
enum class Sameness : quint8 { Same, Different, Unknown };
Sameness compareValidator(QByteArrayView earlier, const Headers& reply);

/// What was done to the body.
enum class Coding : quint8 { None, Removable, Unknown };
/// A coding that the file's own name or type shows (x.tar.gz) is the file and not a coding.
Coding contentCoding(const Headers& headers, const QUrl& url, QByteArrayView mime);

/// Link: rel=duplicate (RFC 6249), best first; never from https to http; at most 32.
QList<QUrl> duplicateLinks(const Headers& headers, const QUrl& base);

/// Link: rel=describedby (RFC 6249) with a metalink or a torrent, metalinks first; never from https to http; at most 4.
QList<QUrl> descriptionLinks(const Headers& headers, const QUrl& base);

/// The link carries its own expiry time and that is over.
bool linkHasExpired(const QUrl& url, std::chrono::system_clock::time_point now);

} // namespace weir
