#pragma once
// Flash films as their scripts' compilers would write them, as small as they can be.

#include <QByteArray>
#include <QProcess>
#include <QtEndian>

namespace weir::test::flash {

template <typename Number> QByteArray number(Number value)
{
    QByteArray bytes(sizeof value, Qt::Uninitialized);
    qToLittleEndian(value, bytes.data());
    return bytes;
}
inline QByteArray text(const QByteArray& string) { return string + '\0'; }

inline QByteArray tag(int code, const QByteArray& body)
{
    return number(quint16(code << 6 | 0x3f)) + number(quint32(body.size())) + body;
}
inline QByteArray action(int code, const QByteArray& operands)
{
    return QByteArray(1, char(code)) + number(quint16(operands.size())) + operands;
}
/// ActionScript 2 as older compilers wrote it: addresses in the pool, pushed, and asked for directly.
inline QByteArray actions(const QByteArray& pooled, const QByteArray& pushed, const QByteArray& asked)
{
    return action(0x88, number(quint16(2)) + text("no address") + text(pooled))
        + action(0x96, QByteArray(1, '\7') + number(qint32(5)) + QByteArray(1, '\0') + text(pushed))
        + action(0x83, text(asked) + text("_blank")) + QByteArray(1, '\0');
}
/// A block of ActionScript 3 with nothing in it but constants: one int, one double, and these strings.
inline QByteArray abc(const QList<QByteArray>& strings)
{
    QByteArray block = number(quint32(1)) + text("frame1") + number(quint16(16)) + number(quint16(46));
    block += QByteArray("\2\xff\xff\x03", 4) + QByteArray("\0", 1) + QByteArray("\2", 1) + QByteArray(8, '\0');
    block += char(strings.size() + 1);
    for (const QByteArray& each : strings)
        block += char(each.size()) + each;
    return block;
}
/// Whole files; `signature`: FWS plain, CWS zlib, ZWS LZMA.
inline QByteArray film(const QByteArray& signature, const QByteArray& tags)
{
    const QByteArray body = QByteArray("\x28\x12\x34\x56", 4) // a rectangle of four numbers of 5 bits
        + number(quint16(24 << 8)) + number(quint16(1)) + tags + number(quint16(0));
    const QByteArray head = signature + '\x0d' + number(quint32(8 + body.size()));
    if (signature == "CWS")
        return head + qCompress(body).mid(4);
    if (signature != "ZWS")
        return head + body;
    QProcess xz;
    xz.start("xz", {"--format=lzma", "--stdout"});
    xz.write(body);
    xz.closeWriteChannel();
    xz.waitForFinished();
    const QByteArray packed = xz.readAllStandardOutput();
    return head + number(quint32(packed.size() - 13)) + packed.left(5) + packed.mid(13);
}

} // namespace weir::test::flash
