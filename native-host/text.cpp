#include "text.h"

#include <QDateTime>
#include <QLocale>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace weir {

namespace {

constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

int unitOf(double value)
{
    int unit = 0;
    for (; value >= 999.5 && unit < 6; ++unit)
        value /= 1024;
    return unit;
}

QString inUnit(double bytes, int unit)
{
    const double value = bytes / std::pow(1024.0, unit);
    if (unit == 0)
        return QString::number(qint64(bytes));
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return QString::number(value, 'f', decimals);
}

} // namespace

QString sizeText(qint64 bytes)
{
    const int unit = unitOf(double(bytes));
    return inUnit(double(bytes), unit) + u' ' + QLatin1String(kUnits[unit]);
}

QString sizePairText(qint64 done, qint64 of)
{
    if (of < 0)
        return sizeText(done);
    const int unit = unitOf(double(of));
    return inUnit(double(done), unit) + u'/' + inUnit(double(of), unit) + u' ' + QLatin1String(kUnits[unit]);
}

QString rateText(qint64 bytesPerSecond) { return sizeText(bytesPerSecond) + QStringLiteral("/s"); }

QString percentText(double fraction)
{
    return fraction < 0 ? QString() : QStringLiteral("%1%").arg(fraction >= 1 ? 100 : std::min(99, int(fraction * 100)));
}

QString clockText(qint64 seconds)
{
    if (seconds < 0)
        return {};
    if (seconds >= 365LL * 86400)
        return QStringLiteral(">1y");
    if (seconds >= 86400)
        return QStringLiteral("%1d %2h").arg(seconds / 86400).arg(seconds % 86400 / 3600);
    const QString tail = QStringLiteral("%1").arg(seconds % 60, 2, 10, QLatin1Char('0'));
    if (seconds >= 3600)
        return QStringLiteral("%1:%2:%3").arg(seconds / 3600).arg(seconds / 60 % 60, 2, 10, QLatin1Char('0')).arg(tail);
    return QStringLiteral("%1:%2").arg(seconds / 60).arg(tail);
}

QString spanText(double seconds)
{
    if (seconds < 0.095)
        return QStringLiteral("%1 ms").arg(qRound(std::max(0.0, seconds) * 1000));
    if (seconds < 9.95)
        return QStringLiteral("%1 s").arg(seconds, 0, 'f', 1);
    const qint64 whole = qint64(seconds + 0.5);
    if (whole < 60)
        return QStringLiteral("%1 s").arg(whole);
    const auto two = [](qint64 large, const char* a, qint64 small, const char* b) {
        const QString first = QStringLiteral("%1 %2").arg(large).arg(QLatin1String(a));
        return small ? QStringLiteral("%1 %2 %3").arg(first).arg(small).arg(QLatin1String(b)) : first;
    };
    if (whole < 3600)
        return two(whole / 60, "min", whole % 60, "s");
    if (whole < 86400)
        return two(whole / 3600, "h", whole / 60 % 60, "min");
    return two(whole / 86400, "d", whole / 3600 % 24, "h");
}

QString countText(qint64 count, const QString& noun)
{
    const QString number = QLocale(QLocale::English).toString(count);
    return number + u' ' + noun + (count == 1 ? QString() : QStringLiteral("s"));
}

QString localTimeText(const QString& iso)
{
    const QDateTime time = QDateTime::fromString(iso, Qt::ISODateWithMs);
    return time.isValid() ? time.toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")) : printable(iso);
}

