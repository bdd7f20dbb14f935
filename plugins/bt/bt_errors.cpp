#include "bt/bt_errors.h"

#include <cerrno>
#include <iterator>

namespace weir {

namespace {

struct Row {
    int native;
    Code code;
};

constexpr Row kDisk[] = {{ENOSPC, Code::DiskFull}, {EDQUOT, Code::DiskQuota}, {EROFS, Code::DiskReadOnly},
    {EACCES, Code::DiskPermission}, {EPERM, Code::DiskPermission}, {ENOENT, Code::TorrentDataGone},
    {ENOTDIR, Code::DiskNotADirectory}, {EISDIR, Code::DiskIsADirectory}, {ENAMETOOLONG, Code::DiskNameTooLong},
    {EINVAL, Code::DiskNameInvalid}, {EFBIG, Code::DiskFileTooBig}, {EIO, Code::DiskIo}, {EMFILE, Code::DiskTooManyFiles},
    {ENFILE, Code::DiskTooManyFiles}, {EBUSY, Code::DiskBusy}, {ELOOP, Code::DiskLoop}, {ESTALE, Code::DiskStale},
    {ENOMEM, Code::OutOfMemory}};

constexpr Row kEngine[] = {{lt::errors::torrent_is_no_dict, Code::TorrentUnreadable},
    {lt::errors::torrent_missing_info, Code::TorrentBad}, {lt::errors::torrent_info_no_dict, Code::TorrentBad},
    {lt::errors::torrent_missing_piece_length, Code::TorrentBad}, {lt::errors::torrent_missing_name, Code::TorrentBad},
    {lt::errors::torrent_invalid_name, Code::TorrentBad}, {lt::errors::torrent_invalid_length, Code::TorrentBad},
    {lt::errors::torrent_file_parse_failed, Code::TorrentBad}, {lt::errors::torrent_missing_pieces, Code::TorrentBad},
    {lt::errors::torrent_invalid_hashes, Code::TorrentBad}, {lt::errors::too_many_pieces_in_torrent, Code::TorrentBad},
    {lt::errors::invalid_swarm_metadata, Code::TorrentBad}, {lt::errors::invalid_bencoding, Code::TorrentUnreadable},
    {lt::errors::no_files_in_torrent, Code::TorrentBad}, {lt::errors::torrent_inconsistent_files, Code::TorrentBad},
    {lt::errors::metadata_too_large, Code::TorrentTooBig}, {lt::errors::duplicate_torrent, Code::TorrentDuplicate},
    {lt::errors::missing_info_hash_in_uri, Code::MagnetBad}, {lt::errors::invalid_info_hash, Code::MagnetBad},
    {lt::errors::unsupported_url_protocol, Code::MagnetBad}, {lt::errors::mismatching_file_size, Code::TorrentDataGone},
    {lt::errors::failed_hash_check, Code::TorrentPieceBad}};

template <std::size_t N> Code find(const Row (&rows)[N], int native, Code otherwise)
{
    for (const Row& row : rows)
        if (row.native == native)
            return row.code;
    return otherwise;
}

Code codeOf(const lt::error_code& error)
{
    if (error.category() == boost::system::system_category() || error.category() == boost::system::generic_category())
        return find(kDisk, error.value(), Code::DiskError);
    if (std::string_view(error.category().name()) == "bdecode")
        return Code::TorrentUnreadable;
    if (error.category() == lt::libtorrent_category())
        return find(kEngine, error.value(), Code::TorrentEngine);
    return Code::TorrentEngine;
}

} // namespace

Error torrentError(const lt::error_code& error, const QString& doing)
{
    const QString what = QString::fromStdString(error.message());
    return Error{codeOf(error), doing.isEmpty() ? what : QStringLiteral("%1: %2").arg(doing, what), error.value(), {}};
}

} // namespace weir
