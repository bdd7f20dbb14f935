#include "metalink/machine_memory.h"

#include <QFile>
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QSaveFile>

#include <array>

namespace weir {

namespace {

constexpr qint64 kMostBytes = 4 << 20;
constexpr QLatin1StringView kMachine("machine"), kTaken("taken");

QByteArray randomBytes()
{
    std::array<quint32, 4> words{};
    QRandomGenerator::system()->fillRange(words.data(), qsizetype(words.size()));
    return QByteArray(reinterpret_cast<const char*>(words.data()), sizeof words).toHex();
}

} // namespace

Result<void> MachineMemory::store(const QJsonObject& all)
{
    const QString path = this->path();
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(all).toJson()) < 0 || !file.commit())
        return failure(Code::DiskError, QStringLiteral("%1: %2").arg(path, file.errorString()));
    all_ = all;
    return {};
}

Result<void> MachineMemory::load()
{
    if (!all_.isEmpty())
        return {};
    const QString path = this->path();
    QFile file(path);
    if (!file.exists())
        return store({{kMachine, QString::fromLatin1(randomBytes())}});
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    const QJsonObject all = QJsonDocument::fromJson(file.read(kMostBytes)).object();
    if (all.value(kMachine).toString().isEmpty())
        return failure(Code::InputUnreadable, QStringLiteral("%1 is damaged").arg(path));
    all_ = all;
    return {};
}

Result<QByteArray> MachineMemory::machine()
{
    const std::lock_guard lock(mutex_);
    if (auto ok = load(); !ok)
        return failure(ok.error());
    return all_.value(kMachine).toString().toLatin1();
}

Result<QString> MachineMemory::lastTaken(const QString& product)
{
    const std::lock_guard lock(mutex_);
    if (auto ok = load(); !ok)
        return failure(ok.error());
    return all_.value(kTaken).toObject().value(product).toString();
}

Result<void> MachineMemory::take(const QString& product, const QString& version)
{
    const std::lock_guard lock(mutex_);
    if (auto ok = load(); !ok)
        return ok;
    QJsonObject taken = all_.value(kTaken).toObject();
    if (version.isEmpty() || taken.value(product).toString() == version)
        return {};
    taken.insert(product, version);
    QJsonObject all = all_;
    all.insert(kTaken, taken);
    return store(all);
}

} // namespace weir
