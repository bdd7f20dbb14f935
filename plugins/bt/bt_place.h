#pragma once
// Where a torrent's files lie: below NAME.part until all are whole, then below NAME; a torrent of one file is that file.
// The names inside come from strangers: here they become ones that stay inside. The task's thread.

#include <weir/result.h>
#include <weir/task.h>

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/torrent_info.hpp>

namespace weir {

/// The files that a torrent is made of, without padding: path below its own folder, and place in its list.
struct TorrentFile {
    QString path;
    qint64 size = 0;
    lt::file_index_t index{0};
};
/// Paths are relative and safe: no "..", no control characters, parts of at most 255 bytes, none twice.
std::vector<TorrentFile> torrentFiles(const lt::torrent_info& info);
/// One file without a folder around it.
bool isSingleFile(const lt::torrent_info& info);

class TorrentPlace {
public:
    TorrentPlace(QString directory, QString name, bool single)
        : directory_(std::move(directory)),
          name_(std::move(name)),
          single_(single)
    {}

    QString part() const { return final() + QStringLiteral(".part"); }
    QString final() const { return directory_ + u'/' + name_; }
    /// Tells libtorrent where each file is, whole or not.
    void apply(lt::add_torrent_params& params, const std::vector<TorrentFile>& files, bool whole) const;
    /// Absolute paths of files, in their order.
    QStringList paths(const std::vector<TorrentFile>& files, bool whole) const;
    /// Who the part is, so that it is known again under its final name; empty: it is not there.
    QByteArray identity(bool whole) const;
    /// Syncs every file and folder, then gives the final name, durably. DiskFileExists: a stranger's is there.
    Result<void> finish(const std::vector<TorrentFile>& files) const;
    /// Takes the final name back, durably: more files are wanted. DiskFileExists: a stranger's part is there.
    Result<void> reopen() const;

private:
    Result<void> rename(const QString& from, const QString& to) const;

    QString directory_, name_;
    bool single_;
};

} // namespace weir
