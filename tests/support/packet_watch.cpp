#include "support/packet_watch.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::test {

namespace {

constexpr qsizetype kMostTargets = 1000;
constexpr quint8 kTcp = 6, kUdp = 17;

} // namespace

PacketWatch::PacketWatch(const NetLab& lab, const QString& machine)
{
    lab.inside(machine, [this] { socket_ = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)); });
    if (socket_ < 0)
        qFatal("no packet socket");
    thread_ = std::thread([this] { run(); });
}

PacketWatch::~PacketWatch()
{
    stop_ = true;
    thread_.join();
    ::close(socket_);
}

QList<PacketWatch::Target> PacketWatch::targets() const
{
    const std::lock_guard lock(mutex_);
    return targets_;
}

void PacketWatch::run()
{
    while (!stop_) {
        pollfd wait{socket_, POLLIN, 0};
        if (poll(&wait, 1, 50) <= 0)
            continue;
        unsigned char packet[128];
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        const ssize_t got = recvfrom(socket_, packet, sizeof packet, 0, reinterpret_cast<sockaddr*>(&from), &length);
        const bool ip = from.sll_protocol == htons(ETH_P_IP) || from.sll_protocol == htons(ETH_P_IPV6);
        if (got > 0 && ip && from.sll_pkttype == PACKET_OUTGOING)
            take({packet, std::size_t(got)});
    }
}

void PacketWatch::take(std::span<const unsigned char> packet)
{
    Target target;
    std::size_t header = 0;
    if (packet[0] >> 4 == 4 && packet.size() >= 20) {
        header = std::size_t(packet[0] & 15) * 4;
        target.protocol = packet[9];
        target.address =
            QHostAddress(quint32(packet[16]) << 24 | quint32(packet[17]) << 16 | quint32(packet[18]) << 8 | packet[19]);
    } else if (packet[0] >> 4 == 6 && packet.size() >= 40) {
        header = 40;
        target.protocol = packet[6];
        target.address = QHostAddress(packet.data() + 24);
    } else {
        return;
    }
    if ((target.protocol == kTcp || target.protocol == kUdp) && packet.size() >= header + 4)
        target.port = quint16(packet[header + 2] << 8 | packet[header + 3]);
    const std::lock_guard lock(mutex_);
    if (!targets_.contains(target) && targets_.size() < kMostTargets)
        targets_.append(target);
}

} // namespace weir::test
