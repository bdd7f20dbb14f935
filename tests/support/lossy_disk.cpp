#include "support/lossy_disk.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <filesystem>
#include <thread>

namespace weir::test {
namespace {

constexpr qsizetype kPage = 4096;

QString folderOf(const QString& path) { return path.left(path.lastIndexOf(u'/')); }

std::filesystem::path native(const QString& path) { return std::filesystem::path(path.toStdString()); }

} // namespace

class LossyFile final : public File {
public:
    LossyFile(LossyDisk& disk, std::unique_ptr<File> real, qint64 node, int life)
        : disk_(disk),
          real_(std::move(real)),
          node_(node),
          life_(life)
    {}

    Result<void> write(qint64 offset, std::span<const char> data) override
    {
        const std::lock_guard lock(disk_.mutex_);
        auto ok = operation("write");
        // A disk that gets full has taken some of it.
        if (!ok && !disk_.dead_ && life_ == disk_.life_)
            data = data.first(data.size() / 2);
        else if (!ok)
            return ok;
        if (auto real = real_->write(offset, data); !real)
            return real;
        disk_.nodes_[node_].changes.push_back({offset, QByteArray(data.data(), qsizetype(data.size()))});
        return ok;
    }
    Result<void> read(qint64 offset, std::span<char> into) const override
    {
        const std::lock_guard lock(disk_.mutex_);
        auto ok = operation("read");
        return ok ? real_->read(offset, into) : ok;
    }
    Result<void> reserve(qint64 size, Reserve) override { return truncate(size); }
    Result<void> truncate(qint64 size) override
    {
        const std::lock_guard lock(disk_.mutex_);
        auto ok = operation("truncate");
        if (ok)
            ok = real_->truncate(size);
        if (ok)
            disk_.nodes_[node_].changes.push_back({size, {}});
        return ok;
    }
    Result<void> sync() override
    {
        Result<void> result;
        {
            const std::lock_guard lock(disk_.mutex_);
            result = settle(operation("sync"), true);
        }
        // Others go on writing while a real disk is busy with this.
        for (int i = 0; i < 50; ++i)
            std::this_thread::yield();
        return result;
    }
    Result<void> checkWritten() override
    {
        const std::lock_guard lock(disk_.mutex_);
        return settle(operation("sync"), false);
    }
    Result<FileIdentity> identity() const override
    {
        const std::lock_guard lock(disk_.mutex_);
        auto ok = operation("look at");
        return ok ? real_->identity() : failure(ok.error());
    }
    QString path() const override { return real_->path(); }

private:
    Result<void> operation(const char* what) const
    {
        if (life_ != disk_.life_)
            return failure(Code::DiskIo, QStringLiteral("a file of an earlier life"));
        return disk_.operation(what, real_->path());
    }
    Result<void> settle(Result<void> ok, bool write)
    {
        if (life_ != disk_.life_ || disk_.dead_)
            return ok;
        LossyDisk::Node& node = disk_.nodes_[node_];
        if (!ok) {
            disk_.lose(node);
            node.hurt = false;
            return failure(Code::DiskSyncFailed, real_->path());
        }
        if (write)
            disk_.settle(node);
        if (std::exchange(node.hurt, false))
            return failure(Code::DiskSyncFailed, real_->path());
        return {};
    }

