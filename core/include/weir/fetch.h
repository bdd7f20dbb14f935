#pragma once
// Bytes on loan. A RangeFetcher moves bytes from a range of a URL into a FetchSink; HTTP and FTP offer one, and whoever
// needs bytes (segmented files, streams, P2SP, mirrors) asks Services::fetcherFor(url) and never learns which it got.

#include <weir/clock.h>
#include <weir/range_set.h>
#include <weir/rate_bucket.h>

#include <QByteArray>
#include <QList>
#include <QPair>
#include <QStringList>
#include <QUrl>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>

namespace weir {
inline namespace abi1 {

using Headers = QList<QPair<QByteArray, QByteArray>>;

/// The value of the first header of that name; names are compared without case. Null if absent.
QByteArray headerValue(const Headers& headers, QByteArrayView name);

struct ProxyConfig {
    QUrl url; ///< http, https, socks4, socks4a, socks5 or socks5h; empty: no proxy
    QString user, password;
    QStringList bypass; ///< host names, domains (".example.org") or addresses that are asked directly
    QString bindTo;     ///< interface or source address of every connection; empty: any
};

/// False: there is no proxy, or the host is on its list of exceptions.
bool goesThrough(const ProxyConfig& proxy, const QString& host);

struct Credentials {
    QString user, password;
    QByteArray bearer; ///< an OAuth token; sent to the first host only
    bool netrc = true; ///< look into ~/.netrc when nothing is given
};

struct TlsOptions {
    QString caFile, clientCertificate, clientKey; ///< PEM files
    bool insecure = false;                        ///< certificates are not checked; told loudly in the task's log
};

/// The cookies of one task in Netscape lines, host-scoped. Locked; shared by all fetches of the task.
class CookieJar {
public:
    void set(QList<QByteArray> netscapeLines);
    QList<QByteArray> lines() const;
    /// What one fetch changed: it began with the lines `before` and ended with `after`. Others' changes stay.
    void update(const QList<QByteArray>& before, const QList<QByteArray>& after);

private:
    mutable std::mutex mutex_;
    QList<QByteArray> lines_;
};

/// How to ask: everything about a request that is the same for all of a task's fetches. Immutable once shared.
struct RequestContext {
    QByteArray method = "GET";
    QByteArray body;
    Headers headers;
    Credentials auth;
    ProxyConfig proxy; ///< empty: the program's own setting
    TlsOptions tls;
    QString userAgent; ///< empty: weir's
    QString bindTo;    ///< interface name or source address; empty: any
    std::shared_ptr<CookieJar> cookies;

    /// The same for somebody whom the user did not name: without headers, passwords, cookies, client certificate and body.
    std::shared_ptr<const RequestContext> withoutSecrets() const;
};

/// One digest that the other side or the user gave for the whole file.
struct ExpectedDigest {
    QByteArray algorithm; ///< "md5", "sha-1", "sha-256", "sha-384", "sha-512"
    QByteArray value;     ///< raw bytes
    bool operator==(const ExpectedDigest&) const = default;
};

struct FetchRequest {
    QUrl url;
    std::optional<ByteRange> range; ///< unset: the whole resource, with a request that names no range
    std::shared_ptr<const RequestContext> context;
    QByteArray validator;       ///< what an earlier reply called itself; another one in this reply is ValidatorChanged
    bool conditional = true;    ///< ask with If-Range where the validator is strong; false after a server answered that wrongly
    qint64 expectedSize = -1;   ///< of the whole resource; another one in this reply is SizeChanged
    RateBucket* rate = nullptr; ///< charged for every byte; outlives the fetch
    bool multiplex = false;     ///< small and one of many: may share a connection with others (HTTP/2)
    std::chrono::milliseconds stallTimeout{0};   ///< no byte at all for that long: Stalled; 0: network.stallTimeout
    std::chrono::milliseconds connectTimeout{0}; ///< 0: network.connectTimeout
};

struct FetchHead {
    QUrl finalUrl;              ///< after redirects
    int status = 0;             ///< of the protocol
    qint64 totalSize = -1;      ///< of the whole resource; -1: unknown
    qint64 offset = 0;          ///< of the first body byte within the resource
    bool ranged = false;        ///< the reply is the range that was asked for
    bool rangesOffered = false; ///< the server says that it knows ranges
    bool rangesVouched = true;  ///< a ranged reply says which part it is; false: only its bytes can tell (FTP, SFTP)
    bool encoded = false;       ///< a content coding nobody asked for is being removed: no ranges, the size is not known
    bool multiplexed = false;   ///< the connection carries several replies at once (HTTP/2, HTTP/3)
    QByteArray mime;            ///< lower case, without parameters
    QByteArray validator;       ///< strong ETag as sent, weak one with its W/, else "date:" + Last-Modified; empty: none
    QString fileName;           ///< as the server suggests it; not yet safe
    QList<ExpectedDigest> digests;
    QList<QUrl> mirrors;      ///< Link: rel=duplicate (RFC 6249)
    QList<QUrl> descriptions; ///< Link: rel=describedby, of a metalink or a torrent
    Headers headers;
};

/// True for a validator that promises the same bytes (RFC 9110 section 8.8.1).
bool isStrongValidator(QByteArrayView validator);

struct FetchDone {
    quint64 id = 0;
    Result<FetchHead> head;
    qint64 bytes = 0;                       ///< that reached the sink
    std::chrono::microseconds firstByte{0}; ///< from start to the first byte of the reply
    bool newConnection = true;
};

/// Where the bytes of one fetch go. Called on the fetcher's thread; must not wait for anything but the disk.
/// The caller of start() owns it and keeps it until done was called.
class FetchSink {
public:
    virtual ~FetchSink() = default;
    /// Before the first byte. An error here stops the fetch and becomes its result.
    virtual Result<void> begin(const FetchHead&) { return {}; }
    /// In order, without holes; `offset` is that in the resource. An error stops the fetch and becomes its result.
    virtual Result<void> bytes(qint64 offset, std::span<const char> data) = 0;
    /// About once a second between begin() and end(), also while nothing comes: writes what is gathered, so that a crash costs
    /// little and slow progress is seen. An error stops the fetch and becomes its result.
    virtual Result<void> flush() { return {}; }
    /// Writes what is left. Called once if begin() was called, also after a failure.
    virtual Result<void> end() { return {}; }
    /// The device that bytes() writes to: fetches to one device share a thread, so that a stalled disk stalls only its own.
    /// 0: memory.
    virtual quint64 device() const { return 0; }
};

/// Thread-safe; owned by its adapter or the host.
class RangeFetcher {
public:
    virtual ~RangeFetcher() = default;
    /// Never blocks. `done` is called exactly once, on any thread, after the sink's last call. The id is never 0.
    virtual quint64 start(FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done) = 0;
    /// `done` still comes, with Cancelled, unless the fetch has just ended otherwise. Unknown ids are ignored.
    virtual void cancel(quint64 id) = 0;
};

/// Structured concurrency for a task: no fetch outlives its group, so sinks that are declared before the group are safe.
/// One thread uses a group.
class FetchGroup {
public:
    FetchGroup(Clock& clock, std::stop_token stop);
    ~FetchGroup(); ///< cancels and waits for all
    FetchGroup(const FetchGroup&) = delete;
    FetchGroup& operator=(const FetchGroup&) = delete;

    quint64 start(RangeFetcher& fetcher, FetchRequest request, FetchSink& sink);
    void cancel(quint64 id);
    void cancelAll();
    /// The next fetch that has ended; nullopt: stop was requested, nothing runs, wake() was called, or the time is up.
    std::optional<FetchDone> next(std::chrono::milliseconds atMost);
    /// Makes next() return. Any thread.
    void wake();
    std::size_t running() const { return running_.size(); }

private:
    struct Inbox; ///< shared with the completions
    Clock& clock_;
    std::stop_token stop_;
    std::shared_ptr<Inbox> inbox_;
    std::vector<std::pair<quint64, std::pair<RangeFetcher*, quint64>>> running_; ///< our id, (fetcher, its id)
    quint64 nextId_ = 1;
};

} // namespace abi1
} // namespace weir
