#include "rpc/local_server.h"

#include "platform/paths.h"
#include "platform/process.h"
#include "rpc/frame.h"

#include <QFileInfo>
#include <QLocalSocket>

namespace weir {

namespace {
constexpr qint64 kReadAtOnce = 64 << 10;
constexpr qint64 kReadBuffer = 256 << 10; // what the kernel can't hand over yet stays with the sender
constexpr qsizetype kMaxSocketPath = 107;
} // namespace

class LocalServer::Connection final : public Session::Transport {
public:
    Connection(LocalServer& server, QLocalSocket* socket) : server_(server), socket_(socket), session_(server.backend_, *this)
    {
        socket_->setReadBufferSize(kReadBuffer);
        QObject::connect(socket_.get(), &QLocalSocket::readyRead, &context_, [this] { read(); });
        QObject::connect(socket_.get(), &QLocalSocket::bytesWritten, &context_, [this] { session_.drained(); });
        QObject::connect(socket_.get(), &QLocalSocket::disconnected, &context_, [this] { ended(); });
        inputWanted(); // what came before the signals were connected
    }

    ~Connection() override
    {
        if (connected())
            socket_->flush();
    }

    qint64 pending() const override { return socket_->bytesToWrite(); }
    void write(const QByteArray& json) override
    {
        if (connected())
            socket_->write(frame(json));
    }
    void close() override { socket_->disconnectFromServer(); }
    void inputWanted() override
    {
        QMetaObject::invokeMethod(
            &context_, [this] { read(); }, Qt::QueuedConnection);
    }

private:
    bool connected() const { return socket_->state() == QLocalSocket::ConnectedState; }

    void read()
    {
        while (!broken_ && session_.takesInput()) {
            auto message = reader_.next();
            if (!message)
                return breakOff(message.error());
            if (*message) {
                session_.receive(**message);
                continue;
            }
            const QByteArray bytes = socket_->read(kReadAtOnce);
            if (bytes.isEmpty())
                return;
            reader_.append(bytes);
        }
    }

    void breakOff(const Error& error)
    {
        broken_ = true;
        server_.backend_.log(Level::Warning, QStringLiteral("client \"%1\": %2").arg(session_.client(), describe(error)));
        write(errorMessage(error));
        socket_->disconnectFromServer();
    }

    void ended()
    {
        if (!broken_ && !reader_.idle())
            server_.backend_.log(Level::Warning,
                QStringLiteral("client \"%1\": %2").arg(session_.client(), describe(Error{Code::RpcFrameTruncated, {}})));
        // Somewhere up the stack the socket or the session may be at work: they go when the loop is back.
        QMetaObject::invokeMethod(
            &server_.server_, [&server = server_, this] { server.ended(this); }, Qt::QueuedConnection);
    }

    LocalServer& server_;
    std::unique_ptr<QLocalSocket> socket_;
    FrameReader reader_{kMaxFrameFromClient};
    Session session_;
    bool broken_ = false;
    QObject context_; ///< first to go: no signal reaches what is gone
};

LocalServer::LocalServer(Backend& backend) : backend_(backend)
{
    server_.setSocketOptions(QLocalServer::UserAccessOption);
    QObject::connect(&server_, &QLocalServer::newConnection, &server_, [this] { accept(); });
}

LocalServer::~LocalServer()
{
    server_.close();
    clientsChanged_ = nullptr;
    connections_.clear();
}

Result<void> LocalServer::listen(const QString& path)
{
    if (path.toLocal8Bit().size() > kMaxSocketPath)
        return failure(Code::SocketPathTooLong, path);
    if (auto ok = requirePrivateDirectory(QFileInfo(path).path()); !ok)
        return ok;
    QLocalServer::removeServer(path);
    if (!server_.listen(path))
        return failure(Code::DaemonStartFailed, QStringLiteral("listen on %1: %2").arg(path, server_.errorString()));
    return {};
}

void LocalServer::stopAccepting() { server_.close(); }

void LocalServer::accept()
{
    while (QLocalSocket* socket = server_.nextPendingConnection()) {
        const auto peer = peerUser(socket->socketDescriptor());
        if (!peer)
            refuse(socket, peer.error());
        else if (*peer != ownUser())
            refuse(socket, Error{Code::RpcPeerRefused, QStringLiteral("user %1").arg(*peer)});
        else if (connections_.size() >= std::size_t(kMaxClients))
            refuse(socket, Error{Code::RpcTooManyClients, QStringLiteral("at most %1").arg(kMaxClients)});
        else
            connections_.push_back(std::make_unique<Connection>(*this, socket));
    }
    if (clientsChanged_)
        clientsChanged_();
}

void LocalServer::refuse(QLocalSocket* socket, const Error& error)
{
    backend_.log(Level::Warning, QStringLiteral("refused a client: %1").arg(describe(error)));
    QObject::connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
    socket->write(frame(errorMessage(error)));
    socket->disconnectFromServer();
}

void LocalServer::ended(Connection* connection)
{
    std::erase_if(connections_, [connection](const auto& owned) { return owned.get() == connection; });
    if (clientsChanged_)
        clientsChanged_();
}

} // namespace weir
