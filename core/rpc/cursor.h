#pragma once
// Where a list goes on: opaque to clients. A letter says of which kind, so that a cursor of another list is refused. Pure.

#include <weir/result.h>

#include <QString>

namespace weir {

enum class CursorKind : char { AfterTask = 't', SinceRevision = 'r', HistoryRow = 'h' };

inline QString cursorFor(CursorKind kind, qint64 value) { return QChar::fromLatin1(char(kind)) + QString::number(value); }

/// RpcBadCursor.
inline Result<qint64> readCursor(CursorKind kind, const QString& cursor)
{
    bool number = false;
    const qint64 value = QStringView(cursor).mid(1).toLongLong(&number);
    if (!number || value < 0 || cursor[0].toLatin1() != char(kind))
        return failure(Code::RpcBadCursor, cursor.left(64));
    return value;
}

} // namespace weir
