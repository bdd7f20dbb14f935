#pragma once
// Small real servers for tests of the network code: sockets on 127.0.0.1, one thread for each connection, a function that
// answers. With PEM files it speaks TLS. Destroying a server closes its connections and joins their threads.

#include <weir/fetch.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace weir::test {

/// One accepted connection; belongs to its thread. A string of bytes both ways, plain or in TLS.
class Connection {
public:
    virtual ~Connection() = default;
    /// At least one byte; empty: closed.
    virtual QByteArray read(std::size_t atMost = 65536) = 0;
    virtual bool write(QByteArrayView bytes) = 0; ///< all of them
    virtual int socket() const = 0;
    /// Cuts it with a reset instead of a proper end.
    void reset();
};

class SocketServer {
public:
    using Serve = std::function<void(Connection&)>;

    struct Tls {
        QString certificate, key; ///< PEM; empty: plain
    };
    enum class Reach : quint8 { Loopback, Everywhere };
    explicit SocketServer(Serve serve, const Tls& tls = {}, Reach reach = Reach::Loopback);
    ~SocketServer();

    quint16 port() const { return port_; }
    int accepted() const { return accepted_.load(); }

private:
    void run();

    Serve serve_;
    std::shared_ptr<void> tls_; ///< SSL_CTX
    int listener_ = -1;
    quint16 port_ = 0;
    std::atomic<int> accepted_{0};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::list<std::thread> threads_;
    std::list<int> sockets_;
    std::thread accepter_;
};

struct PlainRequest {
    QByteArray method, target;
    Headers headers;
    QByteArray body;

    QByteArray header(QByteArrayView name) const { return headerValue(headers, name); }
    std::optional<ByteRange> range() const; ///< half-open; as asked with "bytes=a-b"
};

/// HTTP/1.1 with kept connections. The handler answers by writing; returning false closes the connection.
class PlainHttpServer {
public:
    using Handler = std::function<bool(const PlainRequest&, Connection&)>;

    explicit PlainHttpServer(Handler handler, const SocketServer::Tls& tls = {});

    QUrl url(const QString& path, const QString& host = QStringLiteral("127.0.0.1")) const;
    quint16 port() const { return server_.port(); }
    int accepted() const { return server_.accepted(); }
    QList<PlainRequest> requests() const; ///< so far, in the order of arrival

    /// "HTTP/1.1 STATUS X" with Content-Length and those headers.
    static bool reply(Connection& to, int status, QByteArrayView body, const QList<QByteArray>& headers = {});
    /// As a well-behaved server: 200, or 206 for a range, with that ETag and those headers.
    static bool serveFile(const PlainRequest& request, Connection& to, const QByteArray& content,
        const QByteArray& etag = "\"v1\"", const QList<QByteArray>& headers = {});

private:
    void serve(Connection& connection);

    Handler handler_;
    const bool secure_;
    mutable std::mutex mutex_;
    QList<PlainRequest> requests_;
    SocketServer server_;
};

/// `size` bytes that differ from place to place, the same for every call.
QByteArray patternBytes(qint64 size);

} // namespace weir::test