namespace {

template <class F> void eachCodePoint(QStringView text, F&& f)
{
    for (qsizetype i = 0; i < text.size(); ++i) {
        char32_t code = text[i].unicode();
        if (text[i].isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            code = QChar::surrogateToUcs4(text[i], text[i + 1]);
            ++i;
        }
        f(code);
    }
}

bool turnsDirection(char32_t code)
{
    return code == 0x200e || code == 0x200f || code == 0x061c || (code >= 0x202a && code <= 0x202e)
        || (code >= 0x2066 && code <= 0x2069);
}

/// Blocks of East Asian wide and emoji characters (UAX 11 "W" and "F"), first and last.
constexpr char32_t kWide[][2] = {{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0},
    {0x23f3, 0x23f3}, {0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693},
    {0x26a1, 0x26a1}, {0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4},
    {0x26ea, 0x26ea}, {0x26f2, 0x26f3}, {0x26f5, 0x26f5}, {0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705},
    {0x270a, 0x270b}, {0x2728, 0x2728}, {0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755}, {0x2757, 0x2757},
    {0x2795, 0x2797}, {0x27b0, 0x27b0}, {0x27bf, 0x27bf}, {0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55},
    {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97c},
    {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6},
    {0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a},
    {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3},
    {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d},
    {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f},
    {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7}, {0x1f6dc, 0x1f6df}, {0x1f6eb, 0x1f6ec},
    {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd}};

int codePointWidth(char32_t code)
{
    if (code < 0x300)
        return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad ? 0 : 1;
    switch (QChar::category(code)) {
    case QChar::Mark_NonSpacing:
    case QChar::Mark_Enclosing:
    case QChar::Other_Format: return 0;
    default: break;
    }
    if (code >= 0x1160 && code <= 0x11ff)
        return 0; // Hangul vowels and finals join the syllable before them
    const auto* block = std::upper_bound(
        std::begin(kWide), std::end(kWide), code, [](char32_t c, const char32_t(&range)[2]) { return c < range[0]; });
    return block != std::begin(kWide) && code <= (*(block - 1))[1] ? 2 : 1;
}

} // namespace

QString printable(QStringView text)
{
    QString out;
    out.reserve(text.size());
    eachCodePoint(text, [&](char32_t code) {
        const bool bad = code < 0x20 || (code >= 0x7f && code < 0xa0) || turnsDirection(code)
            || (code >= 0xd800 && code <= 0xdfff) || code == 0x2028 || code == 0x2029 || (code & 0xfffe) == 0xfffe;
        if (code == U'\n' || code == U'\t')
            out += u' ';
        else if (bad)
            out += QChar(0xfffd);
        else
            out += QChar::fromUcs4(code);
    });
    return out;
}

int displayWidth(QStringView text)
{
    int width = 0, last = 0;
    eachCodePoint(text, [&](char32_t code) {
        if (code == 0xfe0f) { // asks for the emoji form of a narrow character
            width += last == 1 ? 1 : 0;
            last = 2;
            return;
        }
        const int columns = codePointWidth(code);
        width += columns;
        if (columns)
            last = columns;
    });
    return width;
}

namespace {

/// Code points with the marks that belong to them, so that a cut never separates them.
QStringList clusters(const QString& text)
{
    QStringList out;
    eachCodePoint(text, [&](char32_t code) {
        const QString one = QString::fromUcs4(&code, 1);
        if (!out.isEmpty() && (code == 0xfe0f || codePointWidth(code) == 0))
            out.back() += one;
        else
            out += one;
    });
    return out;
}

} // namespace

QString elided(const QString& text, int width, bool unicode)
{
    if (displayWidth(text) <= width)
        return text;
    if (width <= 0)
        return {};
    const QStringList parts = clusters(text);
    const int room = width - 1;
    // The end tells more than the middle: "S01E07.mkv".
    const int tailRoom = room * 2 / 5;
    QString head, tail;
    qsizetype first = 0, last = parts.size();
    for (int used = 0; last > 0 && used + displayWidth(parts[last - 1]) <= tailRoom;) {
        used += displayWidth(parts[--last]);
        tail.prepend(parts[last]);
    }
    for (int used = 0, all = room - displayWidth(tail); first < last && used + displayWidth(parts[first]) <= all;) {
        used += displayWidth(parts[first]);
        head += parts[first++];
    }
    return head + (unicode ? QChar(0x2026) : QChar(u'~')) + tail;
}

QString shortened(const QString& text, int width, bool unicode)
{
    if (displayWidth(text) <= width)
        return text;
    QString out;
    int used = 1;
    const QStringList parts = clusters(text);
    for (const QString& part : parts) {
        used += displayWidth(part);
        if (used > width)
            break;
        out += part;
    }
    while (out.endsWith(u' '))
        out.chop(1);
    return width > 0 ? out + (unicode ? QChar(0x2026) : QChar(u'~')) : QString();
}

