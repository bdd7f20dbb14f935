#pragma once
// A conversation between two processes of ours: whole messages over a local socket, and with some of them an open file. send()
// and shutDown() from any thread, receive() from one; whoever holds an end owns it. The other end is not trusted.

#include <weir/result.h>

#include <QByteArray>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace weir {

class Channel {
public:
    static constexpr qsizetype kMostMessage = 24 << 20;

    static Result<std::pair<std::unique_ptr<Channel>, std::unique_ptr<Channel>>> pair(); ///< SocketLimit
    explicit Channel(int descriptor) : descriptor_(descriptor) {}                        ///< takes it
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    struct Message {
        QByteArray bytes;
        int descriptor = -1; ///< of the open file that came along; the receiver's, unless it is taken
        Message(QByteArray bytes, int descriptor) : bytes(std::move(bytes)), descriptor(descriptor) {}
        Message(Message&& other) noexcept : bytes(std::move(other.bytes)), descriptor(other.take()) {}
        ~Message();
        int take() { return std::exchange(descriptor, -1); }
    };
    /// `descriptor` stays the caller's. Waits at most 10 s for a reader. ConnectionLost.
    Result<void> send(QByteArrayView message, int descriptor = -1);
    /// Nothing: the time is up. ConnectionLost: the other end is gone; RpcFrameTooBig; PluginCrashed: the other end says so.
    Result<std::optional<Message>> receive(std::chrono::milliseconds atMost);
    /// Both ends learn that it is over.
    void shutDown();
    int descriptor() const { return descriptor_; }

    /// The last word of a process that crashes, for its signal handler: calls nothing that is not safe there.
    static void sayCrashed(int descriptor);

private:
    Result<std::optional<Message>> taken();
    Result<void> read();

    const int descriptor_;
    std::mutex sending_;
    QByteArray buffer_;
    std::deque<int> files_; ///< that came, and whose messages are still to be taken
};

} // namespace weir
