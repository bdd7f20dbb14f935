#pragma once
// Frames of the local socket and of native messaging: an unsigned 32-bit little-endian length, then so many bytes of UTF-8
// JSON. Pure; shared by daemon, command line and native host.

#include <weir/result.h>

#include <QByteArray>

namespace weir {

constexpr quint32 kMaxFrameFromClient = 16u << 20;
constexpr quint32 kMaxFrameToBrowser = 1'000'000;

QByteArray frame(QByteArrayView json);

/// Takes what a socket brings, gives whole messages. Memory never exceeds one frame plus what was appended last.
class FrameReader {
public:
    explicit FrameReader(quint32 maxFrame = kMaxFrameFromClient) : maxFrame_(maxFrame) {}
    void append(QByteArrayView bytes) { buffer_.append(bytes); }
    /// The next message; nullopt: not all here yet; RpcFrameTooBig: the connection is of no use any more (also for length 0).
    Result<std::optional<QByteArray>> next();
    bool idle() const { return buffer_.isEmpty(); }

private:
    QByteArray buffer_;
    qsizetype consumed_ = 0;
    quint32 maxFrame_;
};

} // namespace weir
