#pragma once
// One fetch on its way: an easy handle, what its reply was judged to be, and the sink. Made on any thread, then belongs to its
// shard's thread, where libcurl calls back into it. It borrows the sink; the caller of start() keeps that until done.

#include "net/content_decoder.h"
#include "net/curl_options.h"
#include "net/header_block.h"
#include "net/ssh_host_key.h"

namespace weir {

class CurlTransfer {
public:
    /// What a transfer tells its shard from within libcurl's callbacks.
    class Owner {
    public:
        /// It has paused for its rate limit and is to be told to goOn().
        virtual void waitForRate(CurlTransfer& transfer, std::chrono::microseconds atLeast) = 0;
        /// The first reply, of whatever kind, has come.
        virtual void answered(CurlTransfer& transfer, bool multiplexed) = 0;
        /// It wants no more and is to be removed as soon as libcurl has returned.
        virtual void enough(CurlTransfer& transfer) = 0;
        /// When libcurl was last called.
        virtual TimePoint calledAt() const = 0;

    protected:
        ~Owner() = default;
    };

    CurlTransfer(CurlOrder order, Owner& owner);
    ~CurlTransfer();
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    /// Makes the easy handle. After an error only finish() may be called.
    Result<void> setUp(CURLSH* share);
    CURL* easy() const { return easy_; }
    quint64 id() const { return order_.id; }
    bool multiplex() const { return order_.request.multiplex; }
    RateBucket* rate() const { return order_.request.rate; }
    /// Scheme, host and port: what a connection belongs to.
    QByteArray host() const;
    bool paused() const { return paused_; }
    /// While an FTP data connection is made, libcurl 7.88 may name no socket that it waits for, or the wrong one: until the
    /// first byte it has to be told to look. nudge() does, if it is time for it.
    bool mayNeedNudge() const { return order_.profile.holdsThread && (phase_ == Phase::Asking || phase_ == Phase::Connecting); }
    bool nudge();

    /// After waitForRate(). False: it has failed meanwhile and is to be finished.
    bool goOn();
    /// Lets the sink write what it has gathered. False: as above.
    bool flush();
    /// From here on the transfer is to be removed and finished; the first reason counts.
    void fail(Error error);
    /// When it will count as stalled unless something happens; the end of time while it can't.
    TimePoint deadline() const;
    /// The deadline has come: fails it unless the request's body is still moving.
    bool checkStalled(TimePoint now);

    /// The handle was removed from its multi. Calls the sink's end() and `done`; nothing else is called afterwards.
    void finish(CURLcode code);
    /// Connections that were made for it.
    int connectionsMade() const;

private:
    static std::size_t onHeader(char* data, std::size_t, std::size_t size, void* self);
    static std::size_t onBody(char* data, std::size_t, std::size_t size, void* self);
    static int onConnected(void* self, char*, char*, int, int);
    static int onProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

    bool header(QByteArrayView line);
    void headersEnded();
    std::size_t body(std::span<const char> data);
    Result<void> take(std::span<const char> data);
    std::size_t leave();
    Headers replyHeaders() const;
    bool holdsThreadTooLong();
    void judge();
    bool begin();
    bool isWhole() const { return began_ && most_ >= 0 && received_ == most_; }
    bool overHttp2() const;
    void refuse();
    bool drain(std::size_t size);
    bool mustWait(TimePoint now);
    void storeCookies();
    Error error(CURLcode code) const;
    void settle(CURLcode code);
    void settleGood();
    QString what() const;

    enum class Phase : quint8 { Connecting, Redirecting, Asking, Receiving, Draining };

    CurlOrder order_;
    Owner& owner_;
    CURL* easy_ = nullptr;
    CurlLists lists_;
    HeaderBlock block_;
    std::optional<Result<FetchHead>> judged_; ///< of the last header block
    std::optional<Error> failure_;
    std::optional<ContentDecoder> decoder_; ///< of a reply whose coding is being removed
    QList<QByteArray> cookiesAtStart_;
    TimePoint lastMove_, drainUntil_ = TimePoint::max();
    qint64 begin_ = 0;    ///< in the resource
    qint64 received_ = 0; ///< that reached the sink
    qint64 most_ = -1;    ///< that the reply may bring; -1: not known
    qint64 drained_ = 0, sent_ = 0;
    Phase phase_ = Phase::Connecting;
    bool began_ = false, paused_ = false, answered_ = false, cookiesCame_ = false;
    bool endless_ = false; ///< the protocol could not say where the range ends: the reply runs on behind it
    bool promised_ = true; ///< the reply itself says how long it is; false: an answer to another question did
    SshHostKey hostKey_;
    char text_[CURL_ERROR_SIZE] = {};
};

} // namespace weir
