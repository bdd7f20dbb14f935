#include "base/quantity.h"

#include <cmath>

namespace weir {

using std::chrono::milliseconds;

namespace {

constexpr qint64 kMaxBytes = qint64(1) << 60;
constexpr qint64 kMaxMilliseconds = qint64(1000) * 86'400 * 36'500;

struct Unit {
    const char* name;
    qint64 factor;
};
constexpr Unit kByteUnits[] = {{"T", qint64(1) << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}};
constexpr Unit kTimeUnits[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

/// Digits with at most one point, taken from the front; a negative result: there is no number.
double takeNumber(QStringView& text)
{
    qsizetype length = 0, digits = 0, points = 0;
    for (; length < text.size(); ++length) {
        const QChar c = text[length];
        if (c >= u'0' && c <= u'9')
            ++digits;
        else if (c != u'.' || ++points > 1)
            break;
    }
    if (digits == 0 || digits > 19 || points > 1)
        return -1;
    const double value = text.first(length).toDouble();
    text = text.sliced(length);
    return value;
}

tl::unexpected<Error> notBytes(QStringView text)
{
    return failure(Code::BadRate, QStringLiteral("\"%1\": expected a number with K, M, G or T, or 0").arg(text.left(100)));
}

tl::unexpected<Error> notTime(QStringView text)
{
    return failure(Code::BadTime,
        QStringLiteral("\"%1\": expected a number with ms, s, m, h or d, as in 5s or 500ms").arg(text.left(100)));
}

} // namespace

Result<qint64> parseBytes(QStringView text)
{
    QStringView rest = text.trimmed();
    double value = takeNumber(rest);
    if (value < 0 || rest.size() > 1)
        return notBytes(text);
    if (!rest.isEmpty()) {
        const auto unit = std::find_if(std::begin(kByteUnits), std::end(kByteUnits),
            [&](const Unit& u) { return rest.compare(QLatin1StringView(u.name), Qt::CaseInsensitive) == 0; });
        if (unit == std::end(kByteUnits))
            return notBytes(text);
        value *= double(unit->factor);
    }
    if (value > double(kMaxBytes))
        return notBytes(text);
    // Whole numbers beyond 2^53 would lose digits as a double.
    bool whole = false;
    const qint64 exact = text.trimmed().toLongLong(&whole);
    return whole ? exact : qint64(std::llround(value));
}

Result<milliseconds> parseDuration(QStringView text)
{
    QStringView rest = text.trimmed();
    if (rest == u"0")
        return milliseconds(0);
    if (rest.isEmpty())
        return notTime(text);
    double sum = 0;
    while (!rest.isEmpty()) {
        const double value = takeNumber(rest);
        if (value < 0)
            return notTime(text);
        qsizetype length = 0;
        while (length < rest.size() && rest[length].isLetter())
            ++length;
        const auto unit = std::find_if(std::begin(kTimeUnits), std::end(kTimeUnits),
            [&](const Unit& u) { return rest.first(length) == QLatin1StringView(u.name); });
        if (unit == std::end(kTimeUnits))
            return notTime(text);
        rest = rest.sliced(length);
        sum += value * double(unit->factor);
    }
    if (sum > double(kMaxMilliseconds))
        return notTime(text);
    return milliseconds(std::llround(sum));
}

QString bytesText(qint64 bytes)
{
    for (const Unit& unit : kByteUnits)
        if (bytes != 0 && bytes % unit.factor == 0)
            return QString::number(bytes / unit.factor) + QLatin1StringView(unit.name);
    return QString::number(bytes);
}

QString durationText(milliseconds duration)
{
    if (duration.count() == 0)
        return QStringLiteral("0");
    for (const Unit& unit : kTimeUnits)
        if (duration.count() % unit.factor == 0)
            return QString::number(duration.count() / unit.factor) + QLatin1StringView(unit.name);
    return {};
}

} // namespace weir
