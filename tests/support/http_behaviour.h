#pragma once
// What an HTTP server does to those who ask for one path: honest by default, and one field for each way of not being so.
// Plain values; fields may be combined. The functions below are named examples for tables of tests.

#include <QByteArray>
#include <QList>
#include <QPair>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace weir::test {

using HeaderList = QList<QPair<QByteArray, QByteArray>>;

struct Behaviour {
    // The file: bytes of support/content.h, or those of `body`.
    quint64 seed = 1;
    qint64 size = 1 << 20;
    std::optional<QByteArray> body;
    QByteArray mime = "application/octet-stream"; ///< empty: not sent
    QByteArray disposition;                       ///< Content-Disposition, raw
    HeaderList headers;                           ///< more of them, raw

    // Identity. Empty: not sent.
    QByteArray etag = "\"v1\"";
    QByteArray lastModified = "Tue, 01 Jul 2025 10:00:00 GMT";
    int changeAfter = -1; ///< after so many requests the file is another one; -1: never
    std::optional<quint64> laterSeed;
    std::optional<qint64> laterSize;
    std::optional<QByteArray> laterEtag, laterLastModified;
    enum class Digest { None, ReprSha256, ReprSha512, DigestSha256, ContentMd5 } digest = Digest::None;
    bool digestWrong = false;

    // Ranges
    enum class Ranges {
        Honest,
        Ignored,       ///< always the whole file; nothing is said about ranges
        Denied,        ///< the same, and Accept-Ranges: none
        OffsetShifted, ///< the right bytes, Content-Range one kilobyte off
        OtherTotal,    ///< Content-Range names another size
        UnknownTotal,  ///< Content-Range: bytes a-b/*, which is allowed
        NoContentRange,
        GarbledContentRange,
        EndBeyond,  ///< Content-Range ends beyond the file
        OtherBytes, ///< Content-Range as asked, body from elsewhere
        OtherRange, ///< another range, and says so
        Shorter,    ///< only the first half of the range, and says so, which is allowed
        Multipart,
        Refused, ///< 416 for every range
    } ranges = Ranges::Honest;
    bool wholeForOpenStart = false; ///< "bytes=0-" is answered with 200
    enum class IfRange {
        Honest,
        Always200, ///< the whole file although nothing has changed
        Fails412,
        NotLookedAt, ///< 206 although the file has changed
    } ifRange = IfRange::Honest;

    // Framing
    enum class Length {
        Right,
        None, ///< the end of the connection is the end of the body
        TooBig,
        TooSmall,
        Negative,
        Garbage,
        TwoDifferent,
        Huge,
        Chunked,
        ChunkedBroken, ///< a chunk's size is no number
        ChunkedCut,    ///< ends without the last chunk
    } length = Length::Right;
    bool http10 = false;
    bool keepAlive = true;
    int extraBytes = 0;                                                                           ///< after the body
    enum class Coding { None, Gzip, GzipWrongLength, GzipBroken, Unknown } coding = Coding::None; ///< whatever was asked for

    // The connection
    std::optional<qint64> cutAfter;   ///< body bytes of a reply
    int cutTimes = -1;                ///< -1: every time
    bool cutAnywhere = false;         ///< after a random part of what remains instead
    bool reset = false;               ///< RST instead of FIN, for every cut
    std::optional<qint64> stallAfter; ///< body bytes; until HttpFaultServer::release()
    int stallTimes = -1;
    std::chrono::milliseconds firstByteDelay{0};
    std::vector<qint64> rates;                ///< bytes per second of a connection, by turns; 0: no limit
    qint64 dripBytes = 0;                     ///< so many at once ...
    std::chrono::milliseconds dripPause{0};   ///< ... then a pause
    int maxParallel = 0;                      ///< replies at the same time; 0: no limit
    int parallelStatus = 503;                 ///< for those above; 0: the connection is closed without an answer
    int closeListenerAfter = -1;              ///< requests; then connections are refused ...
    std::chrono::milliseconds reopenAfter{0}; ///< ... for so long; 0: for ever
    bool noise = false;                       ///< garbage instead of HTTP
    int hugeHeaders = 0;                      ///< bytes of header lines besides
    bool dropWithoutReply = false;            ///< closes after the request

    // Another answer than the file
    int status = 0;       ///< 0: the file
    int statusTimes = -1; ///< so many times, then the file; -1: always
    int statusAfter = 0;  ///< so many requests get the file first
    bool statusForRangesOnly = false;
    bool statusOnce = false; ///< for each range, the first request for it only
    QByteArray statusBody = "no\n", statusMime = "text/plain";
    std::optional<int> retryAfter; ///< seconds; with every 429 and 503
    bool retryAfterDate = false;
    int headStatus = 0; ///< for HEAD

    // Redirects
    int hops = 0; ///< redirects to itself (?hop=1 ...) before the file
    bool relativeLocation = false;
    bool loop = false;
    std::optional<QByteArray> location; ///< always sent there, raw; empty: no Location
    int redirectStatus = 302;
    bool singleUse = false; ///< redirects to an address of its own for each request, that works once
    bool portal = false;    ///< redirects to a page of HTML

    // What must be brought
    enum class Login { None, Basic, Digest, Bearer } login = Login::None;
    QByteArray user = "anna", password = "s3cret"; ///< Bearer: the token is `password`
    bool cookieNeeded = false;                     ///< set by a redirect to itself; else 403
    QByteArray refererNeeded;                      ///< else 403
    QByteArray method = "GET";                     ///< others than it and HEAD: 405
    std::optional<QByteArray> requestBody;         ///< another one: 400

    qint64 sizeNow() const { return body ? body->size() : size; }
};

/// Named ones, in the order of the fields above. `size` and `seed` may be changed afterwards.
namespace behaviours {
struct Named {
    std::string name;
    Behaviour behaviour;
};
/// Each behaviour that tests should meet at least once.
std::vector<Named> all();
/// By name; ends the program if there is none.
Behaviour named(const std::string& name);
/// Content-Disposition values that have hurt others, with a word about each.
std::vector<std::pair<std::string, QByteArray>> dispositions();
} // namespace behaviours

} // namespace weir::test
