#pragma once
// Whole files in and out. Any thread of a test.

#include <QByteArray>
#include <QDir>
#include <QFile>
#include <QFileInfo>

namespace weir::test {

/// Empty: it can't be read.
inline QByteArray fileBytes(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// With the folders that it needs.
inline bool writeFile(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    return QDir().mkpath(QFileInfo(path).path()) && file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

} // namespace weir::test
