#include "queue/choice.h"

#include <QJsonArray>

#include <algorithm>

namespace weir {

QJsonObject offerOf(const TaskInfo& info)
{
    QJsonArray files, variants;
    for (const FileItem& file : info.files)
        files.append(QJsonObject{{QStringLiteral("number"), files.size() + 1}, {QStringLiteral("path"), file.path},
            {QStringLiteral("size"), file.size < 0 ? QJsonValue() : QJsonValue(file.size)}});
    for (const Variant& variant : info.variants)
        variants.append(QJsonObject{{QStringLiteral("number"), variants.size() + 1}, {QStringLiteral("label"), variant.label},
            {QStringLiteral("language"), variant.language}, {QStringLiteral("bitrate"), variant.bitrate},
            {QStringLiteral("codecs"), variant.codecs}});
    return {{QStringLiteral("files"), files}, {QStringLiteral("variants"), variants}};
}

Result<QList<int>> readNumbers(const QString& text, int count)
{
    QList<int> numbers;
    for (const QString& part : text.split(u',', Qt::SkipEmptyParts)) {
        const QStringList ends = part.trimmed().split(u'-');
        bool firstOk = false, lastOk = false;
        const int first = ends.first().toInt(&firstOk);
        const int last = ends.last().toInt(&lastOk);
        if (!firstOk || !lastOk || ends.size() > 2 || first < 1 || last < first || last > count)
            return failure(Code::BadChoice, QStringLiteral("\"%1\" of %2").arg(part.left(40)).arg(count));
        for (int number = first; number <= last; ++number)
            if (!numbers.contains(number - 1))
                numbers.append(number - 1);
    }
    return numbers;
}

Result<QList<int>> readList(const QJsonValue& value, int count)
{
    if (value.isUndefined() || value.isNull())
        return QList<int>();
    if (value.isString())
        return readNumbers(value.toString(), count);
    if (!value.isArray())
        return failure(Code::BadChoice, QStringLiteral("a list of numbers is expected"));
    QStringList parts;
    for (const QJsonValue& item : value.toArray())
        parts.append(QString::number(item.toInt()));
    return readNumbers(parts.join(u','), count);
}

Result<Choice> readChoice(const QJsonObject& choice, const QJsonObject& offer)
{
    const auto files =
        readList(choice.value(QLatin1String("files")), int(offer.value(QLatin1String("files")).toArray().size()));
    if (!files)
        return failure(files.error());
    const auto variants =
        readList(choice.value(QLatin1String("variants")), int(offer.value(QLatin1String("variants")).toArray().size()));
    if (!variants)
        return failure(variants.error());
    return Choice{choice.value(QLatin1String("name")).toString(), *files, *variants};
}

} // namespace weir
