#pragma once
// `weir-daemon --plugin-worker`: the process in which the tasks of one plugin of somebody else run, with an engine of its own,
// and weir's own plugins to fetch through. Its standard input is a channel to the daemon. It ends when the daemon closes that.

namespace weir {

/// Inside a QCoreApplication. The exit status.
int runPluginWorker();

} // namespace weir
