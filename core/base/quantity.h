#pragma once
// Sizes, rates and durations as people type them, everywhere the same: K, M, G and T are powers of 1024 as for curl and aria2.
// Pure; any thread.

#include <weir/result.h>

#include <QString>

#include <chrono>

namespace weir {

/// "500K", "1.5M", "0": bytes or bytes a second. BadRate.
Result<qint64> parseBytes(QStringView text);
/// "500ms", "5s", "2m", "1h", "1d", "1m30s", "0". A bare number has no unit and is refused. BadTime.
Result<std::chrono::milliseconds> parseDuration(QStringView text);

/// The shortest text that parseBytes() reads as the same number: "64M", "1000".
QString bytesText(qint64 bytes);
/// The same for durations: "5m", "1500ms".
QString durationText(std::chrono::milliseconds duration);

} // namespace weir
