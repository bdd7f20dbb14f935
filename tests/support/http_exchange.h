#pragma once
// From a request and a behaviour to a reply that is ready to be sent. Pure but for the counters of the path.

#include "support/http_behaviour.h"

#include <random>
#include <set>

namespace weir::test {

/// One request as it came, and what became of it.
struct HttpRequest {
    int connection = 0; ///< of the server, from 1
    int number = 0;     ///< of the path, from 1
    QByteArray method, target, path, query, version;
    HeaderList headers;
    QByteArray body;
    int status = 0;        ///< of the reply; 0: none
    qint64 bytesSent = 0;  ///< of the reply's body
    bool finished = false; ///< nothing more will be sent

    QByteArray header(const char* name) const; ///< null if absent
    QByteArray range() const { return header("Range"); }
    QByteArray ifRange() const { return header("If-Range"); }
};

/// What a path remembers.
struct PathState {
    int requests = 0, parallel = 0, answeredOtherwise = 0, cuts = 0, stalls = 0, tokens = 0;
    std::set<QByteArray> usedTokens, rangesSeen;
};

struct HttpReply {
    int status = 200;
    QByteArray head;    ///< status line and headers with the empty line
    QByteArray literal; ///< the body; else bytes of `seed`
    quint64 seed = 0;
    qint64 begin = 0, length = 0; ///< of the body
    bool fromContent = false;
    bool chunked = false, brokenChunk = false, lastChunk = true;
    int extraBytes = 0;
    bool close = false;    ///< after the reply
    bool silent = false;   ///< no answer at all: close
    bool bodyless = false; ///< HEAD
    std::optional<qint64> cutAfter, stallAfter;
    bool reset = false;
    std::chrono::milliseconds firstByteDelay{0}, dripPause{0};
    qint64 rate = 0, dripBytes = 0;
};

/// `request.number` is set; `origin` is "http://127.0.0.1:1234".
HttpReply compose(const Behaviour& behaviour, const HttpRequest& request, PathState& state, const QByteArray& origin,
    std::mt19937_64& random);

} // namespace weir::test
