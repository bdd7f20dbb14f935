#pragma once
// Which file this is: what the server said of it at first, kept in the task's saved state. A resumed download goes on only with
// a server that says the same. A plain value.

#include <weir/fetch.h>

namespace weir {

struct Identity {
    qint64 size = -1;
    QByteArray validator; ///< as FetchHead::validator
    QByteArray mime;
    bool ranges = true;            ///< false: the server was seen to ignore them
    bool vouched = true;           ///< as FetchHead::rangesVouched
    bool conditional = true;       ///< false: If-Range was seen to be answered wrongly
    QList<ExpectedDigest> digests; ///< that the server gave
    QString name;

    bool known() const { return !name.isEmpty(); }
    bool resumable() const { return known() && size >= 0 && ranges; }

    static Identity of(const FetchHead& head);
    QByteArray toBytes() const;                         ///< JSON
    static Identity fromBytes(const QByteArray& state); ///< unknown if it is no such state
};

/// A web page came where a file was wanted: a login, a portal, an error page with status 200. Pure.
/// `expected`: the mime type of an earlier reply or the browser's; may be empty.
bool isPageInsteadOfFile(const FetchHead& head, const QUrl& asked, QByteArrayView expected);

} // namespace weir
