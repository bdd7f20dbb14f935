#include "support/ftp_server.h"

#include <QSet>

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::test {

namespace {

class Socket {
public:
    Socket() = default;
    explicit Socket(int number) : number_(number) {}
    Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Socket& operator=(Socket&& other) noexcept
    {
        close();
        number_ = std::exchange(other.number_, -1);
        return *this;
    }
    ~Socket() { close(); }
    void close()
    {
        if (number_ >= 0)
            ::close(number_);
        number_ = -1;
    }
    int number() const { return number_; }

private:
    int number_ = -1;
};

sockaddr_in loopback(quint16 port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

} // namespace

/// What one control connection knows.
class FtpServer::Session {
public:
    Session(FtpServer& server, Connection& control) : server_(server), control_(control) {}

    void run()
    {
        say(server_.behaviour().welcome);
        QByteArray input;
        while (open_) {
            const QByteArray more = control_.read();
            if (more.isEmpty())
                return;
            input += more;
            for (qsizetype end = 0; open_ && (end = input.indexOf("\r\n")) >= 0;) {
                const QByteArray line = input.left(end);
                input = input.mid(end + 2);
                {
                    const std::lock_guard lock(server_.mutex_);
                    server_.commands_.append(line);
                }
                const qsizetype blank = line.indexOf(' ');
                obey(line.left(blank < 0 ? line.size() : blank).toUpper(), blank < 0 ? QByteArray() : line.mid(blank + 1));
            }
        }
    }

private:
    void say(const QByteArray& reply)
    {
        if (!server_.behaviour().bytewise) {
            control_.write(reply);
            return;
        }
        for (const char byte : reply)
            control_.write(QByteArrayView(&byte, 1));
    }
    void reply(const char* text) { say(QByteArray(text) + "\r\n"); }

    QByteArray absolute(const QByteArray& path) const { return path.startsWith('/') ? path : folder_ + path; }

    void obey(const QByteArray& verb, const QByteArray& word);
    void listen(bool extended);
    Socket data();
    void retrieve(const QByteArray& path);
    void list(bool machine);
    void send(const QByteArray& bytes, qint64 dropAt);

    FtpServer& server_;
    Connection& control_;
    QByteArray folder_ = "/", user_;
    Socket listener_;
    quint16 activePort_ = 0;
    qint64 rest_ = 0;
    bool open_ = true;
};

void FtpServer::Session::listen(bool extended)
{
    activePort_ = 0;
    listener_ = Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    if (bind(listener_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0
        || ::listen(listener_.number(), 1) != 0)
        qFatal("no listening socket");
    getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &length);
    const quint16 port = ntohs(address.sin_port);
    if (extended)
        say("229 Yes (|||" + QByteArray::number(port) + "|)\r\n");
    else
        say("227 Yes (127,0,0,1," + QByteArray::number(port >> 8) + ',' + QByteArray::number(port & 255) + ")\r\n");
}

Socket FtpServer::Session::data()
{
    if (activePort_ != 0) {
        Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_in address = loopback(activePort_);
        return connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? std::move(socket)
                                                                                                          : Socket();
    }
    pollfd wait{listener_.number(), POLLIN, 0};
    if (listener_.number() < 0 || poll(&wait, 1, 5000) != 1)
        return {};
    return Socket(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
}

void FtpServer::Session::send(const QByteArray& bytes, qint64 dropAt)
{
    Socket to = data();
    listener_.close();
    if (to.number() < 0)
        return reply("425 No data connection");
    QByteArrayView left =
        dropAt >= 0 ? QByteArrayView(bytes).first(std::min<qint64>(dropAt, bytes.size())) : QByteArrayView(bytes);
    while (!left.isEmpty()) {
        const ssize_t sent = ::send(to.number(), left.data(), std::size_t(left.size()), MSG_NOSIGNAL);
        if (sent <= 0)
            return reply("426 You hung up");
        left = left.sliced(sent);
    }
    if (server_.behaviour().leavesOpen) {
        pollfd hungUp{to.number(), POLLRDHUP, 0};
        poll(&hungUp, 1, 30'000);
    }
    to.close();
    if (!server_.behaviour().silentAtEnd)
        reply("226 Done");
}

void FtpServer::Session::retrieve(const QByteArray& path)
{
    const auto content = server_.file(path);
    if (!content)
        return reply("550 No such file");
    qint64 dropAt = -1;
    {
        const std::lock_guard lock(server_.mutex_);
        if (server_.behaviour_.drops > 0 && server_.behaviour_.dropsAt >= 0) {
            --server_.behaviour_.drops;
            dropAt = server_.behaviour_.dropsAt;
        }
    }
    const FtpBehaviour now = server_.behaviour();
    if (!now.retrRefusal.isEmpty())
        return say(now.retrRefusal);
    if (path == now.unreadable)
        return reply("550 Failed to open file: permission denied");
    const qint64 from = now.ignoresRest ? 0 : std::exchange(rest_, 0);
    rest_ = 0;
    say(now.opening + "\r\n");
    send(content->mid(from), dropAt);
}

void FtpServer::Session::list(bool machine)
{
    const FtpBehaviour now = server_.behaviour();
    QByteArray text = now.listing;
    if (text.isEmpty()) {
        const std::lock_guard lock(server_.mutex_);
        QSet<QByteArray> folders;
        for (auto each = server_.files_.cbegin(); each != server_.files_.cend(); ++each) {
            if (!each.key().startsWith(folder_))
                continue;
            const QByteArray rest = each.key().mid(folder_.size());
            const bool isFolder = rest.contains('/');
            const QByteArray name = isFolder ? rest.left(rest.indexOf('/')) : rest;
            if (isFolder && folders.contains(name))
                continue;
            if (isFolder)
                folders.insert(name);
            const QByteArray size = QByteArray::number(isFolder ? 4096 : each->size());
            text += machine ? QByteArray(isFolder ? "type=dir;" : "type=file;size=" + size + ';') + "modify=20240102030405; "
                    + name + "\r\n"
                            : QByteArray(isFolder ? "drwxr-xr-x" : "-rw-r--r--") + "   1 ftp      ftp  "
                    + size.rightJustified(12) + " Jan 02  2024 " + name + "\r\n";
        }
    }
    reply("150 Here it comes");
    send(text, -1);
}

void FtpServer::Session::obey(const QByteArray& verb, const QByteArray& word)
{
    const FtpBehaviour now = server_.behaviour();
    if (verb == "USER") {
        user_ = word;
        return reply("331 And the password?");
    }
    if (verb == "PASS") {
        const bool welcome = now.user.isEmpty() || (user_ == now.user && word == now.password);
        if (!now.loginRefusal.isEmpty())
            return say(now.loginRefusal);
        return reply(welcome ? "230 Welcome" : "530 Login incorrect.");
    }
    if (verb == "PWD")
        return reply("257 \"/\" is the folder");
    if (verb == "CWD") {
        folder_ = absolute(word);
        if (!folder_.endsWith('/'))
            folder_ += '/';
        return reply(server_.hasFolder(folder_) ? "250 There" : "550 No such folder");
    }
    if (verb == "TYPE" || verb == "OPTS")
        return reply("200 Yes");
    if (verb == "QUIT") {
        open_ = false;
        return reply("221 Bye");
    }
    if ((verb == "EPSV" && now.epsv) || verb == "PASV")
        return now.noData ? reply("425 Not today") : listen(verb == "EPSV");
    if (verb == "EPRT") {
        activePort_ = word.split('|').value(3).toUShort();
        return reply("200 Yes");
    }
    const QByteArray path = absolute(word);
    if ((verb == "SIZE" && now.size) || (verb == "MDTM" && now.mdtm)) {
        const auto content = server_.file(path);
        if (!content)
            return reply("550 No such file");
        const qint64 size = content->size() + now.sizeLie;
        return say("213 " + (verb == "SIZE" ? QByteArray::number(size) : now.modified) + "\r\n");
    }
    if (verb == "REST" && now.rest) {
        rest_ = word.toLongLong();
        return reply("350 From there");
    }
    if (verb == "RETR")
        return retrieve(path);
    if ((verb == "MLSD" && now.mlsd) || verb == "LIST")
        return list(verb == "MLSD");
    reply("502 Unknown command");
}

FtpServer::FtpServer(QMap<QByteArray, QByteArray> files, FtpBehaviour behaviour)
    : files_(std::move(files)),
      behaviour_(std::move(behaviour)),
      server_([this](Connection& connection) { serve(connection); })
{}

QUrl FtpServer::url(const QString& path) const { return QUrl(QStringLiteral("ftp://127.0.0.1:%1%2").arg(port()).arg(path)); }

QList<QByteArray> FtpServer::commands() const
{
    const std::lock_guard lock(mutex_);
    return commands_;
}

FtpBehaviour FtpServer::behaviour() const
{
    const std::lock_guard lock(mutex_);
    return behaviour_;
}

std::optional<QByteArray> FtpServer::file(const QByteArray& path) const
{
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(path);
    return found == files_.end() ? std::nullopt : std::optional(*found);
}

bool FtpServer::hasFolder(const QByteArray& path) const
{
    const std::lock_guard lock(mutex_);
    return std::any_of(files_.keyBegin(), files_.keyEnd(), [&path](const QByteArray& file) { return file.startsWith(path); });
}

void FtpServer::behave(const std::function<void(FtpBehaviour&)>& change)
{
    const std::lock_guard lock(mutex_);
    change(behaviour_);
}

void FtpServer::put(const QByteArray& path, const QByteArray& content)
{
    const std::lock_guard lock(mutex_);
    files_.insert(path, content);
}

void FtpServer::serve(Connection& connection)
{
    bool full = false;
    {
        const std::lock_guard lock(mutex_);
        full = behaviour_.mostClients > 0 && clients_ >= behaviour_.mostClients;
        clients_ += !full;
    }
    if (full) {
        connection.write("421 Too many connections from you\r\n");
        return;
    }
    Session(*this, connection).run();
    const std::lock_guard lock(mutex_);
    --clients_;
}

} // namespace weir::test
