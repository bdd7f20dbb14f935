#include "support/http_fault_server.h"

#include "support/http_stream.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>

namespace weir::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void giveUp(const char* what)
{
    std::perror(what);
    std::abort();
}

} // namespace

struct HttpFaultServer::Connection {
    Connection(int socket, int number) : stream(socket), number(number) {}
    HttpStream stream;
    const int number;
    bool finished = false;
    std::thread thread;
};

HttpFaultServer::HttpFaultServer(Options options) : options_(options), random_(options.seed)
{
    if (options.tls) {
        certificate_ = std::make_unique<TestCertificate>(options.certificate);
        if (options.demandClientCertificate)
            certificate_->demandClientCertificate();
    }
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    listen();
    acceptor_ = std::thread([this] { accept(); });
}

HttpFaultServer::~HttpFaultServer()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (Connection& connection : connections_)
            connection.stream.interrupt();
    }
    held_.notify_all();
    changed_.notify_all();
    ::eventfd_write(wake_, 1);
    acceptor_.join();
    for (Connection& connection : connections_) {
        connection.stream.interrupt(); // accepted after the first round
        connection.thread.join();
    }
    if (listener_ >= 0)
        ::close(listener_);
    ::close(wake_);
}

void HttpFaultServer::listen()
{
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) || ::listen(listener_, 1024)
        || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size))
        giveUp("HttpFaultServer: listen");
    port_ = ntohs(address.sin_port);
}

void HttpFaultServer::accept()
{
    for (;;) {
        int timeout = -1, listener = -1;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_)
                return;
            if (reopenAt_ && SteadyClock::now() >= *reopenAt_) {
                reopenAt_.reset();
                listening_ = true;
            }
            if (!listening_ && listener_ >= 0) {
                ::close(listener_);
                listener_ = -1;
            } else if (listening_ && listener_ < 0) {
                listen();
            }
            changed_.notify_all();
            if (reopenAt_)
                timeout =
                    static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*reopenAt_ - SteadyClock::now()).count());
            listener = listener_;
        }
        std::array<pollfd, 2> wait{{{wake_, POLLIN, 0}, {listener, POLLIN, 0}}};
        ::poll(wait.data(), wait.size(), timeout);
        eventfd_t count = 0;
        ::eventfd_read(wake_, &count);
        if (listener >= 0 && (wait[1].revents & POLLIN))
            acceptOne();
        reap();
    }
}

void HttpFaultServer::acceptOne()
{
    const std::lock_guard lock(mutex_);
    const int socket = stopping_ ? -1 : ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0)
        return;
    const int yes = 1; // head and body are two writes
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Connection& connection = connections_.emplace_back(socket, ++accepted_);
    connection.thread = std::thread([this, &connection] { serve(connection); });
}

void HttpFaultServer::reap()
{
    std::list<Connection> ended;
    {
        const std::lock_guard lock(mutex_);
        for (auto it = connections_.begin(); it != connections_.end();) {
            const auto next = std::next(it);
            if (it->finished)
                ended.splice(ended.end(), connections_, it);
            it = next;
        }
    }
    for (Connection& connection : ended)
        connection.thread.join();
}

void HttpFaultServer::serve(Connection& connection)
{
    sigset_t pipe; // OpenSSL writes without MSG_NOSIGNAL
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);

    HttpStream& stream = connection.stream;
    if (!certificate_ || stream.startTls(certificate_->context())) {
        QByteArray buffer;
        HttpRequest request;
        request.connection = connection.number;
        while (readRequest(stream, buffer, request) && exchange(connection, request)) {}
    }
    stream.close(false);
    {
        const std::lock_guard lock(mutex_);
        connection.finished = true;
    }
    changed_.notify_all();
}

