#include "make_torrent.h"

#include "piece_size.h"

#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/file_storage.hpp>
#include <libtorrent/settings_pack.hpp>

#include <algorithm>
#include <iterator>
#include <thread>

namespace weir {

namespace {

lt::create_flags_t flagsOf(TorrentFormat format)
{
    switch (format) {
    case TorrentFormat::V1: return lt::create_torrent::v1_only;
    case TorrentFormat::V2: return lt::create_torrent::v2_only;
    case TorrentFormat::Hybrid: break;
    }
    return {};
}

void describe(lt::create_torrent& torrent, const TorrentOptions& options)
{
    torrent.set_creator("weir");
    torrent.set_creation_date(std::time_t(options.date.value_or(0)));
    if (!options.comment.isEmpty())
        torrent.set_comment(options.comment.toUtf8().constData());
    torrent.set_priv(options.isPrivate);
    for (int tier = 0; tier < options.tiers.size(); ++tier)
        for (const QString& url : options.tiers[tier])
            torrent.add_tracker(url.toStdString(), tier);
    for (const QString& url : options.webSeeds)
        torrent.add_url_seed(url.toStdString());
}

QByteArray encoded(const lt::create_torrent& torrent, const TorrentOptions& options)
{
    lt::entry root = torrent.generate();
    lt::entry& info = root["info"];
    // transmission-create says it always, and then both have the same info-hash.
    if (options.format == TorrentFormat::V1 && !options.isPrivate)
        info["private"] = 0;
    if (!options.source.isEmpty())
        info["source"] = options.source.toStdString();
    std::vector<char> bytes;
    lt::bencode(std::back_inserter(bytes), root);
    return QByteArray(bytes.data(), qsizetype(bytes.size()));
}

Result<QByteArray> make(
    const ShareListing& listing, const TorrentOptions& options, const std::function<void(int, int)>& progress)
{
    lt::file_storage files;
    for (const ShareFile& file : listing.files)
        files.add_file(file.path, file.size);
    const qint64 pieceSize = options.pieceSize > 0 ? options.pieceSize : pieceSizeFor(listing.size);
    lt::create_torrent torrent(files, int(pieceSize), flagsOf(options.format));
    describe(torrent, options);

    lt::settings_pack settings;
    const int processors = std::max(1, int(std::thread::hardware_concurrency()));
    settings.set_int(lt::settings_pack::hashing_threads, options.threads > 0 ? options.threads : processors);
    int done = 0;
    lt::error_code fault;
    lt::set_piece_hashes(
        torrent, listing.parent, settings, [&](lt::piece_index_t) { progress(++done, torrent.num_pieces()); }, fault);
    if (fault)
        return failure(Code::InputUnreadable,
            QStringLiteral("%1: %2").arg(QString::fromStdString(listing.name), QString::fromStdString(fault.message())),
            fault.value());
    return encoded(torrent, options);
}

} // namespace

Result<QByteArray> makeTorrent(
    const ShareListing& listing, const TorrentOptions& options, const std::function<void(int, int)>& progress)
{
    // libtorrent throws for some impossible inputs.
    try {
        return make(listing, options, progress);
    } catch (const std::exception& fault) {
        return failure(Code::NothingToShare, QString::fromUtf8(fault.what()));
    }
}

} // namespace weir
