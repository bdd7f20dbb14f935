#pragma once
// File names out of what strangers say: URL paths, Content-Disposition, page titles, file lists. Nothing that a safe function
// here returns can leave its folder, hide, trick a terminal, or be refused by a usual file system. Pure; any thread.

#include <weir/result.h>

#include <QByteArray>
#include <QString>
#include <QUrl>

namespace weir {

/// 255 bytes of a file system, less room for " (999)" and ".spool" or ".part".
constexpr qsizetype kMaxNameBytes = 255 - 6 - 6;

/// The name in a Content-Disposition value (RFC 6266, 8187), its last path part; empty: none. NOT yet safe.
QString nameFromDisposition(QByteArrayView value);
/// The last part of the URL's path, decoded; empty: none. NOT yet safe.
QString nameFromUrl(const QUrl& url);
/// A page's title as a safe name that ends with the type's extension.
QString nameFromTitle(const QString& title, QByteArrayView mime);

/// One safe path part, never empty ("download"), at most kMaxNameBytes of UTF-8. A name without extension gets that of the
/// type, if it is known. safeName(safeName(x)) == safeName(x).
QString safeName(const QString& suggested, QByteArrayView mime = {});
/// A path of a file list, '/' between safe parts. Errors: PathEscapes (absolute, drive, ".."), NameUnusable (no part left, too
/// deep).
Result<QString> safeRelativePath(const QString& path);

/// "name (1).ext", "name (2).tar.gz"; n < 1: the name itself. Cuts the stem where needed.
QString numbered(const QString& name, int n);

/// Where the extension begins (at its dot; ".tar.gz" is one); the name's size if it has none.
qsizetype extensionStart(const QString& name);
/// "mp4" for "video/mp4; x=y"; empty: not known.
QString extensionForMime(QByteArrayView mime);

} // namespace weir
