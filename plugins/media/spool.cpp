#include "media/spool.h"

#include <QDataStream>
#include <QDir>
#include <QFile>
#include <QIODevice>

#include <array>
#include <cerrno>
#include <cmath>
#include <limits>

#include <sys/stat.h>

namespace weir {

namespace {

constexpr quint32 kMagic = 0x77737032; // "wsp2": other layouts get another
constexpr int kMaxTracks = 64;
constexpr qsizetype kRecordSize = 2 + 1 + 1 + 8 + 8 + 8 + 8 + 4 + 4 + 8 + 8;

QByteArray toRecord(int track, const SpoolEntry& entry)
{
    QByteArray record;
    record.reserve(kRecordSize);
    QDataStream out(&record, QIODevice::WriteOnly);
    out << quint16(track) << quint8(entry.kind) << quint8(entry.packing) << entry.number << entry.start << entry.duration
        << entry.timeShift.value_or(std::nan("")) << qint32(entry.discontinuity) << entry.init << entry.offset << entry.size;
    return record;
}

SpoolEntry fromRecord(QDataStream& in, quint16& track)
{
    SpoolEntry entry;
    quint8 kind = 0, packing = 0;
    double timeShift = 0;
    qint32 discontinuity = 0;
    in >> track >> kind >> packing >> entry.number >> entry.start >> entry.duration >> timeShift >> discontinuity >> entry.init
        >> entry.offset >> entry.size;
    entry.kind = SpoolEntry::Kind(kind);
    entry.packing = Packing(packing);
    entry.discontinuity = discontinuity;
    if (!std::isnan(timeShift))
        entry.timeShift = timeShift;
    return entry;
}

tl::unexpected<Error> damaged(const QString& path, const char* why)
{
    return failure(Code::SpoolDamaged, path + QStringLiteral(": ") + QString::fromLatin1(why));
}

} // namespace

Result<std::unique_ptr<Spool>> Spool::open(const QString& folder, int tracks, QByteArrayView saved)
{
    if (tracks < 1 || tracks > kMaxTracks)
        return failure(Code::Internal, QStringLiteral("a spool of %1 tracks").arg(tracks));
    if (::mkdir(QFile::encodeName(folder).constData(), 0700) != 0 && errno != EEXIST)
        return spoolFailure("make the folder", folder, errno);
    std::unique_ptr<Spool> spool(new Spool);
    if (auto ok = spool->openFiles(folder, tracks, saved.isEmpty()); !ok)
        return failure(ok.error());
    if (!saved.isEmpty())
        if (auto ok = spool->restore(saved); !ok)
            return failure(ok.error());
    return spool;
}

Result<void> Spool::remove(const QString& folder)
{
    QDir directory(folder);
    if (!directory.exists())
        return {};
    if (!directory.removeRecursively())
        return failure(Code::DiskError, QStringLiteral("delete ") + folder);
    return {};
}

Result<void> Spool::openFiles(const QString& folder, int tracks, bool anew)
{
    auto opened = [anew](const QString& path) -> Result<SpoolFile> {
        auto file = SpoolFile::open(path);
        if (file && anew)
            if (auto ok = file->truncate(0); !ok)
                return failure(ok.error());
        return file;
    };
    auto entries = opened(folder + QStringLiteral("/entries"));
    if (!entries)
        return failure(entries.error());
    entriesFile_ = std::move(*entries);
    for (int i = 0; i < tracks; ++i) {
        auto file = opened(folder + QStringLiteral("/track%1").arg(i));
        if (!file)
            return failure(file.error());
        tracks_.push_back({.file = std::move(*file)});
    }
    return {};
}

Result<void> Spool::restore(QByteArrayView saved)
{
    const QByteArray bytes = saved.toByteArray();
    QDataStream in(bytes);
    quint32 magic = 0;
    qint32 tracks = 0;
    qint64 entriesSize = 0;
    in >> magic >> tracks >> entriesSize;
    if (in.status() != QDataStream::Ok || magic != kMagic || tracks != this->tracks())
        return damaged(entriesFile_.path(), "the saved state is not of this spool");

    const auto cut = [](SpoolFile& file, qint64 size) -> Result<void> {
        const auto there = file.size();
        if (!there)
            return failure(there.error());
        if (size < 0 || *there < size)
            return failure(
                Code::SpoolDamaged, QStringLiteral("%1 has %2 bytes instead of %3").arg(file.path()).arg(*there).arg(size));
        return *there == size ? Result<void>() : file.truncate(size);
    };
    if (auto ok = cut(entriesFile_, entriesSize); !ok)
        return ok;
    for (Track& track : tracks_) {
        in >> track.size;
        if (in.status() != QDataStream::Ok)
            return damaged(entriesFile_.path(), "the saved state is cut off");
        quint8 packing = 0;
        in >> track.staged.number >> packing >> track.staged.size;
        if (in.status() != QDataStream::Ok || packing > quint8(Packing::Matroska) || track.staged.size < 0 || track.size < 0
            || track.staged.size > std::numeric_limits<qint64>::max() - track.size)
            return damaged(entriesFile_.path(), "the saved state is cut off");
        track.staged.packing = Packing(packing);
        if (auto ok = cut(track.file, track.size + track.staged.size); !ok)
            return ok;
    }
    return readEntries(entriesSize);
}

Result<void> Spool::readEntries(qint64 size)
{
    if (size % kRecordSize != 0)
        return damaged(entriesFile_.path(), "the last entry is cut off");
    constexpr qsizetype kAtOnce = 1024;
    QByteArray block;
    std::vector<qint64> ends(tracks_.size());
    for (qint64 at = 0; at < size; at += block.size()) {
        block.resize(qsizetype(std::min<qint64>(size - at, kAtOnce * kRecordSize)));
        if (auto ok = entriesFile_.read(at, {block.data(), std::size_t(block.size())}); !ok)
            return ok;
        QDataStream in(block);
        while (!in.atEnd()) {
            quint16 number = 0;
            const SpoolEntry entry = fromRecord(in, number);
            const bool sane = in.status() == QDataStream::Ok && number < tracks_.size()
                && entry.kind <= SpoolEntry::Kind::NewFile && entry.packing <= Packing::Matroska && entry.size >= 0
                && std::isfinite(entry.start) && std::isfinite(entry.duration) && entry.offset == ends[number]
                && entry.size <= tracks_[number].size - entry.offset && entry.init < qint32(tracks_[number].entries.size());
            if (!sane)
                return damaged(entriesFile_.path(), "an entry makes no sense");
            Track& track = tracks_[number];
            ends[number] += entry.size;
            if (entry.kind == SpoolEntry::Kind::Init)
                track.init = qint32(track.entries.size());
            track.entries.push_back(entry);
        }
    }
    for (std::size_t i = 0; i < tracks_.size(); ++i)
        if (ends[i] != tracks_[i].size)
            return damaged(entriesFile_.path(), "the entries and the files don't fit together");
    entriesSize_ = size;
    return {};
}

bool Spool::sameAsLastInit(const Track& track, std::span<const char> bytes) const
{
    if (track.init < 0)
        return false;
    const SpoolEntry& last = track.entries[std::size_t(track.init)];
    if (last.size != qint64(bytes.size()))
        return false;
    QByteArray there(last.size, Qt::Uninitialized);
    return track.file.read(last.offset, {there.data(), std::size_t(there.size())})
        && QByteArrayView(there) == QByteArrayView(bytes.data(), qsizetype(bytes.size()));
}

Result<void> Spool::append(int number, SpoolEntry entry, std::span<const char> bytes)
{
    if (number < 0 || number >= tracks() || !std::isfinite(entry.start) || !std::isfinite(entry.duration))
        return failure(Code::Internal, QStringLiteral("segment %1 for track %2 of a spool").arg(entry.number).arg(number));
    Track& track = tracks_[std::size_t(number)];
    const bool isInit = entry.kind == SpoolEntry::Kind::Init;
    if (isInit && sameAsLastInit(track, bytes))
        return {};
    // Only this thread changes sizes, so they may be read without the lock.
    entry.init = isInit ? -1 : track.init;
    entry.offset = track.size;
    const qint64 before = entry.kind == SpoolEntry::Kind::Media ? track.staged.size : 0;
    entry.size = before + qint64(bytes.size());
    if (auto ok = track.file.write(entry.offset + before, bytes); !ok)
        return ok;
    const QByteArray record = toRecord(number, entry);
    if (auto ok = entriesFile_.write(entriesSize_, {record.constData(), std::size_t(record.size())}); !ok)
        return ok;
    {
        const std::lock_guard lock(mutex_);
        entriesSize_ += record.size();
        track.size += entry.size;
        if (isInit)
            track.init = qint32(track.entries.size());
        track.entries.push_back(entry);
        if (entry.kind == SpoolEntry::Kind::Media || !bytes.empty())
            track.staged = {}; // part of the entry now, or written over
    }
    more_.notify_all();
    return {};
}

Result<void> Spool::stage(int number, qint64 segment, Packing packing, std::span<const char> bytes)
{
    Track& track = tracks_[std::size_t(number)];
    const qint64 had = track.staged.number == segment ? track.staged.size : 0;
    if (auto ok = track.file.write(track.size + had, bytes); !ok)
        return ok;
    const std::lock_guard lock(mutex_);
    track.staged = {segment, packing, had + qint64(bytes.size())};
    return {};
}

void Spool::unstage(int number)
{
    const std::lock_guard lock(mutex_);
    tracks_[std::size_t(number)].staged = {};
}

void Spool::finish()
{
    {
        const std::lock_guard lock(mutex_);
        finished_ = true;
    }
    more_.notify_all();
}

QByteArray Spool::index() const
{
    QByteArray saved;
    QDataStream out(&saved, QIODevice::WriteOnly);
    const std::lock_guard lock(mutex_);
    out << kMagic << qint32(tracks()) << entriesSize_;
    for (const Track& track : tracks_)
        out << track.size << track.staged.number << quint8(track.staged.packing) << track.staged.size;
    return saved;
}

QStringList Spool::files() const
{
    QStringList paths{entriesFile_.path()};
    for (const Track& track : tracks_)
        paths.append(track.file.path());
    return paths;
}

qint64 Spool::bytes() const
{
    const std::lock_guard lock(mutex_);
    qint64 sum = 0;
    for (const Track& track : tracks_)
        sum += track.size + track.staged.size;
    return sum;
}

Result<std::optional<SpoolEntry>> Spool::entry(int number, qsizetype index, std::stop_token stop) const
{
    std::unique_lock lock(mutex_);
    const auto& entries = tracks_[std::size_t(number)].entries;
    const bool ready = more_.wait(lock, stop, [&] { return finished_ || index < qsizetype(entries.size()); });
    if (!ready || stop.stop_requested())
        return failure(Code::Cancelled);
    if (index >= qsizetype(entries.size()))
        return std::optional<SpoolEntry>();
    return std::optional(entries[std::size_t(index)]);
}

std::optional<SpoolEntry> Spool::entryNow(int number, qsizetype index) const
{
    const std::lock_guard lock(mutex_);
    const auto& entries = tracks_[std::size_t(number)].entries;
    if (index < 0 || index >= qsizetype(entries.size()))
        return std::nullopt;
    return entries[std::size_t(index)];
}

qsizetype Spool::entryCount(int number) const
{
    const std::lock_guard lock(mutex_);
    return qsizetype(tracks_[std::size_t(number)].entries.size());
}

bool Spool::finished() const
{
    const std::lock_guard lock(mutex_);
    return finished_;
}

Result<void> Spool::read(int number, qint64 offset, std::span<char> into) const
{
    auto ok = tracks_[std::size_t(number)].file.read(offset, into);
    if (!ok && ok.error().code == Code::DiskShortRead)
        return failure(Code::SpoolDamaged, ok.error().detail);
    return ok;
}

} // namespace weir
