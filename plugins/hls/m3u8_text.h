#pragma once
// The text form that all HLS playlists share: lines, tags, attribute lists, variables (RFC 8216 section 4, its successor's
// EXT-X-DEFINE). Pure; any thread. Views point into the playlist's text. Errors have a reason only; the reader adds the line.

#include <weir/result.h>

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QUrl>

#include <optional>

namespace weir {

using Variables = QHash<QByteArray, QByteArray>;

/// Walks over the lines that are neither blank nor comments, without copying.
class M3u8Lines {
public:
    explicit M3u8Lines(QByteArrayView text);
    bool next();
    int number() const { return number_; } ///< from 1
    bool isTag() const { return tag_; }
    QByteArrayView name() const { return name_; }   ///< "EXTINF"; of a line that is no tag: empty
    QByteArrayView value() const { return value_; } ///< what follows the colon; of a line that is no tag: all of it

private:
    QByteArrayView rest_, name_, value_;
    int number_ = 0;
    bool tag_ = false;
};

/// {$name} replaced. A name that is not defined is an error.
Result<QByteArray> substituted(QByteArrayView text, const Variables& variables);

class Attributes {
public:
    static Result<Attributes> parse(QByteArrayView list, const Variables& variables);

    bool has(QByteArrayView name) const;
    QByteArray value(QByteArrayView name) const; ///< without quotes; null: absent
    QString text(QByteArrayView name) const { return QString::fromUtf8(value(name)); }
    bool yes(QByteArrayView name) const { return value(name) == "YES"; }
    std::optional<qint64> number(QByteArrayView name) const;
    std::optional<double> decimal(QByteArrayView name) const;

private:
    QList<QPair<QByteArrayView, QByteArray>> list_;
};

/// Carries out one EXT-X-DEFINE. `url` is the playlist's own, for QUERYPARAM; `imported` null: IMPORT is not allowed here.
Result<void> define(const Attributes& definition, const QUrl& url, const Variables* imported, Variables& variables);

/// "12@34" or "12"; -1: no offset.
struct PlaylistRange {
    qint64 length = 0, offset = -1;
};
Result<PlaylistRange> parsePlaylistRange(QByteArrayView text);

/// The detail of an error in a playlist or manifest.
QString atLine(const QUrl& url, qint64 line, const QString& reason);

} // namespace weir
