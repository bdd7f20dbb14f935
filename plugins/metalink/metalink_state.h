#pragma once
// What a metalink's task keeps between runs: the document, so that it is read once, which file is meant, and the state of that
// file's own download. A plain value.

#include <QByteArray>
#include <QList>
#include <QUrl>

#include <optional>

namespace weir {

struct MetalinkState {
    QByteArray document;  ///< empty: too long to be kept, it is read again
    QUrl base;            ///< where it was; empty: on this machine
    QByteArray signature; ///< the document's; empty: not read
    QList<QUrl> sources;  ///< of the file, besides those that the document names
    qint64 fileSize = -1; ///< of the file that is meant; -1: the user's choice decides
    QByteArray download;  ///< empty: it has not begun

    QByteArray toBytes() const;
    /// nullopt: nothing was kept, or not by this plugin.
    static std::optional<MetalinkState> fromBytes(QByteArrayView bytes);
};

} // namespace weir
