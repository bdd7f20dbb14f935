#pragma once
// Who the programs on a machine of a NetLab speak to: the target of every IP packet that leaves it by any interface, loopback
// too. A thread of its own listens; main thread of a test otherwise.

#include "support/net_lab.h"

#include <QHostAddress>

#include <atomic>
#include <mutex>
#include <span>
#include <thread>

namespace weir::test {

class PacketWatch {
public:
    struct Target {
        QHostAddress address;
        quint8 protocol = 0; ///< 6: TCP, 17: UDP
        quint16 port = 0;
        bool operator==(const Target&) const = default;
    };

    PacketWatch(const NetLab& lab, const QString& machine);
    ~PacketWatch();
    QList<Target> targets() const; ///< each once

private:
    void run();
    void take(std::span<const unsigned char> packet);

    int socket_ = -1;
    std::atomic<bool> stop_{false};
    mutable std::mutex mutex_;
    QList<Target> targets_;
    std::thread thread_;
};

} // namespace weir::test
