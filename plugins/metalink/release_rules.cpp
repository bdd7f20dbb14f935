#include "metalink/release_rules.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QVersionNumber>
#include <QtEndian>

#include <algorithm>

namespace weir {

namespace {

QVersionNumber numberOf(const QString& version)
{
    const bool marked = version.startsWith(u'v', Qt::CaseInsensitive);
    return QVersionNumber::fromString(marked ? version.sliced(1) : version).normalized(); // 1.9.0 is 1.9
}

bool isStrong(const MetalinkHash& hash)
{
    return hash.algorithm == "sha-256" || hash.algorithm == "sha-384" || hash.algorithm == "sha-512";
}

} // namespace

Result<ReleaseRules> ReleaseRules::fromSettings(const QJsonObject& section)
{
    ReleaseRules rules{.keys = {}, .pin = section.value(QLatin1String("pin")).toString().trimmed()};
    for (const QJsonValue text : section.value(QLatin1String("trustedKeys")).toArray()) {
        const auto key = parsePublicKey(text.toString().toUtf8());
        if (!key)
            return failure(Code::KeyUnusable, QStringLiteral("metalink.trustedKeys: ") + key.error().detail);
        rules.keys.append(*key);
    }
    return rules;
}

bool isOlder(const QString& version, const QString& than)
{
    const QVersionNumber ours = numberOf(version), theirs = numberOf(than);
    return ours.isNull() != theirs.isNull() ? ours.isNull() : ours < theirs;
}

Result<void> mayTake(const MetalinkFile& file, const ReleaseRules& rules, const QString& lastTaken)
{
    if (!rules.inForce())
        return {};
    if (std::none_of(file.hashes.begin(), file.hashes.end(), isStrong))
        return failure(Code::BadChecksum, QStringLiteral("the metalink has no SHA-256 of %1").arg(file.name));
    const QString version = file.version.isEmpty() ? QStringLiteral("none") : file.version;
    if (!rules.pin.isEmpty() && file.version != rules.pin)
        return failure(
            Code::VersionRefused, QStringLiteral("%1, and metalink.pin is %2").arg(version.left(100), rules.pin.left(100)));
    if (rules.pin.isEmpty() && !lastTaken.isEmpty() && isOlder(file.version, lastTaken))
        return failure(Code::VersionRefused, QStringLiteral("%1, after %2").arg(version.left(100), lastTaken.left(100)));
    return {};
}

double placeInLine(const QByteArray& machine, const QString& product, const QString& version)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const QByteArray& part : {machine, product.toUtf8(), version.toUtf8()}) {
        hash.addData(QByteArray::number(part.size()) + ' ');
        hash.addData(part);
    }
    return double(qFromBigEndian<quint64>(hash.result().constData()) >> 11) * 0x1p-53 * 100;
}

} // namespace weir
