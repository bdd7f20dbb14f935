#pragma once
// What was fetched of a stream, in the folder NAME.spool beside the target: one append-only file a track, and one of the
// entries that say what lies where. The capture task owns it and alone appends; one other thread, the muxer's, follows it.
// Of what was appended only that is kept after a crash which the last saved index() names: what stands behind it in the
// files is forgotten when they are opened again.

#include "media/spool_file.h"
#include "media/track_kind.h"

#include <weir/result.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace weir {

struct SpoolEntry {
    enum class Kind : quint8 {
        Media,
        Init, ///< what a demuxer needs before the media that follow
        Gap,  ///< a segment that is not to be had; no bytes
        // Before the first segment of a domain, and without bytes:
        Joined,  ///< something was left out as wished: no gap
        NewFile, ///< a new file is wished for
    };
    Kind kind = Kind::Media;
    Packing packing = Packing::Unknown; ///< as sniffed
    qint64 number = 0;
    double start = 0, duration = 0;
    std::optional<double> timeShift;
    int discontinuity = 0;

    // Filled in by append().
    qint32 init = -1; ///< which entry of this track is the init segment; -1: none came before
    qint64 offset = 0, size = 0;

    double end() const { return start + duration; }
    bool operator==(const SpoolEntry&) const = default;
};

class Spool {
public:
    /// Makes the folder if needed. `saved` is what index() gave at the last durable save; empty: begin anew.
    /// Errors: SpoolDamaged (files are missing, shorter than `saved` says, or not readable as entries), Disk category.
    static Result<std::unique_ptr<Spool>> open(const QString& folder, int tracks, QByteArrayView saved);
    /// Deletes the folder of a spool that nobody has open. One that is not there is no error.
    static Result<void> remove(const QString& folder);

    /// The first bytes of a segment that is too large to be appended at once. Kept with the index, so a later run goes on.
    struct Staged {
        qint64 number = -1; ///< of the segment
        Packing packing = Packing::Unknown;
        qint64 size = 0;
    };

    // The capture task.
    /// Nothing is changed by an error, and it may be tried again. An init segment equal to the last one is not kept twice.
    Result<void> append(int track, SpoolEntry entry, std::span<const char> bytes);
    /// Bytes that the next media entry of the track begins with, before those that append() gets.
    Result<void> stage(int track, qint64 number, Packing packing, std::span<const char> bytes);
    const Staged& staged(int track) const { return tracks_[std::size_t(track)].staged; }
    void unstage(int track);
    /// Nothing more will come.
    void finish();
    /// For TaskContext::save(index(), files()): it names only what these files hold. Its size does not grow with the stream.
    QByteArray index() const;
    QStringList files() const;

    // Any thread.
    int tracks() const { return int(tracks_.size()); }
    qint64 bytes() const;
    /// Waits for the entry if it is not there yet. Unset: there won't be one. Errors: Cancelled.
    Result<std::optional<SpoolEntry>> entry(int track, qsizetype index, std::stop_token stop) const;
    /// The same without waiting.
    std::optional<SpoolEntry> entryNow(int track, qsizetype index) const;
    qsizetype entryCount(int track) const;
    bool finished() const;
    /// All of `into`, which lies inside of entries. Errors: SpoolDamaged, Disk category.
    Result<void> read(int track, qint64 offset, std::span<char> into) const;

private:
    struct Track {
        SpoolFile file;
        qint64 size = 0;
        qint32 init = -1;
        Staged staged; ///< behind `size`
        std::deque<SpoolEntry> entries;
    };

    Spool() = default;
    Result<void> openFiles(const QString& folder, int tracks, bool anew);
    Result<void> restore(QByteArrayView saved);
    Result<void> readEntries(qint64 size);
    bool sameAsLastInit(const Track& track, std::span<const char> bytes) const;

    std::vector<Track> tracks_;
    SpoolFile entriesFile_;
    qint64 entriesSize_ = 0;
    mutable std::mutex mutex_; ///< guards entries, sizes, finished_
    mutable std::condition_variable_any more_;
    bool finished_ = false;
};

} // namespace weir
