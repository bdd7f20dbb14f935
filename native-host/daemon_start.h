#pragma once
// Finds the daemon, or starts it detached and waits until it answers. Single thread.

#include "rpc_client.h"

namespace weir {

/// Connects to the daemon that runs. DaemonNotRunning.
Result<RpcClient> connectToDaemon(const Greeting& greeting = {});
/// The same, after starting it if need be, as the user's systemd unit where that is installed; waits at most 10 s.
/// DaemonProgramMissing; DaemonStartFailed tells the log's last line.
Result<RpcClient> connectOrStart(const Greeting& greeting = {});
/// weir-daemon beside this program.
Result<QString> daemonProgram();

} // namespace weir
