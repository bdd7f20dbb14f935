#include "support/http_stream.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace weir::test {

HttpStream::~HttpStream()
{
    close(false);
    SSL_free(tls_);
}

bool HttpStream::startTls(ssl_ctx_st* context)
{
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, socket_);
    return SSL_accept(tls_) == 1;
}

bool HttpStream::read(QByteArray& into)
{
    std::array<char, 16384> buffer;
    const auto n = tls_ ? SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()))
                        : static_cast<int>(::recv(socket_, buffer.data(), buffer.size(), 0));
    if (n <= 0)
        return false;
    into.append(buffer.data(), n);
    return true;
}

bool HttpStream::write(std::span<const char> data)
{
    while (!data.empty()) {
        const auto n = tls_ ? SSL_write(tls_, data.data(), static_cast<int>(data.size()))
                            : static_cast<int>(::send(socket_, data.data(), data.size(), MSG_NOSIGNAL));
        if (n <= 0)
            return false;
        data = data.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

void HttpStream::close(bool reset)
{
    const std::lock_guard lock(mutex_);
    if (socket_ < 0)
        return;
    if (reset) {
        const linger now{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    } else if (tls_) {
        SSL_shutdown(tls_);
    }
    ::close(socket_);
    socket_ = -1;
}

void HttpStream::interrupt()
{
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0)
        ::shutdown(socket_, SHUT_RDWR);
}

bool HttpStream::peerIsGone() const
{
    pollfd p{socket_, POLLRDHUP, 0};
    return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

} // namespace weir::test
