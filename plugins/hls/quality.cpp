#include "hls/quality.h"

#include "hls/codecs.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

template <class T> bool compare(const T& left, const T& right, bool less, bool equal, bool greater)
{
    return left < right ? less : right < left ? greater : equal;
}

} // namespace

int nominalHeight(const Track& track)
{
    const int small = std::min(track.width, track.height), large = std::max(track.width, track.height);
    // A wide film is cut above and below; its name comes from the width.
    return large == 0 ? track.height : std::max(small, large * 9 / 16);
}

Result<Quality> Quality::parse(const QString& text)
{
    static const QRegularExpression named(QStringLiteral("^(\\d{2,5})p(\\d{1,3})?$"));
    static const QRegularExpression separator(QStringLiteral("\\s*[,&]\\s*"));
    Quality quality;
    const QString wanted = text.trimmed().toLower();
    if (wanted.isEmpty() || wanted == u"best" || wanted == u"worst") {
        quality.worst_ = wanted == u"worst";
        return quality;
    }
    if (wanted == u"none" || wanted == u"audio") {
        quality.none_ = true;
        return quality;
    }
    for (const QString& part : wanted.split(separator, Qt::SkipEmptyParts)) {
        if (const auto match = named.match(part); match.hasMatch()) {
            quality.conditions_.append({Field::Height, Relation::Equal, match.captured(1).toDouble(), {}});
            if (match.hasCaptured(2))
                quality.conditions_.append({Field::Rate, Relation::Equal, match.captured(2).toDouble(), {}});
        } else if (part == u"best" || part == u"worst") {
            quality.worst_ = part == u"worst";
        } else {
            auto condition = parseCondition(part);
            if (!condition)
                return failure(condition.error());
            quality.conditions_.append(*condition);
        }
    }
    return quality;
}

Result<Quality::Condition> Quality::parseCondition(const QString& text)
{
    static const QRegularExpression form(QStringLiteral("^([a-z]+)\\s*(<=|>=|!=|==|=|<|>)\\s*([a-z0-9._-]+)$"));
    static const QHash<QString, Field> fields{{"height", Field::Height}, {"width", Field::Width}, {"fps", Field::Rate},
        {"bandwidth", Field::Bandwidth}, {"bitrate", Field::Bandwidth}, {"codec", Field::Codec}, {"range", Field::Range}};
    static const QHash<QString, Relation> relations{{"<", Relation::Less}, {"<=", Relation::LessOrEqual},
        {"=", Relation::Equal}, {"==", Relation::Equal}, {"!=", Relation::NotEqual}, {">=", Relation::GreaterOrEqual},
        {">", Relation::Greater}};
    const auto bad = [&] { return failure(Code::BadOption, QStringLiteral("quality: ") + text); };
    const auto match = form.match(text);
    if (!match.hasMatch() || !fields.contains(match.captured(1)))
        return bad();
    Condition condition{fields[match.captured(1)], relations[match.captured(2)], 0, match.captured(3)};
    if (condition.field == Field::Codec || condition.field == Field::Range) {
        const bool equality = condition.relation == Relation::Equal || condition.relation == Relation::NotEqual;
        return equality ? Result<Condition>(condition) : bad();
    }
    QString number = condition.word;
    const double unit = number.endsWith(u'k') ? 1e3 : number.endsWith(u'm') ? 1e6 : 1;
    if (unit != 1 || (number.endsWith(u'p') && condition.field == Field::Height))
        number.chop(1);
    bool ok = false;
    condition.number = number.toDouble(&ok) * unit;
    return ok ? Result<Condition>(condition) : bad();
}

bool Quality::holds(const Condition& condition, const Track& track)
{
    const Relation relation = condition.relation;
    const bool less = relation == Relation::Less || relation == Relation::LessOrEqual || relation == Relation::NotEqual;
    const bool equal = relation == Relation::LessOrEqual || relation == Relation::Equal || relation == Relation::GreaterOrEqual;
    const bool greater =
        relation == Relation::Greater || relation == Relation::GreaterOrEqual || relation == Relation::NotEqual;
    // What a track does not say about itself can't be held against a condition.
    const auto number = [&](double value) { return value > 0 && compare(value, condition.number, less, equal, greater); };
    switch (condition.field) {
    case Field::Height:
        if (relation == Relation::Equal && track.height > 0 && track.height == int(condition.number))
            return true;
        return number(nominalHeight(track));
    case Field::Width: return number(track.width);
    case Field::Rate: return number(std::round(track.frameRate));
    case Field::Bandwidth: return number(double(track.bandwidth));
    case Field::Range:
        return (track.videoRange.isEmpty() ? QStringLiteral("sdr") : track.videoRange.toLower()) == condition.word ? equal
                                                                                                                   : less;
    case Field::Codec: break;
    }
    const QString family = codecFamily(condition.word);
    const bool has = std::any_of(track.codecs.begin(), track.codecs.end(),
        [&](const QString& codec) { return codecFamily(codec) == family || codec.toLower().startsWith(condition.word); });
    return has ? equal : less;
}

bool Quality::fits(const Track& track) const
{
    return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& each) { return holds(each, track); });
}

} // namespace weir
