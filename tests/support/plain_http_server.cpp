#include "support/plain_http_server.h"

#include <algorithm>
#include <csignal>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::test {

namespace {

class PlainConnection : public Connection {
public:
    explicit PlainConnection(int socket) : socket_(socket) {}
    QByteArray read(std::size_t atMost) override
    {
        QByteArray bytes(qsizetype(atMost), Qt::Uninitialized);
        const ssize_t got = ::recv(socket_, bytes.data(), atMost, 0);
        bytes.resize(std::max<qsizetype>(got, 0));
        return bytes;
    }
    bool write(QByteArrayView bytes) override
    {
        while (!bytes.isEmpty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), std::size_t(bytes.size()), MSG_NOSIGNAL);
            if (sent <= 0)
                return false;
            bytes = bytes.sliced(sent);
        }
        return true;
    }
    int socket() const override { return socket_; }

private:
    const int socket_;
};

class TlsConnection : public Connection {
public:
    TlsConnection(SSL_CTX* context, int socket) : socket_(socket), ssl_(SSL_new(context), &SSL_free)
    {
        SSL_set_fd(ssl_.get(), socket);
        open_ = SSL_accept(ssl_.get()) == 1;
    }
    ~TlsConnection() override
    {
        if (open_)
            SSL_shutdown(ssl_.get());
    }
    QByteArray read(std::size_t atMost) override
    {
        QByteArray bytes(qsizetype(atMost), Qt::Uninitialized);
        const int got = open_ ? SSL_read(ssl_.get(), bytes.data(), int(atMost)) : 0;
        bytes.resize(std::max(got, 0));
        return bytes;
    }
    bool write(QByteArrayView bytes) override
    {
        return open_ && (bytes.isEmpty() || SSL_write(ssl_.get(), bytes.data(), int(bytes.size())) == bytes.size());
    }
    int socket() const override { return socket_; }

private:
    const int socket_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    bool open_ = false;
};

std::shared_ptr<void> makeTls(const SocketServer::Tls& tls)
{
    if (tls.certificate.isEmpty())
        return {};
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_use_certificate_chain_file(context.get(), tls.certificate.toLocal8Bit().constData());
    SSL_CTX_use_PrivateKey_file(context.get(), tls.key.toLocal8Bit().constData(), SSL_FILETYPE_PEM);
    return context;
}

} // namespace

void Connection::reset()
{
    const linger now{1, 0};
    setsockopt(socket(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

SocketServer::SocketServer(Serve serve, const Tls& tls, Reach reach) : serve_(std::move(serve)), tls_(makeTls(tls))
{
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes to sockets that tests have closed
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(reach == Reach::Loopback ? INADDR_LOOPBACK : INADDR_ANY);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 512) != 0)
        qFatal("no listening socket");
    socklen_t length = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    accepter_ = std::thread([this] { run(); });
}

SocketServer::~SocketServer()
{
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    accepter_.join();
    close(listener_);
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : sockets_)
            shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_)
        thread.join();
}

void SocketServer::run()
{
    while (!stopping_) {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0)
            continue;
        const int yes = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        ++accepted_;
        const std::lock_guard lock(mutex_);
        sockets_.push_back(socket);
        threads_.emplace_back([this, socket] {
            if (tls_) {
                TlsConnection connection(static_cast<SSL_CTX*>(tls_.get()), socket);
                serve_(connection);
            } else {
                PlainConnection connection(socket);
                serve_(connection);
            }
            const std::lock_guard lock(mutex_);
            std::erase(sockets_, socket);
            close(socket);
        });
    }
}

std::optional<ByteRange> PlainRequest::range() const
{
    const QByteArray value = header("Range");
    if (!value.startsWith("bytes="))
        return std::nullopt;
    const QList<QByteArray> ends = value.mid(6).split('-');
    return ByteRange{ends.value(0).toLongLong(), ends.value(1).isEmpty() ? -1 : ends.value(1).toLongLong() + 1};
}

PlainHttpServer::PlainHttpServer(Handler handler, const SocketServer::Tls& tls)
    : handler_(std::move(handler)),
      secure_(!tls.certificate.isEmpty()),
      server_([this](Connection& connection) { serve(connection); }, tls)
{}

QUrl PlainHttpServer::url(const QString& path, const QString& host) const
{
    return QUrl(
        QStringLiteral("%1://%2:%3%4").arg(QLatin1String(secure_ ? "https" : "http"), host, QString::number(port()), path));
}

QList<PlainRequest> PlainHttpServer::requests() const
{
    const std::lock_guard lock(mutex_);
    return requests_;
}

void PlainHttpServer::serve(Connection& connection)
{
    QByteArray input;
    for (;;) {
        qsizetype end = 0;
        while ((end = input.indexOf("\r\n\r\n")) < 0) {
            const QByteArray more = connection.read();
            if (more.isEmpty())
                return;
            input += more;
        }
        PlainRequest request;
        QList<QByteArray> lines = input.left(end).split('\n');
        const QList<QByteArray> first = lines.takeFirst().trimmed().split(' ');
        request.method = first.value(0);
        request.target = first.value(1);
        for (const QByteArray& line : lines) {
            const qsizetype colon = line.indexOf(':');
            request.headers.emplaceBack(line.left(colon), line.mid(colon + 1).trimmed());
        }
        input = input.mid(end + 4);
        const qsizetype length = request.header("Content-Length").toLongLong();
        while (input.size() < length) {
            const QByteArray more = connection.read();
            if (more.isEmpty())
                return;
            input += more;
        }
        request.body = input.left(length);
        input = input.mid(length);
        {
            const std::lock_guard lock(mutex_);
            requests_.append(request);
        }
        if (!handler_(request, connection))
            return;
    }
}

bool PlainHttpServer::reply(Connection& to, int status, QByteArrayView body, const QList<QByteArray>& headers)
{
    QByteArray head =
        "HTTP/1.1 " + QByteArray::number(status) + " X\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n";
    for (const QByteArray& header : headers)
        head += header + "\r\n";
    return to.write(head + "\r\n") && to.write(body);
}

bool PlainHttpServer::serveFile(const PlainRequest& request, Connection& to, const QByteArray& content, const QByteArray& etag,
    const QList<QByteArray>& headers)
{
    const QList<QByteArray> common =
        QList<QByteArray>{"ETag: " + etag, "Accept-Ranges: bytes", "Content-Type: application/octet-stream"} + headers;
    const QByteArray condition = request.header("If-Range");
    const auto range = condition.isNull() || condition == etag ? request.range() : std::nullopt;
    if (!range)
        return reply(to, 200, content, common);
    const qint64 end = range->end < 0 ? content.size() : std::min<qint64>(range->end, content.size());
    const QByteArray span = QByteArray::number(range->begin) + '-' + QByteArray::number(end - 1);
    return reply(to, 206, QByteArrayView(content).sliced(range->begin, end - range->begin),
        common + QList<QByteArray>{"Content-Range: bytes " + span + '/' + QByteArray::number(content.size())});
}

QByteArray patternBytes(qint64 size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    quint32 state = 2463534242;
    for (char& byte : bytes) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        byte = char(state >> 24);
    }
    return bytes;
}

} // namespace weir::test
