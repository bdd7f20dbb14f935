#pragma once
// The document of a task: brought from where it is, and proven to be its publisher's. Blocking; the task's thread.

#include "metalink/metalink_state.h"

#include <weir/context.h>
#include <weir/signature.h>

namespace weir {

/// "metalink+https://..." says that there must be a metalink: nothing else is taken from there.
bool mustBeMetalink(const QUrl& given);
/// Where it is: `given` without that.
QUrl addressOf(const QUrl& given);
bool isSameHost(const QUrl& a, const QUrl& b);
/// Cookies and passwords go to the task's own host only.
Result<Prefetched> fetchWhole(TaskContext& ctx, const QUrl& url, qint64 most);

/// What an earlier run kept, what another adapter handed over, or else what is there now.
Result<MetalinkState> readState(TaskContext& ctx);
/// What is there now, at the address or path that the user gave.
Result<MetalinkState> readAnew(TaskContext& ctx);
/// The signature lies beside the document, as its name and ".minisig"; it is read if it was not yet. SignatureMissing,
/// SignatureBad, SignatureUntrusted.
Result<void> prove(TaskContext& ctx, MetalinkState& state, const QList<PublicKey>& keys);

} // namespace weir
