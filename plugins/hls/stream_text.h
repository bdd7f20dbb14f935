#pragma once
// What HLS and DASH write alike: numbers, dates, addresses, names of protection systems. Pure; any thread. The text is hostile:
// what makes no sense is nullopt.

#include <QByteArrayView>
#include <QString>
#include <QUrl>

#include <chrono>
#include <optional>

namespace weir {

/// Decimal digits only, no sign, no overflow.
std::optional<qint64> parseNumber(QByteArrayView text);
/// A finite decimal number of at most 1e15 either way.
std::optional<double> parseDecimal(QByteArrayView text);
/// "2026-11-22T03:04:05.678+01:00" between the years 1900 and 2200; without an offset it is UTC.
std::optional<std::chrono::system_clock::time_point> parseDateTime(QByteArrayView text);
/// xs:duration ("PT1H2M3.5S") in seconds; a year counts 365 days, a month 30.
std::optional<double> parseIsoDuration(QByteArrayView text);
/// Absolute and with a host, or a data URL; else empty. `text` is as a manifest has it, blanks and all.
QUrl resolvedUrl(const QUrl& base, const QByteArray& text);
/// "Widevine" of a KEYFORMAT, a UUID with or without urn:uuid:, or a scheme; what is not known stays as it is.
QString drmSystemName(QStringView system);

} // namespace weir
