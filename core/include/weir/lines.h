#pragma once
// Text line by line, without copies. Pure; any thread.

#include <QByteArrayView>

namespace weir {
inline namespace abi1 {

/// The first line of `rest`, without what ends it (LF, after any number of CR); `rest` goes on behind that.
inline QByteArrayView takeLine(QByteArrayView& rest)
{
    const qsizetype end = rest.indexOf('\n');
    QByteArrayView line = end < 0 ? rest : rest.first(end);
    rest = end < 0 ? QByteArrayView() : rest.sliced(end + 1);
    while (line.endsWith('\r'))
        line.chop(1);
    return line;
}

} // namespace abi1
} // namespace weir
