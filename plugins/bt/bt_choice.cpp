#include "bt/bt_choice.h"

#include <algorithm>

namespace weir {

bool isWanted(const FilePriorities& priorities, const TorrentFile& file)
{
    const auto place = std::size_t(int(file.index));
    return place >= priorities.size() || priorities[place] != lt::dont_download;
}

PieceRange piecesOf(const lt::file_storage& storage, const TorrentFile& file)
{
    if (file.size == 0)
        return {};
    return {storage.map_file(file.index, 0, 0).piece, next(storage.map_file(file.index, file.size - 1, 0).piece)};
}

FilePriorities prioritiesOf(const lt::torrent_info& torrent, const std::vector<TorrentFile>& files, const QList<int>& chosen)
{
    FilePriorities priorities(std::size_t(torrent.num_files()), lt::dont_download); // also what an earlier choice left out
    for (const int wanted : chosen)
        priorities[std::size_t(int(files[std::size_t(wanted)].index))] = lt::default_priority;
    return priorities;
}

qint64 wantedSize(const std::vector<TorrentFile>& files, const FilePriorities& priorities)
{
    qint64 size = 0;
    for (const TorrentFile& file : files)
        if (isWanted(priorities, file))
            size += file.size;
    return size;
}

bool hasAllWanted(const lt::add_torrent_params& params, const std::vector<TorrentFile>& files)
{
    const auto& have = params.have_pieces;
    if (have.empty())
        return true;
    return std::all_of(files.begin(), files.end(), [&](const TorrentFile& file) {
        const PieceRange range = piecesOf(params.ti->files(), file);
        bool all = true;
        for (auto piece = range.begin; piece < range.end; ++piece)
            all = all && int(piece) < have.size() && have[piece];
        return all || !isWanted(params.file_priorities, file);
    });
}

void forgetWhatLiesApart(lt::add_torrent_params& params, const std::vector<TorrentFile>& files, const FilePriorities& before)
{
    for (const TorrentFile& file : files) {
        if (file.size == 0 || isWanted(before, file) || !isWanted(params.file_priorities, file))
            continue;
        const PieceRange range = piecesOf(params.ti->files(), file);
        for (const lt::piece_index_t piece : {range.begin, range.last()}) {
            if (int(piece) < params.have_pieces.size())
                params.have_pieces.clear_bit(piece);
            params.unfinished_pieces.erase(piece);
        }
    }
}

} // namespace weir