bool HttpFaultServer::readRequest(HttpStream& stream, QByteArray& buffer, HttpRequest& request)
{
    qsizetype end = -1;
    while ((end = buffer.indexOf("\r\n\r\n")) < 0)
        if (buffer.size() > 256 * 1024 || !stream.read(buffer))
            return false;
    const QList<QByteArray> lines = buffer.left(end).replace("\r\n", "\n").split('\n');
    const QList<QByteArray> words = lines.first().split(' ');
    if (words.size() != 3)
        return false;
    request.method = words[0];
    request.target = words[1];
    request.version = words[2];
    const qsizetype question = request.target.indexOf('?');
    request.path = question < 0 ? request.target : request.target.left(question);
    request.query = question < 0 ? QByteArray() : request.target.mid(question + 1);
    request.headers.clear();
    for (const QByteArray& line : lines.mid(1)) {
        const qsizetype colon = line.indexOf(':');
        request.headers.append({line.left(colon), line.mid(colon + 1).trimmed()});
    }
    buffer.remove(0, end + 4);
    if (request.header("Expect").toLower() == "100-continue"
        && !stream.write(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")))
        return false;
    const qint64 length = std::clamp<qint64>(request.header("Content-Length").toLongLong(), 0, 64 << 20);
    while (buffer.size() < length)
        if (!stream.read(buffer))
            return false;
    request.body = buffer.left(length);
    buffer.remove(0, length);
    return true;
}

bool HttpFaultServer::exchange(Connection& connection, HttpRequest request)
{
    HttpReply reply;
    std::size_t index = 0;
    std::optional<std::chrono::milliseconds> refuse;
    {
        const std::lock_guard lock(mutex_);
        const auto path = paths_.find(request.path);
        if (path == paths_.end()) {
            PathState none;
            request.number = 1;
            reply = compose(Behaviour{.body = QByteArray(), .status = 404}, request, none, {}, random_);
        } else {
            Path& p = path->second;
            request.number = ++p.state.requests;
            p.peakParallel = std::max(p.peakParallel, ++p.state.parallel);
            reply = compose(p.behaviour, request, p.state, url({}).toEncoded(QUrl::RemovePath), random_);
            if (request.number == p.behaviour.closeListenerAfter)
                refuse = p.behaviour.reopenAfter;
        }
        request.status = reply.status;
        index = log_.size();
        log_.push_back(request);
    }
    changed_.notify_all();
    if (refuse)
        refuseConnectionsFor(*refuse);
    const bool alive = send(connection.stream, reply, index);
    {
        const std::lock_guard lock(mutex_);
        log_[index].finished = true;
        if (const auto path = paths_.find(request.path); path != paths_.end())
            path->second.state.parallel = std::max(0, path->second.state.parallel - 1);
    }
    changed_.notify_all();
    return alive;
}

void HttpFaultServer::refuseConnectionsFor(std::chrono::milliseconds time)
{
    closeListener();
    if (time.count() > 0) {
        const std::lock_guard lock(mutex_);
        reopenAt_ = SteadyClock::now() + time;
    }
    ::eventfd_write(wake_, 1);
}

void HttpFaultServer::closeListener()
{
    std::unique_lock lock(mutex_);
    listening_ = false;
    ::eventfd_write(wake_, 1);
    changed_.wait(lock, [&] { return listener_ < 0 || listening_ || stopping_; });
}

void HttpFaultServer::openListener()
{
    std::unique_lock lock(mutex_);
    listening_ = true;
    reopenAt_.reset();
    ::eventfd_write(wake_, 1);
    changed_.wait(lock, [&] { return listener_ >= 0 || !listening_ || stopping_; });
}

QUrl HttpFaultServer::on(const QByteArray& path, Behaviour behaviour)
{
    const std::lock_guard lock(mutex_);
    paths_[path] = Path{std::move(behaviour), {}, 0};
    return url(path);
}

void HttpFaultServer::change(const QByteArray& path, const std::function<void(Behaviour&)>& edit)
{
    const std::lock_guard lock(mutex_);
    edit(paths_.at(path).behaviour);
}

QUrl HttpFaultServer::url(const QByteArray& path) const
{
    return QUrl::fromEncoded((certificate_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + QByteArray::number(port_) + path);
}

std::vector<HttpRequest> HttpFaultServer::requests(const QByteArray& path) const
{
    const std::lock_guard lock(mutex_);
    std::vector<HttpRequest> found;
    for (const HttpRequest& request : log_)
        if (path.isEmpty() || request.path == path)
            found.push_back(request);
    return found;
}

qint64 HttpFaultServer::bytesSentLocked(const QByteArray& path) const
{
    qint64 sum = 0;
    for (const HttpRequest& request : log_)
        if (path.isEmpty() || request.path == path)
            sum += request.bytesSent;
    return sum;
}

qint64 HttpFaultServer::bytesSent(const QByteArray& path) const
{
    const std::lock_guard lock(mutex_);
    return bytesSentLocked(path);
}

int HttpFaultServer::connectionsMade() const
{
    const std::lock_guard lock(mutex_);
    return accepted_;
}

int HttpFaultServer::connectionsOpen() const
{
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::ranges::count_if(connections_, [](const Connection& c) { return !c.finished; }));
}

int HttpFaultServer::peakParallel(const QByteArray& path) const
{
    const std::lock_guard lock(mutex_);
    const auto it = paths_.find(path);
    return it == paths_.end() ? 0 : it->second.peakParallel;
}

bool HttpFaultServer::waitForRequests(int count, const QByteArray& path, std::chrono::milliseconds atMost) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, atMost, [&] {
        return std::ranges::count_if(log_, [&](const HttpRequest& r) { return path.isEmpty() || r.path == path; }) >= count;
    });
}

bool HttpFaultServer::waitForBytes(qint64 bytes, const QByteArray& path, std::chrono::milliseconds atMost) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, atMost, [&] { return bytesSentLocked(path) >= bytes; });
}

bool HttpFaultServer::waitForStalled(int count, std::chrono::milliseconds atMost) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, atMost, [&] { return stalled_ >= count; });
}

void HttpFaultServer::release()
{
    {
        const std::lock_guard lock(mutex_);
        ++releases_;
    }
    held_.notify_all();
}

void HttpFaultServer::dropConnections()
{
    const std::lock_guard lock(mutex_);
    for (Connection& connection : connections_)
        connection.stream.interrupt();
}

} // namespace weir::test
