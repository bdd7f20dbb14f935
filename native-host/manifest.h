#pragma once
// Native messaging manifests: what stands in one, whose it is, and how it is written and taken away. Single thread.

#include "browsers.h"

namespace weir {

/// The manifest's file in such a folder.
QString manifestFile(const QString& folder);
/// The manifest by which a browser of that family starts `program`.
QByteArray manifestText(Family family, const QString& program);

enum class ManifestState : char {
    Missing,
    Foreign,        ///< not a manifest of weir, or a link
    OtherProgram,   ///< of weir, but of another installation
    OtherExtension, ///< of weir, but for another extension
    Good,
};
/// What `text` is to a browser that shall start `program`. Pure.
ManifestState judgeManifest(QByteArrayView text, Family family, const QString& program);
/// The same of a file.
ManifestState manifestState(const QString& file, Family family, const QString& program);
/// The program that a manifest names; empty: none.
QString manifestProgram(const QString& file);

struct Written {
    QString file;
    bool changed = false; ///< false: it was there just so
};
/// Atomically, with its folder. ManifestForeign unless `force`; errors of the Disk category.
Result<Written> writeManifest(const QString& folder, Family family, const QString& program, bool force);
/// Only weir's own. False: there was none, or it is not ours.
Result<bool> removeManifest(const QString& folder);

/// The script that a flatpak's manifest names. Pure.
QByteArray wrapperText(const QString& program);
Result<void> writeWrapper(const QString& path, const QString& program);
Result<bool> removeWrapper(const QString& path);

} // namespace weir
