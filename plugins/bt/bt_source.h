#pragma once
// From what was asked for (a magnet, a .torrent that another plugin fetched, one on disk or behind a URL) to what libtorrent
// takes. The first three are pure; read() may fetch, on the task's thread.

#include <weir/context.h>

#include <libtorrent/add_torrent_params.hpp>

namespace weir {

constexpr qint64 kMostTorrentBytes = 16 << 20;

/// TorrentUnreadable, TorrentBad, TorrentTooBig.
Result<lt::add_torrent_params> parseTorrent(QByteArrayView bytes);
/// MagnetBad.
Result<lt::add_torrent_params> parseMagnet(const QUrl& url);
bool opensLikeTorrent(QByteArrayView first4k);

Result<lt::add_torrent_params> readSource(TaskContext& ctx);
/// The torrent that a magnet link names as its exact source (xs), if it is there and is that torrent.
std::optional<lt::add_torrent_params> readExactSource(TaskContext& ctx, const lt::add_torrent_params& magnet);
/// Web seeds go out of what libtorrent gets: servers are asked by PieceFeeder.
QStringList takeWebSeeds(lt::add_torrent_params& params);
/// The user's trackers, and the default ones where the torrent is public.
void addTrackers(lt::add_torrent_params& params, const QJsonObject& options, const QJsonObject& section);
/// Those of subscribed lists, in place of the ones that it was given before. None, unless it is known to be public.
void addListedTrackers(lt::add_torrent_params& params, const QStringList& trackers);

} // namespace weir
