#pragma once
// An HTTP/1.1 server on 127.0.0.1 that behaves as it is told, path by path, and remembers what it was asked. It has threads
// of its own (one that accepts, one for each connection); every method may be called from any thread. The destructor ends
// all connections and joins all threads.

#include "support/http_exchange.h"
#include "support/test_certificate.h"

#include <QUrl>

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace weir::test {

class HttpStream;

class HttpFaultServer {
public:
    struct Options {
        bool tls = false;
        TestCertificate::Kind certificate = TestCertificate::Kind::Good;
        bool demandClientCertificate = false;
        quint64 seed = 1; ///< of what happens by chance
    };
    HttpFaultServer() : HttpFaultServer(Options{}) {}
    explicit HttpFaultServer(Options options);
    ~HttpFaultServer();
    HttpFaultServer(const HttpFaultServer&) = delete;
    HttpFaultServer& operator=(const HttpFaultServer&) = delete;

    /// From now on; the path ("/file.bin") starts counting anew. Other paths are 404. Returns the address.
    QUrl on(const QByteArray& path, Behaviour behaviour);
    /// The same, but what was counted stays.
    void change(const QByteArray& path, const std::function<void(Behaviour&)>& edit);
    QUrl url(const QByteArray& path) const;
    quint16 port() const { return port_; }
    /// What a client must trust; empty without TLS.
    QByteArray caPem() const { return certificate_ ? certificate_->pem() : QByteArray(); }

    /// Everything so far, or of one path, in the order of arrival.
    std::vector<HttpRequest> requests(const QByteArray& path = {}) const;
    qint64 bytesSent(const QByteArray& path = {}) const; ///< of bodies
    int connectionsMade() const;
    int connectionsOpen() const;
    int peakParallel(const QByteArray& path) const; ///< replies under way at the same time
    /// False: it did not come to that in time.
    bool waitForRequests(
        int count, const QByteArray& path = {}, std::chrono::milliseconds atMost = std::chrono::seconds(20)) const;
    bool waitForBytes(
        qint64 bytes, const QByteArray& path = {}, std::chrono::milliseconds atMost = std::chrono::seconds(20)) const;
    bool waitForStalled(
        int count, std::chrono::milliseconds atMost = std::chrono::seconds(20)) const; ///< replies that stall now

    void release();         ///< replies that stall now go on
    void dropConnections(); ///< all that are open end at once
    void closeListener();   ///< connections are refused until ...
    void openListener();    ///< ... the same port listens again

private:
    struct Path {
        Behaviour behaviour;
        PathState state;
        int peakParallel = 0;
    };
    struct Connection;

    void listen();
    void accept();
    void acceptOne();
    void reap();
    void serve(Connection& connection);
    bool readRequest(HttpStream& stream, QByteArray& buffer, HttpRequest& request);
    bool exchange(Connection& connection, HttpRequest request);
    bool send(HttpStream& stream, const HttpReply& reply, std::size_t logIndex);
    bool sendBody(HttpStream& stream, const HttpReply& reply, std::size_t logIndex);
    bool stall(HttpStream& stream);
    bool pause(HttpStream& stream, std::chrono::nanoseconds time);
    bool finishBody(HttpStream& stream, const HttpReply& reply);
    void refuseConnectionsFor(std::chrono::milliseconds time);
    qint64 bytesSentLocked(const QByteArray& path) const;

    const Options options_;
    std::unique_ptr<TestCertificate> certificate_;
    quint16 port_ = 0;
    mutable std::mutex mutex_;                ///< of everything below
    mutable std::condition_variable changed_; ///< the log, the listener, a connection
    std::condition_variable held_;            ///< replies that are held back
    std::map<QByteArray, Path> paths_;
    std::vector<HttpRequest> log_;
    std::list<Connection> connections_;
    std::mt19937_64 random_;
    int accepted_ = 0, releases_ = 0, stalled_ = 0, listener_ = -1;
    bool stopping_ = false, listening_ = true;
    std::optional<std::chrono::steady_clock::time_point> reopenAt_;
    int wake_ = -1; ///< eventfd: the accepting thread looks at the above again
    std::thread acceptor_;
};

} // namespace weir::test
