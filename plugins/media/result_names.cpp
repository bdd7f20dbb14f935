#include "media/result_names.h"

#include <QFileInfo>
#include <QJsonDocument>

namespace weir {

namespace {

constexpr qsizetype kMostShown = 1000; // the file beside has them all

} // namespace

QString streamName(const QUrl& url)
{
    static const QStringList kNothingSaid{QStringLiteral("master"), QStringLiteral("index"), QStringLiteral("playlist"),
        QStringLiteral("manifest"), QStringLiteral("stream"), QStringLiteral("main"), QStringLiteral("chunklist"),
        QStringLiteral("prog_index"), QStringLiteral("video"), QStringLiteral("hls"), QStringLiteral("dash"),
        QStringLiteral("live"), QStringLiteral("list"), QStringLiteral("media")};
    const QStringList parts = url.path().split(u'/', Qt::SkipEmptyParts);
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        const QString stem = part == parts.rbegin() && part->contains(u'.') ? part->left(part->lastIndexOf(u'.')) : *part;
        if (!stem.isEmpty() && !kNothingSaid.contains(stem.toLower()))
            return stem;
    }
    return url.host().isEmpty() ? QStringLiteral("stream") : url.host();
}

QString spoolName(const QString& directory, const QString& known, const QString& name)
{
    const QString own = name + QStringLiteral(".spool");
    const bool moved = !QFileInfo::exists(directory + u'/' + known) && QFileInfo::exists(directory + u'/' + own);
    return known.isEmpty() || moved ? own : known;
}

Result<void> writeGapList(TaskContext& ctx, const QString& name, const QJsonArray& gaps)
{
    if (gaps.isEmpty())
        return {};
    QJsonArray shown;
    for (qsizetype i = 0; i < std::min(gaps.size(), kMostShown); ++i)
        shown.append(gaps[i]);
    ctx.setGaps(shown);
    const QByteArray text = QJsonDocument(QJsonObject{{QStringLiteral("gaps"), gaps}}).toJson();
    auto file = ctx.open(name + QStringLiteral(".gaps.json"), text.size());
    if (!file)
        return tl::unexpected(file.error());
    ctx.log(Level::Warning, QStringLiteral("%1 stretches are missing: %2.gaps.json").arg(gaps.size()).arg(name));
    return (*file)->write(0, {text.constData(), std::size_t(text.size())});
}

} // namespace weir
