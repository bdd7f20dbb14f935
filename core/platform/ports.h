#pragma once
// Who has a port of this machine. Any thread; reads what the system tells of all sockets, which may take a while.

#include <QString>

#include <optional>

namespace weir {

struct PortHolder {
    qint64 process = 0; ///< 0: the system does not tell; somebody else's
    QString program;
};
/// For TCP the one that listens there. Nothing: nobody has it, or this system does not tell.
std::optional<PortHolder> portHolder(quint16 port);

} // namespace weir
