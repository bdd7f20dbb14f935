#pragma once
// Frames over plain blocking descriptors, one for each direction. A source belongs to one thread; a target may be written to
// by several, each message whole. Descriptors are not owned.

#include "rpc/frame.h"

#include <mutex>

namespace weir {

class FrameSource {
public:
    FrameSource(int descriptor, quint32 maxFrame) : descriptor_(descriptor), reader_(maxFrame) {}
    /// The next message; waits for it. ConnectionLost: the other end has closed it between two messages; RpcFrameTruncated:
    /// inside one; RpcFrameTooBig: also for length 0.
    Result<QByteArray> next();

private:
    const int descriptor_;
    FrameReader reader_;
};

class FrameTarget {
public:
    explicit FrameTarget(int descriptor) : descriptor_(descriptor) {}
    /// ConnectionLost.
    Result<void> write(QByteArrayView json);

private:
    const int descriptor_;
    std::mutex mutex_;
};

} // namespace weir
