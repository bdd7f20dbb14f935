// How a composed reply leaves: slices, pauses, stalls and cuts. On the connection's thread.
#include "support/content.h"
#include "support/http_fault_server.h"
#include "support/http_stream.h"

#include <algorithm>

namespace weir::test {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kSlice = 128 * 1024;
constexpr std::chrono::milliseconds kLook(10); // how often a held reply looks whether the client is still there

} // namespace

bool HttpFaultServer::send(HttpStream& stream, const HttpReply& reply, std::size_t logIndex)
{
    if (reply.silent) {
        stream.close(reply.reset);
        return false;
    }
    if (!pause(stream, reply.firstByteDelay) || !stream.write(reply.head))
        return false;
    if (reply.bodyless)
        return !reply.close;
    return sendBody(stream, reply, logIndex) && finishBody(stream, reply) && !reply.close;
}

bool HttpFaultServer::sendBody(HttpStream& stream, const HttpReply& reply, std::size_t logIndex)
{
    const qint64 end = std::min(reply.length, reply.cutAfter.value_or(reply.length));
    qint64 stallAt = reply.stallAfter.value_or(-1); // -1: no more
    std::vector<char> slice;
    qint64 most = static_cast<qint64>(kSlice);
    if (reply.rate > 0)
        most = std::clamp<qint64>(reply.rate / 50, 512, most);
    if (reply.dripBytes > 0)
        most = reply.dripBytes;
    const auto start = SteadyClock::now();
    for (qint64 at = 0; at < end || stallAt >= 0;) {
        if (stallAt >= 0 && at >= stallAt) {
            stallAt = -1;
            if (!stall(stream))
                return false;
            continue;
        }
        const qint64 size = std::min({most, end - at, stallAt >= 0 ? stallAt - at : end});
        slice.clear();
        if (reply.chunked) {
            const QByteArray line = reply.brokenChunk && at > 0 ? QByteArray("zz\r\n") : QByteArray::number(size, 16) + "\r\n";
            slice.assign(line.begin(), line.end());
        }
        const std::size_t head = slice.size();
        slice.resize(head + static_cast<std::size_t>(size));
        if (reply.fromContent)
            fillContent(reply.seed, reply.begin + at, std::span(slice).subspan(head));
        else
            std::copy_n(reply.literal.constData() + reply.begin + at, size, slice.begin() + static_cast<std::ptrdiff_t>(head));
        if (reply.chunked)
            slice.insert(slice.end(), {'\r', '\n'});
        at += size;
        { // counted before it is sent: who has received it must find it counted
            const std::lock_guard lock(mutex_);
            log_[logIndex].bytesSent = at;
        }
        changed_.notify_all();
        if (!stream.write(slice))
            return false;
        if (reply.dripBytes > 0 && !pause(stream, reply.dripPause))
            return false;
        if (reply.rate > 0
            && !pause(stream, start + std::chrono::nanoseconds(at * 1'000'000'000 / reply.rate) - SteadyClock::now()))
            return false;
    }
    return true;
}

bool HttpFaultServer::finishBody(HttpStream& stream, const HttpReply& reply)
{
    if (reply.cutAfter) {
        stream.close(reply.reset);
        return false;
    }
    if (reply.chunked && reply.lastChunk && !stream.write(std::string_view("0\r\n\r\n")))
        return false;
    return reply.extraBytes == 0 || stream.write(QByteArray(reply.extraBytes, '!'));
}

bool HttpFaultServer::stall(HttpStream& stream)
{
    std::unique_lock lock(mutex_);
    const int before = releases_;
    ++stalled_;
    changed_.notify_all();
    bool gone = false;
    while (!stopping_ && releases_ == before && !(gone = stream.peerIsGone()))
        held_.wait_for(lock, kLook);
    --stalled_;
    return !stopping_ && !gone;
}

bool HttpFaultServer::pause(HttpStream& stream, std::chrono::nanoseconds time)
{
    if (time.count() <= 0)
        return true;
    const auto until = SteadyClock::now() + time;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto now = SteadyClock::now();
        if (now >= until)
            return true;
        if (stream.peerIsGone())
            return false;
        held_.wait_until(lock, std::min(until, now + kLook));
    }
    return false;
}

} // namespace weir::test
