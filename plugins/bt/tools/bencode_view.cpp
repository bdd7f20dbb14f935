#include "bencode_view.h"

#include "text.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QStringDecoder>

#include <algorithm>

namespace weir {

namespace {

QString hex(QByteArrayView bytes) { return QString::fromLatin1(bytes.toByteArray().toHex()); }

QString keyText(QByteArrayView key) { return isPlainText(key) ? QString::fromUtf8(key) : QStringLiteral("hex:") + hex(key); }

QString textLine(QByteArrayView text, qsizetype most)
{
    if (isPlainText(text)) {
        QString shown = QString::fromUtf8(text);
        shown.replace(u'\\', QStringLiteral("\\\\")).replace(u'"', QStringLiteral("\\\""));
        shown.replace(u'\n', QStringLiteral("\\n")).replace(u'\t', QStringLiteral("\\t")).replace(u'\r', QStringLiteral("\\r"));
        return u'"' + printable(shown) + u'"';
    }
    const bool cut = most > 0 && text.size() > most;
    return QStringLiteral("%1 bytes: %2%3")
        .arg(text.size())
        .arg(hex(cut ? text.first(most) : text), cut ? QStringLiteral("...") : QString());
}

void appendLines(QString& out, const BencodeValue& value, qsizetype most, int depth)
{
    const QString indent(2 * depth, u' ');
    if (const qint64* number = value.integer()) {
        out += QString::number(*number) + u'\n';
    } else if (const auto* text = value.text()) {
        out += textLine(*text, most) + u'\n';
    } else if (const auto* list = value.list()) {
        out += list->empty() ? QStringLiteral("[]\n") : QStringLiteral("[\n");
        for (const BencodeValue& item : *list) {
            out += indent + QStringLiteral("  ");
            appendLines(out, item, most, depth + 1);
        }
        out += list->empty() ? QString() : indent + QStringLiteral("]\n");
    } else if (const auto* entries = value.dictionary()) {
        out += entries->empty() ? QStringLiteral("{}\n") : QStringLiteral("{\n");
        for (const BencodeEntry& entry : *entries) {
            out += indent + QStringLiteral("  ") + printable(keyText(entry.key)) + QStringLiteral(": ");
            appendLines(out, entry.value, most, depth + 1);
        }
        out += entries->empty() ? QString() : indent + QStringLiteral("}\n");
    }
}

} // namespace

bool isPlainText(QByteArrayView bytes)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder(bytes);
    return !decoder.hasError() && std::none_of(text.begin(), text.end(), [](QChar c) {
        return c.category() == QChar::Other_Control && c != u'\n' && c != u'\t' && c != u'\r';
    });
}

QJsonValue bencodeJson(const BencodeValue& value)
{
    if (const qint64* number = value.integer())
        return *number;
    if (const auto* text = value.text())
        return isPlainText(*text) ? QJsonValue(QString::fromUtf8(*text)) : QJsonObject{{QStringLiteral("hex"), hex(*text)}};
    if (const auto* list = value.list()) {
        QJsonArray out;
        for (const BencodeValue& item : *list)
            out += bencodeJson(item);
        return out;
    }
    QJsonObject out;
    for (const BencodeEntry& entry : *value.dictionary())
        out.insert(keyText(entry.key), bencodeJson(entry.value));
    return out;
}

QString bencodeLines(const BencodeValue& value, qsizetype most)
{
    QString out;
    appendLines(out, value, most, 0);
    return out;
}

} // namespace weir