QString padded(const QString& text, int width, bool right)
{
    const QString space(std::max(0, width - displayWidth(text)), u' ');
    return right ? space + text : text + space;
}

Result<double> parseTime(const QString& text)
{
    const QString trimmed = text.trimmed();
    static const QRegularExpression colons(QStringLiteral("^(?:(\\d{1,4}):)?(\\d{1,4}):(\\d{1,2}(?:\\.\\d+)?)$"));
    static const QRegularExpression units(
        QStringLiteral("^(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m(?:in)?)?(?:(\\d+(?:\\.\\d+)?)s?)?$"),
        QRegularExpression::CaseInsensitiveOption);
    if (const auto match = colons.match(trimmed); match.hasMatch())
        return match.captured(1).toDouble() * 3600 + match.captured(2).toDouble() * 60 + match.captured(3).toDouble();
    const auto match = units.match(trimmed);
    if (!match.hasMatch() || trimmed.isEmpty())
        return failure(Code::BadTime, text);
    return match.captured(1).toDouble() * 86400 + match.captured(2).toDouble() * 3600 + match.captured(3).toDouble() * 60
        + match.captured(4).toDouble();
}

Result<QString> parseMoment(const QString& text)
{
    const QString trimmed = text.trimmed();
    const QDateTime now = QDateTime::currentDateTime();
    QDateTime moment;
    if (trimmed.startsWith(u'+')) {
        const auto seconds = parseTime(trimmed.mid(1));
        if (!seconds)
            return failure(Code::BadTime, text);
        moment = now.addMSecs(qint64(*seconds * 1000));
    } else if (const QTime clock = QTime::fromString(trimmed, QStringLiteral("H:mm")); clock.isValid()) {
        moment = QDateTime(now.date(), clock);
        if (moment <= now)
            moment = QDateTime(now.date().addDays(1), clock);
    } else if (const QDate day = QDate::fromString(trimmed, Qt::ISODate); day.isValid() && trimmed.size() == 10) {
        moment = day.startOfDay();
    } else {
        moment = QDateTime::fromString(trimmed, Qt::ISODateWithMs);
    }
    if (!moment.isValid())
        return failure(Code::BadTime, text);
    return moment.toUTC().toString(Qt::ISODate);
}

Result<QList<int>> parseNumberList(const QString& text)
{
    constexpr int kMost = 1'000'000;
    static const QRegularExpression form(QStringLiteral("^(\\d{1,7})(?:-(\\d{1,7}))?$"));
    QList<int> out;
    const QStringList parts = text.split(u',');
    for (const QString& part : parts) {
        const auto match = form.match(part.trimmed());
        const int first = match.captured(1).toInt();
        const int last = match.captured(2).isEmpty() ? first : match.captured(2).toInt();
        if (!match.hasMatch() || first < 1 || last < first || last - first + out.size() >= kMost)
            return failure(Code::BadOption, QStringLiteral("\"%1\" is not a list of numbers from 1, such as 1,3-5").arg(text));
        for (int number = first; number <= last; ++number)
            out += number;
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

namespace {

/// Edits (insert, delete, change, swap of neighbours) from one to the other.
int distance(const QString& a, const QString& b)
{
    std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
    for (qsizetype i = 0; i <= a.size(); ++i)
        d[i][0] = int(i);
    std::iota(d[0].begin(), d[0].end(), 0);
    for (qsizetype i = 1; i <= a.size(); ++i) {
        for (qsizetype j = 1; j <= b.size(); ++j) {
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

} // namespace

QString nearest(const QString& word, const QStringList& candidates)
{
    if (word.isEmpty() || word.size() > 64)
        return {};
    QString best;
    int bestScore = std::max(1, int(word.size()) / 3) + 1;
    for (const QString& candidate : candidates) {
        const bool begins = word.size() >= 3 && candidate.startsWith(word, Qt::CaseInsensitive);
        const int score = begins ? 1 : distance(word.toLower(), candidate.toLower());
        if (score < bestScore) {
            bestScore = score;
            best = candidate;
        }
    }
    return best;
}

} // namespace weir