    LossyDisk& disk_;
    const std::unique_ptr<File> real_;
    const qint64 node_;
    const int life_;
};

LossyDisk::LossyDisk(const QString& folder, quint64 seed)
    : root_(folder + QStringLiteral("/disk")),
      keep_(folder + QStringLiteral("/kept")),
      random_(seed)
{
    QDir().mkpath(root_);
    QDir().mkpath(keep_);
}

void LossyDisk::dieAfter(qint64 operations)
{
    const std::lock_guard lock(mutex_);
    deadAfter_ = operations;
}

void LossyDisk::failAt(qint64 operation, Code code, int native)
{
    const std::lock_guard lock(mutex_);
    faultyAt_ = operation;
    fault_ = Error{code, {}, native, {}};
}

void LossyDisk::onDeath(std::function<void()> told)
{
    const std::lock_guard lock(mutex_);
    onDeath_ = std::move(told);
}

LossyDisk::Fate LossyDisk::step()
{
    const std::lock_guard lock(mutex_);
    return stepLocked();
}

LossyDisk::Fate LossyDisk::stepLocked()
{
    if (!dead_ && deadAfter_ >= 0 && operations_ >= deadAfter_) {
        dead_ = true;
        if (onDeath_)
            onDeath_();
    }
    if (dead_)
        return Fate::Dead;
    return operations_++ == faultyAt_ ? Fate::Faulty : Fate::Fine;
}

qint64 LossyDisk::operations() const
{
    const std::lock_guard lock(mutex_);
    return operations_;
}

bool LossyDisk::dead() const
{
    const std::lock_guard lock(mutex_);
    return dead_;
}

Result<void> LossyDisk::operation(const char* what, const QString& path)
{
    const QString detail = QString::fromLatin1(what) + u' ' + path;
    switch (stepLocked()) {
    case Fate::Fine: return {};
    case Fate::Faulty: return failure(fault_.code, detail, fault_.native);
    case Fate::Dead: break;
    }
    return failure(Code::DiskIo, detail + QStringLiteral(": the power is gone"));
}

// Files that a test put there by itself have always been there.
qint64 LossyDisk::nodeAt(const QString& path)
{
    if (const auto known = names_.find(path); known != names_.end())
        return known->second;
    if (!QFileInfo(path).isFile())
        return 0;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    Node& node = nodes_[++lastNode_];
    node.kept = keep_ + u'/' + QString::number(lastNode_);
    node.durable = file.readAll();
    std::filesystem::create_hard_link(native(path), native(node.kept));
    names_[path] = durableNames_[path] = lastNode_;
    return lastNode_;
}

void LossyDisk::changeName(NameChange change)
{
    names_.erase(change.gone);
    if (!change.name.isEmpty())
        names_[change.name] = change.node;
    unsyncedNames_[folderOf(change.name.isEmpty() ? change.gone : change.name)].push_back(std::move(change));
}

Result<std::unique_ptr<File>> LossyDisk::open(const QString& path, Open mode)
{
    const std::lock_guard lock(mutex_);
    if (auto ok = operation("open", path); !ok)
        return failure(ok.error());
    qint64 node = nodeAt(path);
    auto real = systemDisk().open(path, mode);
    if (!real)
        return failure(real.error());
    if (node == 0) {
        node = ++lastNode_;
        nodes_[node].kept = keep_ + u'/' + QString::number(node);
        std::filesystem::create_hard_link(native(path), native(nodes_[node].kept));
        changeName({{}, path, node});
    }
    return std::make_unique<LossyFile>(*this, std::move(*real), node, life_);
}

Result<void> LossyDisk::rename(const QString& from, const QString& to, bool replace)
{
    const std::lock_guard lock(mutex_);
    if (auto ok = operation("rename", from); !ok)
        return ok;
    if (!apart_.isEmpty() && from.startsWith(apart_ + u'/') != to.startsWith(apart_ + u'/'))
        return failure(Code::DiskCrossDevice, from);
    const qint64 node = nodeAt(from);
    (void)nodeAt(to);
    if (auto ok = systemDisk().rename(from, to, replace); !ok)
        return ok;
    changeName({from, to, node});
    return {};
}

Result<void> LossyDisk::remove(const QString& path)
{
    const std::lock_guard lock(mutex_);
    if (auto ok = operation("remove", path); !ok)
        return ok;
    const bool there = nodeAt(path) != 0;
    if (auto ok = systemDisk().remove(path); !ok)
        return ok;
    if (there)
        changeName({path, {}, 0});
    return {};
}

Result<void> LossyDisk::moveToTrash(const QString& path) { return remove(path); }

Result<void> LossyDisk::makeDirectory(const QString& path)
{
    const std::lock_guard lock(mutex_);
    auto ok = operation("make folder", path);
    return ok ? systemDisk().makeDirectory(path) : ok;
}

Result<void> LossyDisk::syncDirectory(const QString& path)
{
    const std::lock_guard lock(mutex_);
    if (auto ok = operation("sync folder", path); !ok)
        return ok;
    for (const NameChange& change : unsyncedNames_[path]) {
        durableNames_.erase(change.gone);
        if (!change.name.isEmpty())
            durableNames_[change.name] = change.node;
    }
    unsyncedNames_.erase(path);
    return {};
}

Result<void> LossyDisk::syncVolume(const QString& anyPathOnIt)
{
    const std::lock_guard lock(mutex_);
    if (auto ok = operation("sync the volume of", anyPathOnIt); !ok) {
        if (!dead_)
            for (auto& [id, node] : nodes_)
                if (!node.changes.empty() && random_() % 2)
                    lose(node);
        return ok;
    }
    for (auto& [id, node] : nodes_)
        settle(node);
    durableNames_ = names_;
    unsyncedNames_.clear();
    return {};
}

Result<FileIdentity> LossyDisk::identity(const QString& path)
{
    const std::lock_guard lock(mutex_);
    auto ok = operation("look at", path);
    return ok ? systemDisk().identity(path) : failure(ok.error());
}

Result<Volume> LossyDisk::volume(const QString& path)
{
    const std::lock_guard lock(mutex_);
    auto ok = operation("look at the volume of", path);
    return ok ? systemDisk().volume(path) : failure(ok.error());
}

Result<void> LossyDisk::copyTree(const QString& from, const QString& to, const CopyWatch& watch)
{
    auto in = open(from, Open::Existing);
    auto out = in ? open(to, Open::New) : failure(in.error());
    if (!out)
        return failure(out.error());
    const qint64 size = QFileInfo(from).size();
    for (qint64 at = 0; at < size; at += kPage) {
        if (watch.stop.stop_requested())
            return failure(Code::Cancelled);
        QByteArray bytes(std::min<qint64>(kPage, size - at), Qt::Uninitialized);
        if (auto ok = (*in)->read(at, {bytes.data(), std::size_t(bytes.size())}); !ok)
            return ok;
        if (auto ok = (*out)->write(at, {bytes.constData(), std::size_t(bytes.size())}); !ok)
            return ok;
        if (watch.copied)
            watch.copied(bytes.size());
    }
    return (*out)->sync();
}

Result<void> LossyDisk::removeTree(const QString& path)
{
    if (!QFileInfo(path).isDir())
        return remove(path);
    for (const QString& name : QDir(path).entryList(QDir::Files | QDir::Hidden))
        if (auto ok = remove(path + u'/' + name); !ok)
            return ok;
    const std::lock_guard lock(mutex_);
    if (auto ok = operation("remove folder", path); !ok)
        return ok;
    // As it was made: durably at once.
    std::erase_if(durableNames_, [&](const auto& name) { return folderOf(name.first) == path; });
    unsyncedNames_.erase(path);
    QDir().rmdir(path);
    return {};
}

Result<qint64> LossyDisk::treeBytes(const QString& path)
{
    const std::lock_guard lock(mutex_);
    auto ok = operation("measure", path);
    return ok ? Result<qint64>(QFileInfo(path).size()) : failure(ok.error());
}

void LossyDisk::setApart(const QString& folder)
{
    const std::lock_guard lock(mutex_);
    apart_ = folder;
}

void LossyDisk::apply(Node& node, const Change& change)
{
    if (change.data.isNull()) {
        const qsizetype before = node.durable.size();
        node.durable.resize(change.offset);
        if (change.offset > before)
            std::fill(node.durable.begin() + before, node.durable.end(), '\0');
        return;
    }
    const qsizetype end = change.offset + change.data.size(), before = node.durable.size();
    if (end > before) {
        node.durable.resize(end);
        std::fill(node.durable.begin() + before, node.durable.end(), '\0');
    }
    std::copy(change.data.begin(), change.data.end(), node.durable.begin() + change.offset);
}

void LossyDisk::settle(Node& node)
{
    for (const Change& change : node.changes)
        apply(node, change);
    node.changes.clear();
}

// A write-back failed: the kernel thinks that the pages are clean now, so no later sync will write them.
void LossyDisk::lose(Node& node)
{
    std::erase_if(node.changes, [&](const Change& change) { return !change.data.isNull() && random_() % 2; });
    node.hurt = true;
}

// What was not synced may have reached the disk all the same, page by page and in any order.
void LossyDisk::crashNode(Node& node)
{
    for (const Change& change : node.changes) {
        const auto luck = random_() % 3;
        if (luck == 0)
            continue;
        if (luck == 1 || change.data.isNull()) {
            apply(node, change);
            continue;
        }
        for (qsizetype at = 0; at < change.data.size(); at += kPage)
            if (random_() % 2)
                apply(node, {change.offset + at, change.data.mid(at, kPage)});
    }
    node.changes.clear();
    node.hurt = false;
    QFile file(node.kept);
    if (!file.open(QIODevice::ReadWrite) || !file.resize(0) || file.write(node.durable) != node.durable.size())
        qFatal("the test's own disk is broken: %s", qUtf8Printable(file.errorString()));
}

void LossyDisk::crash()
{
    const std::lock_guard lock(mutex_);
    for (const auto& [folder, changes] : unsyncedNames_) {
        // Names reach the journal in order: some first ones have made it.
        const std::size_t kept = random_() % (changes.size() + 1);
        for (std::size_t i = 0; i < kept; ++i) {
            durableNames_.erase(changes[i].gone);
            if (!changes[i].name.isEmpty())
                durableNames_[changes[i].name] = changes[i].node;
        }
    }
    unsyncedNames_.clear();
    for (const auto& [path, node] : names_)
        QFile::remove(path);
    for (auto& [id, node] : nodes_)
        crashNode(node);
    for (const auto& [path, node] : durableNames_)
        std::filesystem::create_hard_link(native(nodes_[node].kept), native(path));
    names_ = durableNames_;
    ++life_;
    operations_ = 0;
    deadAfter_ = faultyAt_ = -1;
    dead_ = false;
}

} // namespace weir::test
