#include "base/backoff.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace weir {

using namespace std::chrono;

namespace {

/// Exactly `digits` digits; -1 otherwise.
int number(QByteArrayView text, qsizetype digits)
{
    if (text.size() != digits)
        return -1;
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

int monthNumber(QByteArrayView name)
{
    static constexpr std::array<const char*, 12> kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto found = std::find(kMonths.begin(), kMonths.end(), name);
    return found == kMonths.end() ? -1 : int(found - kMonths.begin()) + 1;
}

std::optional<system_clock::time_point> moment(int yearNumber, int monthIndex, int dayNumber, QByteArrayView clock)
{
    if (yearNumber < 0 || monthIndex < 0 || dayNumber < 0 || clock.size() != 8 || clock[2] != ':' || clock[5] != ':')
        return std::nullopt;
    const int h = number(clock.sliced(0, 2), 2), m = number(clock.sliced(3, 2), 2), s = number(clock.sliced(6, 2), 2);
    const year_month_day date{year(yearNumber), month(unsigned(monthIndex)), day(unsigned(dayNumber))};
    // 60 is a leap second. The year bound keeps the nanoseconds of system_clock from overflowing.
    if (!date.ok() || yearNumber < 1900 || yearNumber > 2200 || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60)
        return std::nullopt;
    return sys_days(date) + hours(h) + minutes(m) + seconds(s);
}

int fullYear(int twoDigits, system_clock::time_point now)
{
    if (twoDigits < 0)
        return -1;
    const int current = int(year_month_day(floor<days>(now)).year());
    const int guess = current / 100 * 100 + twoDigits;
    // RFC 9110: a date that seems more than 50 years ahead lies in the past.
    return guess > current + 50 ? guess - 100 : guess;
}

} // namespace

milliseconds backoffDelay(int attempt, const BackoffPolicy& policy, const RandomSource& random)
{
    const double exponent = std::clamp(attempt, 1, 1000) - 1;
    const double ceiling =
        std::min(double(policy.base.count()) * std::pow(policy.factor, exponent), double(policy.cap.count()));
    return milliseconds(qint64(std::max(ceiling, 0.0) * std::clamp(random(), 0.0, 1.0)));
}

std::optional<system_clock::time_point> parseHttpDate(QByteArrayView text, system_clock::time_point now)
{
    text = text.trimmed();
    if (text.size() < 24 || text.size() > 40)
        return std::nullopt;
    if (text.size() == 29 && text[3] == ',' && text.endsWith(" GMT") && text[4] == ' ' && text[7] == ' ' && text[11] == ' '
        && text[16] == ' ')
        return moment(
            number(text.sliced(12, 4), 4), monthNumber(text.sliced(8, 3)), number(text.sliced(5, 2), 2), text.sliced(17, 8));
    if (text.size() == 24 && text[3] == ' ' && text[7] == ' ' && text[10] == ' ' && text[19] == ' ') {
        const QByteArrayView dayText = text[8] == ' ' ? text.sliced(9, 1) : text.sliced(8, 2);
        return moment(
            number(text.sliced(20, 4), 4), monthNumber(text.sliced(4, 3)), number(dayText, dayText.size()), text.sliced(11, 8));
    }
    const qsizetype comma = text.indexOf(',');
    if (comma < 6 || comma > 9 || text.size() != comma + 24 || !text.endsWith(" GMT"))
        return std::nullopt;
    const QByteArrayView rest = text.sliced(comma + 1); // " 06-Nov-94 08:49:37 GMT"
    if (rest[0] != ' ' || rest[3] != '-' || rest[7] != '-' || rest[10] != ' ')
        return std::nullopt;
    return moment(fullYear(number(rest.sliced(8, 2), 2), now), monthNumber(rest.sliced(4, 3)), number(rest.sliced(1, 2), 2),
        rest.sliced(11, 8));
}

std::optional<system_clock::time_point> parseRetryAfter(QByteArrayView value, system_clock::time_point now)
{
    value = value.trimmed();
    if (value.isEmpty())
        return std::nullopt;
    if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        seconds wait{0};
        for (const char c : value)
            wait = std::min<seconds>(wait * 10 + seconds(c - '0'), kLongestRetryAfter);
        return now + wait;
    }
    const auto date = parseHttpDate(value, now);
    if (!date)
        return std::nullopt;
    return std::clamp<system_clock::time_point>(*date, now, now + kLongestRetryAfter);
}

} // namespace weir
