#include "platform/ports.h"

#include <QDir>
#include <QFile>
#include <QSet>

#include <algorithm>

#include <unistd.h>

namespace weir {

namespace {

constexpr qint64 kMostTable = 16 << 20;

/// The inodes of sockets that have the port, in one of the system's tables: "sl local:port remote:port state … inode".
QSet<QByteArray> socketsIn(const char* table, quint16 port, const char* state)
{
    QSet<QByteArray> inodes;
    QFile file(QString::fromLatin1(table));
    if (!file.open(QIODevice::ReadOnly))
        return inodes;
    const QByteArray wanted = ':' + QByteArray::number(port, 16).toUpper().rightJustified(4, '0');
    const QList<QByteArray> lines = file.read(kMostTable).split('\n');
    for (const QByteArray& line : lines) {
        const QList<QByteArray> fields = line.simplified().split(' ');
        if (fields.size() > 9 && fields[1].endsWith(wanted) && (!state || fields[3] == state))
            inodes.insert(fields[9]);
    }
    return inodes;
}

bool hasOneOf(const QString& process, const QSet<QByteArray>& inodes)
{
    const QDir descriptors(process + QStringLiteral("/fd"));
    const QStringList names = descriptors.entryList(QDir::Files | QDir::System);
    for (const QString& name : names) {
        char target[64];
        const ssize_t length = ::readlink(QFile::encodeName(descriptors.filePath(name)).constData(), target, sizeof target);
        const QByteArrayView link(target, std::max<ssize_t>(0, length));
        if (link.startsWith("socket:[") && link.endsWith(']') && inodes.contains(link.sliced(8).chopped(1).toByteArray()))
            return true;
    }
    return false;
}

} // namespace

std::optional<PortHolder> portHolder(quint16 port)
{
    constexpr const char* kListening = "0A";
    QSet<QByteArray> inodes;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"})
        inodes.unite(socketsIn(table, port, kListening));
    for (const char* table : {"/proc/net/udp", "/proc/net/udp6"})
        inodes.unite(socketsIn(table, port, nullptr));
    if (inodes.isEmpty())
        return std::nullopt;
    const QStringList processes = QDir(QStringLiteral("/proc")).entryList({QStringLiteral("[0-9]*")}, QDir::Dirs);
    for (const QString& process : processes) {
        const QString folder = QStringLiteral("/proc/") + process;
        if (!hasOneOf(folder, inodes))
            continue;
        QFile name(folder + QStringLiteral("/comm"));
        return PortHolder{
            process.toLongLong(), name.open(QIODevice::ReadOnly) ? QString::fromUtf8(name.readAll()).trimmed() : QString()};
    }
    return PortHolder{};
}

} // namespace weir
