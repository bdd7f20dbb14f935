#include "platform/channel.h"
#include "platform/posix_calls.h"

#include <QtEndian>

#include <array>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace weir {

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

constexpr auto kReaderPatience = 10s;
constexpr quint32 kWithFile = 1u << 31;
constexpr quint32 kCrashed = 0xffffffffu; ///< no length: a longer message than any
constexpr std::size_t kAtOnce = 64 << 10;
constexpr std::size_t kMostFiles = 16; ///< waiting; more are nobody's honest work

tl::unexpected<Error> lost(int error) { return failure(Code::ConnectionLost, QStringLiteral("a plugin's process"), error); }

bool waitFor(int descriptor, short what, Time::time_point until)
{
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Time::now()).count();
        pollfd ready{descriptor, what, 0};
        const int n = ::poll(&ready, 1, int(std::max<qint64>(left, 0)));
        if (n > 0)
            return true;
        if (n == 0 || errno != EINTR)
            return false;
    }
}

union Control {
    cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * kMostFiles)];
};

} // namespace

Result<std::pair<std::unique_ptr<Channel>, std::unique_ptr<Channel>>> Channel::pair()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return failure(Code::SocketLimit, QStringLiteral("a plugin's process"), errno);
    return std::pair(std::make_unique<Channel>(ends[0]), std::make_unique<Channel>(ends[1]));
}

Channel::~Channel()
{
    for (const int file : files_)
        ::close(file);
    ::close(descriptor_);
}

Channel::Message::~Message()
{
    if (descriptor >= 0)
        ::close(descriptor);
}

void Channel::shutDown() { ::shutdown(descriptor_, SHUT_RDWR); }

void Channel::sayCrashed(int descriptor) { (void)!::send(descriptor, &kCrashed, sizeof kCrashed, MSG_NOSIGNAL | MSG_DONTWAIT); }

Result<void> Channel::send(QByteArrayView message, int descriptor)
{
    if (message.isEmpty() || message.size() > kMostMessage)
        return failure(Code::RpcFrameTooBig, QString::number(message.size()));
    char header[sizeof(quint32)];
    qToLittleEndian(quint32(message.size()) | (descriptor >= 0 ? kWithFile : 0), header);
    std::array<iovec, 2> pieces{
        iovec{header, sizeof header}, iovec{const_cast<char*>(message.data()), std::size_t(message.size())}};
    Control control = {};
    msghdr packet = {};
    packet.msg_iov = pieces.data();
    packet.msg_iovlen = pieces.size();
    if (descriptor >= 0) {
        packet.msg_control = control.bytes;
        packet.msg_controllen = CMSG_SPACE(sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    }
    const std::lock_guard lock(sending_);
    const auto until = Time::now() + kReaderPatience;
    for (std::size_t left = sizeof header + std::size_t(message.size()); left > 0;) {
        const ssize_t n = ::sendmsg(descriptor_, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno != EAGAIN || !waitFor(descriptor_, POLLOUT, until)))
            return lost(errno);
        if (n < 0)
            continue;
        left -= std::size_t(n);
        packet.msg_control = nullptr; // it went with the first byte
        packet.msg_controllen = 0;
        auto gone = std::size_t(n);
        for (iovec& piece : pieces) {
            const std::size_t of = std::min(gone, piece.iov_len);
            piece.iov_base = static_cast<char*>(piece.iov_base) + of;
            piece.iov_len -= of;
            gone -= of;
        }
    }
    return {};
}

Result<std::optional<Channel::Message>> Channel::receive(std::chrono::milliseconds atMost)
{
    const auto until = Time::now() + atMost;
    for (;;) {
        auto message = taken();
        if (!message || *message)
            return message;
        if (!waitFor(descriptor_, POLLIN, until))
            return std::nullopt;
        if (auto ok = read(); !ok)
            return failure(ok.error());
    }
}

/// The first whole message of what has come.
Result<std::optional<Channel::Message>> Channel::taken()
{
    if (buffer_.size() < qsizetype(sizeof(quint32)))
        return std::nullopt;
    const auto header = qFromLittleEndian<quint32>(buffer_.constData());
    if (header == kCrashed)
        return failure(Code::PluginCrashed);
    const auto length = qsizetype(header & ~kWithFile);
    if (length == 0 || length > kMostMessage)
        return failure(Code::RpcFrameTooBig, QString::number(length));
    const qsizetype whole = qsizetype(sizeof header) + length;
    if (buffer_.size() < whole)
        return std::nullopt;
    int file = -1;
    if (header & kWithFile) {
        if (files_.empty())
            return failure(Code::RpcFrameTooBig, QStringLiteral("a file was announced, and none came"));
        file = files_.front();
        files_.pop_front();
    }
    Message message(buffer_.sliced(sizeof header, length), file);
    buffer_.remove(0, whole);
    return std::optional(std::move(message));
}

Result<void> Channel::read()
{
    const qsizetype before = buffer_.size();
    buffer_.resize(before + qsizetype(kAtOnce));
    iovec piece{buffer_.data() + before, kAtOnce};
    Control control = {};
    msghdr packet = {};
    packet.msg_iov = &piece;
    packet.msg_iovlen = 1;
    packet.msg_control = control.bytes;
    packet.msg_controllen = sizeof control.bytes;
    const ssize_t n = uninterrupted([&] { return ::recvmsg(descriptor_, &packet, MSG_CMSG_CLOEXEC); });
    const int error = errno;
    buffer_.resize(before + std::max<ssize_t>(n, 0));
    for (cmsghdr* each = CMSG_FIRSTHDR(&packet); n >= 0 && each; each = CMSG_NXTHDR(&packet, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int file = -1;
            std::memcpy(&file, CMSG_DATA(each) + i * sizeof(int), sizeof file);
            files_.push_back(file);
        }
    }
    if (n <= 0)
        return lost(n < 0 ? error : 0);
    if (files_.size() > kMostFiles)
        return failure(Code::RpcFrameTooBig, QStringLiteral("too many open files came"));
    return {};
}

} // namespace weir
