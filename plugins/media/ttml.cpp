#include "media/ttml.h"

#include <QXmlStreamReader>

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr std::size_t kMostCues = 200'000;
constexpr int kDeepest = 64;
constexpr qsizetype kMostText = 64 * 1024;

struct Rates {
    double frames = 30, ticks = 1;
};

double positive(QStringView text, double otherwise)
{
    bool ok = false;
    const double value = text.toDouble(&ok);
    return ok && std::isfinite(value) && value > 0 ? value : otherwise;
}

std::optional<double> seconds(QStringView text, const Rates& rates)
{
    text = text.trimmed();
    const auto number = [](QStringView digits) -> std::optional<double> {
        bool ok = false;
        const double value = digits.toDouble(&ok);
        return ok && std::isfinite(value) && value >= 0 && value < 1e9 ? std::optional(value) : std::nullopt;
    };
    if (text.contains(u':')) {
        const auto parts = text.split(u':');
        if (parts.size() < 3 || parts.size() > 4)
            return std::nullopt;
        const auto hours = number(parts[0]), minutes = number(parts[1]), rest = number(parts[2]);
        const auto frames = parts.size() == 4 ? number(parts[3]) : std::optional(0.0);
        if (!hours || !minutes || !rest || !frames)
            return std::nullopt;
        return *hours * 3600 + *minutes * 60 + *rest + *frames / rates.frames;
    }
    struct {
        QStringView unit;
        double worth;
    } const units[] = {{u"ms", 0.001}, {u"h", 3600}, {u"m", 60}, {u"s", 1}, {u"f", 1 / rates.frames}, {u"t", 1 / rates.ticks}};
    for (const auto& [unit, worth] : units)
        if (text.endsWith(unit))
            if (const auto value = number(text.chopped(unit.size())))
                return *value * worth;
    return std::nullopt;
}

struct Span {
    double begin = 0, end = 0;
};
constexpr double kEndless = 1e12;

/// Times are relative to what the element is in.
Span spanOf(const QXmlStreamAttributes& attributes, const Span& parent, const Rates& rates)
{
    Span span{parent.begin, parent.end};
    const auto of = [&](const char* name) { return seconds(attributes.value(QLatin1String(name)), rates); };
    if (const auto begin = of("begin"))
        span.begin = parent.begin + *begin;
    if (const auto end = of("end"))
        span.end = std::min(span.end, parent.begin + *end);
    if (const auto duration = of("dur"))
        span.end = std::min(span.end, span.begin + *duration);
    return span;
}

Rates ratesOf(const QXmlStreamAttributes& attributes)
{
    Rates rates;
    for (const QXmlStreamAttribute& attribute : attributes) {
        if (attribute.name() == u"frameRate")
            rates.frames = positive(attribute.value(), rates.frames);
        if (attribute.name() == u"tickRate")
            rates.ticks = positive(attribute.value(), rates.ticks);
    }
    for (const QXmlStreamAttribute& attribute : attributes)
        if (attribute.name() == u"frameRateMultiplier") {
            const auto parts = attribute.value().trimmed().split(u' ');
            if (parts.size() == 2)
                rates.frames *= positive(parts[0], 1) / positive(parts[1], 1);
        }
    return rates;
}

/// The text of a paragraph, the reader standing at its start and then at its end.
QByteArray textOf(QXmlStreamReader& xml)
{
    QString text;
    for (int depth = 1; depth > 0 && !xml.atEnd();) {
        switch (xml.readNext()) {
        case QXmlStreamReader::StartElement:
            ++depth;
            if (xml.name() == u"br")
                text += u'\n';
            if (xml.name() == u"metadata") {
                xml.skipCurrentElement();
                --depth;
            }
            break;
        case QXmlStreamReader::EndElement: --depth; break;
        case QXmlStreamReader::Characters:
            if (text.size() < kMostText) {
                QString piece = xml.text().toString();
                for (QChar& c : piece)
                    if (c.isSpace() && c != QChar::Nbsp)
                        c = u' ';
                text += piece;
            }
            break;
        default: break;
        }
    }
    QStringList lines;
    for (const QString& line : text.split(u'\n'))
        if (const QString simple = line.simplified(); !simple.isEmpty())
            lines.append(simple.toHtmlEscaped().replace(QStringLiteral("&quot;"), QStringLiteral("\"")));
    return lines.join(u'\n').toUtf8();
}

} // namespace

Result<std::vector<Cue>> parseTtml(QByteArrayView text)
{
    QXmlStreamReader xml(text.toByteArray());
    std::vector<Cue> cues;
    std::vector<Span> inside{{0, kEndless}};
    Rates rates;
    bool ttml = false;
    while (!xml.atEnd() && cues.size() < kMostCues) {
        const auto token = xml.readNext();
        if (token == QXmlStreamReader::EndElement && inside.size() > 1)
            inside.pop_back();
        if (token != QXmlStreamReader::StartElement)
            continue;
        if (!ttml && xml.name() != u"tt")
            return failure(Code::SegmentDamaged,
                QStringLiteral("line %1: not TTML but <%2>").arg(xml.lineNumber()).arg(xml.name().left(40)));
        if (!ttml)
            rates = ratesOf(xml.attributes());
        ttml = true;
        if (inside.size() > kDeepest)
            return failure(Code::SegmentDamaged, QStringLiteral("line %1: elements lie too deep").arg(xml.lineNumber()));
        const Span span = spanOf(xml.attributes(), inside.back(), rates);
        if (xml.name() != u"p") {
            inside.push_back(span);
            continue;
        }
        Cue cue{.start = span.begin, .end = span.end, .text = textOf(xml)};
        if (!cue.text.isEmpty() && cue.end > cue.start && cue.end < kEndless)
            cues.push_back(std::move(cue));
    }
    if (xml.hasError() || !ttml)
        return failure(Code::SegmentDamaged, QStringLiteral("line %1: %2").arg(xml.lineNumber()).arg(xml.errorString()));
    return cues;
}

} // namespace weir
