#include "magnet.h"

#include <QRegularExpression>

#include <algorithm>
#include <optional>

namespace weir {

namespace {

constexpr qsizetype kMostBytes = 64 << 10, kMostParameters = 1000;
constexpr QByteArrayView kScheme("magnet:?");

tl::unexpected<Error> bad(const QString& what) { return failure(Code::MagnetBad, what); }

std::optional<QByteArray> fromHex(QByteArrayView text, qsizetype bytes)
{
    const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return std::isxdigit(uchar(c)) != 0; });
    if (text.size() != 2 * bytes || !digits)
        return {};
    return QByteArray::fromHex(text.toByteArray());
}

/// RFC 4648 without padding, as old magnet links write the 20 bytes.
std::optional<QByteArray> fromBase32(QByteArrayView text)
{
    if (text.size() != 32)
        return {};
    QByteArray out;
    quint64 held = 0;
    int bits = 0;
    for (const char c : text) {
        const char upper = char(std::toupper(uchar(c)));
        int digit = -1;
        if (upper >= 'A' && upper <= 'Z')
            digit = upper - 'A';
        else if (upper >= '2' && upper <= '7')
            digit = upper - '2' + 26;
        if (digit < 0)
            return {};
        held = (held << 5 | quint64(digit)) & 0xffff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out += char(held >> bits);
        }
    }
    return out;
}

/// "tr.3" is "tr".
QByteArray plainKey(QByteArrayView raw)
{
    const QByteArray key = QByteArray::fromPercentEncoding(raw.toByteArray()).toLower();
    for (const char* counted : {"xt.", "tr.", "ws."}) {
        const QByteArrayView number = key.startsWith(counted) ? QByteArrayView(key).sliced(3) : QByteArrayView();
        if (!number.isEmpty() && std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return key.first(2);
    }
    return key;
}

bool isSelection(const QString& text)
{
    static const QRegularExpression form(QStringLiteral("^\\d{1,9}(-\\d{1,9})?(,\\d{1,9}(-\\d{1,9})?)*$"));
    return form.match(text).hasMatch();
}

Result<bool> takeTopic(Magnet& magnet, const QByteArray& topic)
{
    const QByteArray low = topic.first(std::min<qsizetype>(topic.size(), 9)).toLower();
    QByteArray* target = nullptr;
    std::optional<QByteArray> hash;
    if (low == "urn:btih:") {
        const QByteArrayView text = QByteArrayView(topic).sliced(9);
        target = &magnet.v1;
        hash = fromHex(text, 20);
        hash = hash ? hash : fromBase32(text);
    } else if (low == "urn:btmh:") {
        // A multihash: 0x12 is SHA-256, 0x20 its length.
        const QByteArrayView text = QByteArrayView(topic).sliced(9);
        target = &magnet.v2;
        hash = text.startsWith("1220") ? fromHex(text.sliced(4), 32) : std::nullopt;
    } else {
        return false;
    }
    if (!hash)
        return bad(QStringLiteral("the info-hash of \"%1\" is not one").arg(QString::fromUtf8(topic.left(100))));
    if (!target->isEmpty() && *target != *hash)
        return bad(QStringLiteral("two different info-hashes of one kind"));
    *target = *hash;
    return true;
}

Result<void> take(Magnet& magnet, const QByteArray& key, QByteArray raw)
{
    if (key == "dn")
        raw.replace('+', ' ');
    const QByteArray bytes = QByteArray::fromPercentEncoding(raw);
    const QString value = QString::fromUtf8(bytes);
    const bool isText = !value.isEmpty() && value.toUtf8() == bytes;
    if (key == "xt") {
        const auto known = takeTopic(magnet, bytes);
        if (!known)
            return failure(known.error());
        if (*known)
            return {};
    } else if (!isText) {
        // Kept as it is.
    } else if (key == "dn" && magnet.name.isEmpty()) {
        magnet.name = value;
        return {};
    } else if (key == "xl" && magnet.length < 0) {
        bool fine = false;
        const qint64 length = value.toLongLong(&fine);
        if (fine && length >= 0) {
            magnet.length = length;
            return {};
        }
    } else if (key == "so" && magnet.selection.isEmpty() && isSelection(value)) {
        magnet.selection = value;
        return {};
    } else if (QStringList* list = key == "tr" ? &magnet.trackers
                   : key == "ws"               ? &magnet.webSeeds
                   : key == "x.pe"             ? &magnet.peers
                                               : nullptr;
               list) {
        if (!list->contains(value))
            *list += value;
        return {};
    }
    magnet.others.append({key, bytes.isNull() ? QByteArray("") : bytes});
    return {};
}

QByteArray escaped(const QString& text) { return text.toUtf8().toPercentEncoding(); }

} // namespace

Result<Magnet> parseMagnet(QByteArrayView link)
{
    if (link.size() > kMostBytes)
        return bad(QStringLiteral("longer than %1 bytes").arg(kMostBytes));
    if (link.size() < kScheme.size() || link.first(kScheme.size()).compare(kScheme, Qt::CaseInsensitive) != 0)
        return bad(QStringLiteral("it does not begin with magnet:?"));
    const QByteArray query = link.sliced(kScheme.size()).toByteArray();
    if (query.count('&') >= kMostParameters)
        return bad(QStringLiteral("more than %1 parameters").arg(kMostParameters));
    Magnet magnet;
    for (const QByteArray& part : query.split('&')) {
        const qsizetype equals = part.indexOf('=');
        if (equals < 0) {
            if (!part.isEmpty())
                magnet.others.append({plainKey(part), QByteArray()});
            continue;
        }
        const auto taken = take(magnet, plainKey(QByteArrayView(part).first(equals)), part.sliced(equals + 1));
        if (!taken)
            return failure(taken.error());
    }
    if (magnet.v1.isEmpty() && magnet.v2.isEmpty())
        return bad(QStringLiteral("it names no torrent (xt=urn:btih: or xt=urn:btmh:)"));
    return magnet;
}

QByteArray magnetLink(const Magnet& magnet)
{
    QList<QByteArray> parts;
    if (!magnet.v1.isEmpty())
        parts += "xt=urn:btih:" + magnet.v1.toHex();
    if (!magnet.v2.isEmpty())
        parts += "xt=urn:btmh:1220" + magnet.v2.toHex();
    if (!magnet.name.isEmpty())
        parts += "dn=" + escaped(magnet.name);
    if (magnet.length >= 0)
        parts += "xl=" + QByteArray::number(magnet.length);
    for (const QString& one : magnet.trackers)
        parts += "tr=" + escaped(one);
    for (const QString& one : magnet.webSeeds)
        parts += "ws=" + escaped(one);
    for (const QString& one : magnet.peers)
        parts += "x.pe=" + one.toUtf8().toPercentEncoding("[]:");
    if (!magnet.selection.isEmpty())
        parts += "so=" + magnet.selection.toLatin1();
    for (const auto& [key, value] : magnet.others)
        parts += key.toPercentEncoding() + (value.isNull() ? QByteArray() : '=' + value.toPercentEncoding());
    return kScheme.toByteArray() + parts.join('&');
}

} // namespace weir
