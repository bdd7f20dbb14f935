#pragma once
// One connection to a live source, by libavformat: packets come out. It is opened on a thread of its own, since libavformat
// asks the name server in a way that nothing can interrupt, and read on the task's, which owns it. While nothing comes
// `breathe` is called several times a second; when it answers false, open() and read() end with Cancelled.

#include "rtsp/fragments.h"

#include <QStringList>
#include <QUrl>

#include <chrono>
#include <functional>
#include <vector>

namespace weir {

struct LiveSource {
    QUrl url;         ///< with user and password
    bool udp = false; ///< RTSP: as the server is asked first
    std::chrono::milliseconds connectTimeout{20'000}, stallTimeout{30'000};
};

class LiveInput {
public:
    using Breathe = std::function<bool()>;
    /// Errors: Cancelled, those of the network, LoginRefused, RemoteAccessDenied, RemoteFileMissing, WeirdReply,
    /// MediaUnreadable (nothing in it can be recorded).
    static Result<std::unique_ptr<LiveInput>> open(const LiveSource& source, Breathe breathe);
    ~LiveInput();
    LiveInput(const LiveInput&) = delete;
    LiveInput& operator=(const LiveInput&) = delete;

    const std::vector<LiveStream>& streams() const { return streams_; }
    const QStringList& leftOut() const { return leftOut_; } ///< codecs that can't be recorded
    /// Seconds, for a stream with an end.
    std::optional<double> duration() const;
    /// The next packet of streams()[its stream_index]. False: the server has ended it in order. Errors: as open(),
    /// ConnectionClosed.
    Result<bool> read(AVPacket& packet);

private:
    struct Connection; ///< shared with the thread that opens it, which may outlive this
    LiveInput(std::shared_ptr<Connection> connection, LiveSource source, Breathe breathe);
    void chooseStreams();
    bool stillAnswers();
    bool mayWait() const;

    const std::shared_ptr<Connection> connection_;
    const LiveSource source_;
    const Breathe breathe_;
    std::vector<LiveStream> streams_;
    QStringList leftOut_;
    std::vector<int> places_; ///< in streams_, by libavformat's numbers; -1: not wanted
    std::chrono::steady_clock::time_point lastPacket_;
    mutable bool stopped_ = false; ///< breathe_ has said so, from within libavformat
};

/// An AVERROR of a live connection as a row of the catalogue. Pure.
Error liveError(int averror, const QUrl& url, bool timedOut);

} // namespace weir
