#include "bt/bt_digest.h"

#include <QCryptographicHash>
#include <QFile>

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kReadSize = 1 << 20;

struct Row {
    const char* name;
    QCryptographicHash::Algorithm algorithm;
};
constexpr Row kRows[] = {{"md5", QCryptographicHash::Md5}, {"sha-1", QCryptographicHash::Sha1},
    {"sha-256", QCryptographicHash::Sha256}, {"sha-384", QCryptographicHash::Sha384}, {"sha-512", QCryptographicHash::Sha512}};

} // namespace

Result<void> checkDigests(const QString& path, const QList<ExpectedDigest>& digests, std::stop_token stop,
    const std::function<void(qint64)>& progress)
{
    std::vector<std::pair<const ExpectedDigest*, std::unique_ptr<QCryptographicHash>>> hashes;
    for (const ExpectedDigest& digest : digests)
        for (const Row& row : kRows)
            if (digest.algorithm == row.name)
                hashes.emplace_back(&digest, std::make_unique<QCryptographicHash>(row.algorithm));
    if (hashes.empty())
        return {};
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::DiskError, QStringLiteral("%1: %2").arg(path, file.errorString()));
    while (!file.atEnd()) {
        if (stop.stop_requested())
            return failure(Code::Cancelled);
        const QByteArray bytes = file.read(kReadSize);
        if (bytes.isEmpty())
            return failure(Code::DiskError, QStringLiteral("%1: %2").arg(path, file.errorString()));
        for (const auto& [digest, hash] : hashes)
            hash->addData(bytes);
        progress(file.pos());
    }
    for (const auto& [digest, hash] : hashes)
        if (hash->result() != digest->value)
            return failure(Code::ChecksumMismatch,
                QStringLiteral("%1 is %2, expected %3")
                    .arg(QString::fromLatin1(digest->algorithm), QString::fromLatin1(hash->result().toHex()),
                        QString::fromLatin1(digest->value.toHex())));
    return {};
}

} // namespace weir
