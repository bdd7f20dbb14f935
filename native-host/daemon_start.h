#pragma once
// Finds the daemon, or starts it detached and waits until it answers. Single thread.

#include "rpc_client.h"

namespace weir {

/// Connects to the daemon that runs. DaemonNotRunning.
Result<RpcClient> connectToDaemon();
/// The same, after starting it if need be; waits at most 10 s. DaemonProgramMissing; DaemonStartFailed tells the log's last
/// line.
Result<RpcClient> connectOrStart();
/// weir-daemon beside this program.
Result<QString> daemonProgram();

} // namespace weir
