#pragma once
// Descriptions of a file that is being fetched: metalinks and torrents that its server names (RFC 6249), or that lie beside it
// under the usual names. None is believed before it fits. The task's thread.

#include <weir/context.h>

namespace weir {

/// Where descriptions of what is behind a link usually lie. Pure.
QList<QUrl> namesBeside(const QUrl& link);
/// Size and digests of one don't contradict the other. Pure.
bool mayBeSame(const DescribedFile& said, const DescribedFile& known);

/// The first description that fits what the first reply said, as the other adapter is to get it; empty: none, or not worth the
/// trouble. Torrents only where spec().lookBeside allows it. All are asked for at once, with a few seconds for everything. What
/// the server names needs the right size; what was guessed a digest or a piece too.
std::optional<Prefetched> findDescription(TaskContext& ctx, const FetchHead& head);

} // namespace weir
