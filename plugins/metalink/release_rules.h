#pragma once
// Which of its publisher's releases a machine takes, once it trusts somebody: only what is signed by one of its keys and says
// what the bytes are, the pinned version if there is a pin, else none that is older than the last, and not before its turn in
// a roll-out. Pure; any thread.

#include "metalink/metalink.h"

#include <weir/signature.h>

#include <QJsonObject>

namespace weir {

struct ReleaseRules {
    QList<PublicKey> keys; ///< empty: anybody's metalink is taken, and nothing here holds
    QString pin;

    bool inForce() const { return !keys.isEmpty(); }
    /// From the plugin's section of the settings. KeyUnusable: a key can't be read, and then nothing may be taken.
    static Result<ReleaseRules> fromSettings(const QJsonObject& section);
};

/// `lastTaken`: of the same product, empty: none yet. VersionRefused, BadChecksum.
Result<void> mayTake(const MetalinkFile& file, const ReleaseRules& rules, const QString& lastTaken);
/// Neither has a number where the other has none; "1.10" is newer than "1.9".
bool isOlder(const QString& version, const QString& than);
/// Where a machine stands in the line for that release, 0..100: for each release at another place, always the same one.
double placeInLine(const QByteArray& machine, const QString& product, const QString& version);

} // namespace weir
