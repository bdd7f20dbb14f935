#pragma once
// Numbers, times and foreign text as people read and type them. Pure; any thread.

#include <weir/result.h>

#include <QString>
#include <QStringList>

namespace weir {

QString sizeText(qint64 bytes);                       ///< "17 B", "1.50 GiB": three digits, powers of 1024
QString sizePairText(qint64 done, qint64 of);         ///< "390/628 MiB": one unit for both; `of` < 0: only what is done
QString rateText(qint64 bytesPerSecond);              ///< "12.4 MiB/s"
QString percentText(double fraction);                 ///< "62%"; never 100 % before it is whole; < 0: empty
QString clockText(qint64 seconds);                    ///< "0:19", "1:02:03", "3d 4h": for columns
QString spanText(double seconds);                     ///< "0.8 s", "2 min 3 s": for sentences
QString countText(qint64 count, const QString& noun); ///< "1 task", "3 tasks"
QString localTimeText(const QString& iso);            ///< "2024-05-01 13:30:05" here; empty for an empty time

/// Text from a server or a file name as it may be shown on a terminal: no control characters, no escape sequences, no
/// characters that turn the direction of writing.
QString printable(QStringView text);
/// Columns on a terminal: wide characters and emoji take two, combining marks none.
int displayWidth(QStringView text);
/// At most so many columns; what is cut out of the middle becomes "…" (or "~" without Unicode).
QString elided(const QString& text, int width, bool unicode = true);
/// The same for sentences: the end is cut.
QString shortened(const QString& text, int width, bool unicode = true);
QString padded(const QString& text, int width, bool right = false);

/// "90", "90s", "1h30m", "1:30", "1:02:03.5" to seconds. BadTime.
Result<double> parseTime(const QString& text);
/// ISO 8601, "2024-05-01", "13:30" (the next one) or "+2h" to ISO 8601 in UTC. BadTime.
Result<QString> parseMoment(const QString& text);
/// "1,3-5" to {1,3,4,5}, counted from 1. BadOption.
Result<QList<int>> parseNumberList(const QString& text);

/// The candidate that was most likely meant; empty: none is near.
QString nearest(const QString& word, const QStringList& candidates);

} // namespace weir
