#include "hls/stream_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace weir {

namespace {

/// `digits` decimal digits at `text`'s beginning, which are taken away.
std::optional<int> takeDigits(QByteArrayView& text, qsizetype digits)
{
    if (text.size() < digits)
        return std::nullopt;
    int value = 0;
    for (qsizetype i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text = text.sliced(digits);
    return value;
}

bool takeOne(QByteArrayView& text, char expected)
{
    if (!text.startsWith(expected))
        return false;
    text = text.sliced(1);
    return true;
}

std::chrono::nanoseconds takeFraction(QByteArrayView& text)
{
    qint64 nanos = 0, unit = 100'000'000;
    while (!text.isEmpty() && text[0] >= '0' && text[0] <= '9') {
        nanos += (text[0] - '0') * unit;
        unit /= 10;
        text = text.sliced(1);
    }
    return std::chrono::nanoseconds(nanos);
}

/// "", "Z", "+01:00", "+0100", "+01"
std::optional<std::chrono::minutes> takeOffset(QByteArrayView& text)
{
    if (text.isEmpty() || takeOne(text, 'Z') || takeOne(text, 'z'))
        return std::chrono::minutes(0);
    const bool west = text[0] == '-';
    if (!takeOne(text, '+') && !takeOne(text, '-'))
        return std::nullopt;
    const auto hours = takeDigits(text, 2);
    takeOne(text, ':');
    const auto minutes = text.isEmpty() ? std::optional(0) : takeDigits(text, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59)
        return std::nullopt;
    const std::chrono::minutes offset(*hours * 60 + *minutes);
    return west ? -offset : offset;
}

struct DrmSystem {
    const char* name;
    std::array<const char*, 3> marks; ///< parts of what is written, in lower case
};
constexpr DrmSystem kDrmSystems[] = {
    {"Widevine", {"edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", "com.widevine", nullptr}},
    {"PlayReady", {"9a04f079-9840-4286-ab92-e65be0885f95", "com.microsoft.playready", nullptr}},
    {"FairPlay", {"94ce86fb-07ff-4f43-adb8-93d2fa968ca2", "com.apple.streamingkeydelivery", "com.apple.fps"}},
    {"ClearKey", {"e2719d58-a985-b3c9-781a-b030af78d30e", "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b", "org.w3.clearkey"}},
    {"Marlin", {"5e629af5-38da-4063-8977-97ffbd9902d4", nullptr, nullptr}},
    {"Adobe Primetime", {"f239e769-efa3-4850-9c16-a903c6932efb", nullptr, nullptr}},
    {"Nagra", {"adb41c24-2dbf-4a6d-958b-4457c0d27b95", nullptr, nullptr}},
    {"Verimatrix", {"9a27dd82-fde2-4725-8cbc-4234aa06ec09", nullptr, nullptr}},
    {"WisePlay", {"3d5e6d35-9b9a-41e8-b843-dd3c6e72c42c", nullptr, nullptr}},
};

} // namespace

std::optional<qint64> parseNumber(QByteArrayView text)
{
    qint64 value = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    const bool whole = error == std::errc() && end == text.end();
    return whole && text[0] != '-' ? std::optional(value) : std::nullopt;
}

std::optional<double> parseDecimal(QByteArrayView text)
{
    double value = 0;
    if (text.startsWith('+'))
        text = text.sliced(1);
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    const bool usable = error == std::errc() && end == text.end() && std::isfinite(value) && std::abs(value) <= 1e15;
    return usable ? std::optional(value) : std::nullopt;
}

std::optional<std::chrono::system_clock::time_point> parseDateTime(QByteArrayView text)
{
    using namespace std::chrono;
    text = text.trimmed();
    const auto year = takeDigits(text, 4);
    const bool dashed = takeOne(text, '-');
    const auto month = takeDigits(text, 2);
    if (dashed && !takeOne(text, '-'))
        return std::nullopt;
    const auto day = takeDigits(text, 2);
    if (!year || !month || !day || *year < 1900 || *year > 2200)
        return std::nullopt;
    const year_month_day date{std::chrono::year(*year), std::chrono::month(unsigned(*month)), std::chrono::day(unsigned(*day))};
    if (!date.ok())
        return std::nullopt;
    nanoseconds time{0};
    if (takeOne(text, 'T') || takeOne(text, 't') || takeOne(text, ' ')) {
        const auto hour = takeDigits(text, 2);
        takeOne(text, ':');
        const auto minute = takeDigits(text, 2);
        takeOne(text, ':');
        const auto second = text.isEmpty() ? std::optional(0) : takeDigits(text, 2);
        if (!hour || !minute || !second || *hour > 24 || *minute > 59 || *second > 60)
            return std::nullopt;
        time = hours(*hour) + minutes(*minute) + seconds(*second);
        if (takeOne(text, '.') || takeOne(text, ','))
            time += takeFraction(text);
    }
    const auto offset = takeOffset(text);
    if (!offset || !text.isEmpty())
        return std::nullopt;
    return time_point_cast<system_clock::duration>(sys_days(date) + time - *offset);
}

std::optional<double> parseIsoDuration(QByteArrayView text)
{
    text = text.trimmed();
    if (!takeOne(text, 'P') || text.isEmpty())
        return std::nullopt;
    double seconds = 0;
    bool timePart = false;
    while (!text.isEmpty()) {
        if (!timePart && takeOne(text, 'T')) {
            timePart = true;
            continue;
        }
        qsizetype length = 0;
        while (length < text.size() && ((text[length] >= '0' && text[length] <= '9') || text[length] == '.'))
            ++length;
        const auto value = parseDecimal(text.first(length));
        if (!value || length == text.size())
            return std::nullopt;
        double unit = 0;
        switch (text[length]) {
        case 'Y': unit = timePart ? 0 : 365 * 86400.0; break;
        case 'M': unit = timePart ? 60 : 30 * 86400.0; break;
        case 'W': unit = timePart ? 0 : 7 * 86400.0; break;
        case 'D': unit = timePart ? 0 : 86400.0; break;
        case 'H': unit = timePart ? 3600 : 0; break;
        case 'S': unit = timePart ? 1 : 0; break;
        }
        if (unit == 0)
            return std::nullopt;
        seconds += *value * unit;
        text = text.sliced(length + 1);
    }
    return seconds <= 1e12 ? std::optional(seconds) : std::nullopt;
}

QUrl resolvedUrl(const QUrl& base, const QByteArray& text)
{
    const QUrl url = base.resolved(QUrl::fromEncoded(text));
    const bool usable = url.isValid() && !url.isRelative() && (!url.host().isEmpty() || url.scheme() == QLatin1String("data"));
    return usable ? url : QUrl();
}

QString drmSystemName(QStringView system)
{
    const QString lower = system.trimmed().toString().toLower();
    for (const DrmSystem& known : kDrmSystems)
        for (const char* mark : known.marks)
            if (mark && lower.contains(QLatin1String(mark)))
                return QString::fromLatin1(known.name);
    return lower.isEmpty() ? QStringLiteral("unknown") : system.trimmed().toString();
}

} // namespace weir
