#include "verb_words.h"

#include <QSaveFile>
#include <QUrl>

namespace weir {

namespace {

Result<void> checkUrls(const QStringList& urls, const QStringList& schemes)
{
    for (const QString& one : urls)
        if (const QUrl url(one, QUrl::StrictMode); !url.isValid() || url.host().isEmpty() || !schemes.contains(url.scheme()))
            return failure(
                Code::BadUrl, QStringLiteral("%1 (%2 are possible here)").arg(one, schemes.join(QStringLiteral(", "))));
    return {};
}

} // namespace

QString text(const std::string& word) { return QString::fromStdString(word); }

QStringList texts(const std::vector<std::string>& words)
{
    QStringList out;
    for (const std::string& word : words)
        out += text(word);
    return out;
}

TorrentFormat torrentFormat(const std::string& word)
{
    return word == "v1" ? TorrentFormat::V1 : word == "v2" ? TorrentFormat::V2 : TorrentFormat::Hybrid;
}

Result<void> checkTrackers(const QStringList& urls) { return checkUrls(urls, {"http", "https", "udp"}); }
Result<void> checkWebSeeds(const QStringList& urls) { return checkUrls(urls, {"http", "https", "ftp"}); }

Result<void> writeWhole(const QString& path, const QByteArray& bytes)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return failure(Code::DiskError, QStringLiteral("%1: %2").arg(path, file.errorString()));
    return {};
}

} // namespace weir
