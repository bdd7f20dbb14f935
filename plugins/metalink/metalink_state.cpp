#include "metalink/metalink_state.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace weir {

namespace {

constexpr qsizetype kLongestKept = 1 << 20;
constexpr QLatin1StringView kMark("metalink"), kBase("base"), kSources("sources"), kSize("size"), kDownload("download"),
    kSignature("signature");

QString packed(const QByteArray& bytes) { return QString::fromLatin1(qCompress(bytes).toBase64()); }
QByteArray unpacked(const QJsonValue& text)
{
    const QByteArray bytes = QByteArray::fromBase64(text.toString().toLatin1());
    return bytes.isEmpty() ? bytes : qUncompress(bytes);
}

} // namespace

QByteArray MetalinkState::toBytes() const
{
    QJsonArray urls;
    for (const QUrl& url : sources)
        urls.append(url.toString(QUrl::FullyEncoded));
    return QJsonDocument(
        QJsonObject{{kMark, document.size() > kLongestKept ? QString() : packed(document)},
            {kBase, base.toString(QUrl::FullyEncoded)}, {kSources, urls}, {kSize, fileSize},
            {kSignature, QString::fromLatin1(signature)}, {kDownload, QString::fromLatin1(download.toBase64())}})
        .toJson(QJsonDocument::Compact);
}

std::optional<MetalinkState> MetalinkState::fromBytes(QByteArrayView bytes)
{
    const QJsonObject all = QJsonDocument::fromJson(bytes.toByteArray()).object();
    if (!all.contains(kMark))
        return std::nullopt;
    MetalinkState state{.document = unpacked(all[kMark]),
        .base = QUrl(all[kBase].toString()),
        .signature = all[kSignature].toString().toLatin1(),
        .fileSize = all[kSize].toInteger(-1),
        .download = QByteArray::fromBase64(all[kDownload].toString().toLatin1())};
    for (const QJsonValue url : all[kSources].toArray())
        state.sources.append(QUrl(url.toString()));
    return state;
}

} // namespace weir
