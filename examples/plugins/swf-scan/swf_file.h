#pragma once
// Shockwave Flash files (SWF File Format Specification, version 19): what addresses their scripts have in them. Hostile until
// proven otherwise: everything is bounded. Pure; any thread.

#include <weir/result.h>

#include <QStringList>

/// The file without its compression ("CWS", "ZWS"), as "FWS" would be. Errors: InputUnreadable, FileTooBigForLimit.
weir::Result<QByteArray> expandSwf(const QByteArray& file);

/// Addresses in the constants of the scripts, each once, in the order of the file; `expanded` as from expandSwf().
/// Errors: InputUnreadable where a tag reaches beyond the end.
weir::Result<QStringList> urlsInSwf(const QByteArray& expanded);
