#include "frame_pipe.h"

#include <QString>

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace weir {

namespace {

tl::unexpected<Error> lost(int error)
{
    return failure(Code::ConnectionLost, error ? QString::fromLocal8Bit(std::strerror(error)) : QString(), error);
}

} // namespace

Result<QByteArray> FrameSource::next()
{
    char bytes[64 * 1024];
    for (;;) {
        auto message = reader_.next();
        if (!message)
            return failure(message.error());
        if (*message)
            return std::move(**message);
        const ssize_t got = ::read(descriptor_, bytes, sizeof bytes);
        if (got > 0)
            reader_.append(QByteArrayView(bytes, got));
        else if (got == 0)
            return reader_.idle() ? lost(0) : failure(Code::RpcFrameTruncated);
        else if (errno != EINTR)
            return lost(errno);
    }
}

Result<void> FrameTarget::write(QByteArrayView json)
{
    const QByteArray bytes = frame(json);
    const std::lock_guard lock(mutex_);
    for (qsizetype at = 0; at < bytes.size();) {
        const ssize_t sent = ::write(descriptor_, bytes.constData() + at, std::size_t(bytes.size() - at));
        if (sent >= 0)
            at += sent;
        else if (errno != EINTR)
            return lost(errno);
    }
    return {};
}

} // namespace weir
