#include "metalink_writer.h"

#include "metalink/metalink.h"

#include <QCryptographicHash>
#include <QFile>
#include <QXmlStreamWriter>

namespace weir {

namespace {

constexpr qint64 kReadSize = 1 << 20;

struct FileHashes {
    QByteArray whole; ///< hex
    QList<QByteArray> pieces;
};

Result<FileHashes> hashFile(const QString& path, qint64 size, qint64 pieceSize, const std::function<void(qint64)>& read)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    FileHashes hashes;
    QCryptographicHash whole(QCryptographicHash::Sha256);
    for (qint64 begin = 0; begin < size; begin += pieceSize) {
        QCryptographicHash piece(QCryptographicHash::Sha256);
        const qint64 end = std::min(size, begin + pieceSize);
        for (qint64 at = begin; at < end;) {
            const QByteArray bytes = file.read(std::min(kReadSize, end - at));
            if (bytes.isEmpty())
                return failure(Code::InputUnreadable, QStringLiteral("%1 has become shorter").arg(path));
            whole.addData(bytes);
            piece.addData(bytes);
            at += bytes.size();
            read(bytes.size());
        }
        hashes.pieces.append(piece.result().toHex());
    }
    hashes.whole = whole.result().toHex();
    return hashes;
}

void writeFileEntry(
    QXmlStreamWriter& xml, const ShareFile& file, const FileHashes& hashes, const MetalinkWish& wish, bool isWholeTorrent)
{
    xml.writeStartElement(QStringLiteral("file"));
    xml.writeAttribute(QStringLiteral("name"), QString::fromStdString(file.path));
    if (!wish.identity.isEmpty())
        xml.writeTextElement(QStringLiteral("identity"), wish.identity);
    if (!wish.version.isEmpty())
        xml.writeTextElement(QStringLiteral("version"), wish.version);
    if (wish.rollout < 100)
        xml.writeTextElement(QLatin1String(kWeirNamespace), QStringLiteral("rollout"), QString::number(wish.rollout));
    xml.writeTextElement(QStringLiteral("size"), QString::number(file.size));
    xml.writeStartElement(QStringLiteral("hash"));
    xml.writeAttribute(QStringLiteral("type"), QStringLiteral("sha-256"));
    xml.writeCharacters(QString::fromLatin1(hashes.whole));
    xml.writeEndElement();
    if (hashes.pieces.size() > 1) {
        xml.writeStartElement(QStringLiteral("pieces"));
        xml.writeAttribute(QStringLiteral("type"), QStringLiteral("sha-256"));
        xml.writeAttribute(QStringLiteral("length"), QString::number(wish.pieceSize));
        for (const QByteArray& piece : hashes.pieces)
            xml.writeTextElement(QStringLiteral("hash"), QString::fromLatin1(piece));
        xml.writeEndElement();
    }
    if (isWholeTorrent) {
        xml.writeStartElement(QStringLiteral("metaurl"));
        xml.writeAttribute(QStringLiteral("mediatype"), QStringLiteral("torrent"));
        xml.writeAttribute(QStringLiteral("priority"), QStringLiteral("1"));
        xml.writeCharacters(wish.torrent);
        xml.writeEndElement();
    }
    xml.writeStartElement(QStringLiteral("url"));
    xml.writeAttribute(QStringLiteral("priority"), QStringLiteral("1"));
    xml.writeCharacters(addressBelow(wish.origin, file.path));
    xml.writeEndElement();
    xml.writeEndElement();
}

} // namespace

QString addressBelow(const QString& origin, const std::string& path)
{
    return origin + QString::fromLatin1(QByteArray::fromStdString(path).toPercentEncoding("/"));
}

Result<QByteArray> makeMetalink(
    const ShareListing& listing, const MetalinkWish& wish, const std::function<void(qint64, qint64)>& progress)
{
    QByteArray text;
    QXmlStreamWriter xml(&text);
    xml.setAutoFormatting(true);
    xml.setAutoFormattingIndent(2);
    xml.writeStartDocument();
    xml.writeStartElement(QStringLiteral("metalink"));
    xml.writeDefaultNamespace(QStringLiteral("urn:ietf:params:xml:ns:metalink"));
    if (wish.rollout < 100)
        xml.writeNamespace(QLatin1String(kWeirNamespace), QStringLiteral("weir"));
    xml.writeTextElement(QStringLiteral("generator"), QStringLiteral("weir"));
    qint64 done = 0;
    for (const ShareFile& file : listing.files) {
        const QString path = QFile::decodeName(QByteArray::fromStdString(listing.parent + '/' + file.path));
        const auto hashes =
            hashFile(path, file.size, wish.pieceSize, [&](qint64 bytes) { progress(done += bytes, listing.size); });
        if (!hashes)
            return failure(hashes.error());
        writeFileEntry(xml, file, *hashes, wish, !listing.folder);
    }
    xml.writeEndElement();
    xml.writeEndDocument();
    return text;
}

} // namespace weir
