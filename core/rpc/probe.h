#pragma once
// task.probe: asks for a resource as a download would, looks at the reply's head and first bytes, and hangs up. If another
// plugin knows the content, its task goes as far as it can without writing (Queue::look). Main thread; the bytes come on the
// fetcher's. A client that goes away takes its probes with it.

#include "rpc/method_table.h"

namespace weir {

/// {url, finalUrl, name, size, kind, mime, resumable, files, variants, validator?, digests?}
void startProbe(Backend& backend, Session& session, NewTask task, Reply reply);

} // namespace weir
