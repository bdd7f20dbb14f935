#include "hls/capture_state.h"

#include <QCborArray>
#include <QCborMap>

#include <algorithm>

namespace weir {

namespace {

constexpr int kVersion = 1;

QCborValue toCbor(const std::optional<ResumePoint>& point)
{
    if (!point)
        return nullptr;
    return QCborArray{point->number, point->begin, point->end, point->discontinuity};
}

std::optional<ResumePoint> pointFrom(const QCborArray& array)
{
    if (array.size() != 4)
        return {};
    return ResumePoint{array[0].toInteger(), array[1].toDouble(), array[2].toDouble(), int(array[3].toInteger())};
}

} // namespace

QByteArray CaptureState::toBytes() const
{
    QCborArray ids, places, missing;
    for (const QString& id : tracks)
        ids.append(id);
    for (const auto& point : points)
        places.append(toCbor(point));
    for (const CaptureGap& gap : gaps)
        missing.append(QCborArray{gap.track, gap.start, gap.end, gap.first, gap.last, gap.reason});
    QCborArray told;
    for (const RemuxTrack& track : remux)
        told.append(QCborArray{int(track.type), track.withSound, track.language, track.title, track.isDefault, track.forced, track.besideOnly});
    return QCborMap{{QStringLiteral("remux"), told}, {QStringLiteral("live"), live}, {QStringLiteral("duration"), duration},
                    {QStringLiteral("name"), suggestedName}, {QStringLiteral("container"), container},
                    {QStringLiteral("version"), kVersion}, {QStringLiteral("tracks"), ids}, {QStringLiteral("points"), places},
                    {QStringLiteral("gaps"), missing}, {QStringLiteral("spool"), spool}, {QStringLiteral("folder"), folder},
                    {QStringLiteral("complete"), complete}}.toCborValue().toCbor();
}

std::optional<CaptureState> CaptureState::fromBytes(const QByteArray& bytes)
{
    const QCborMap map = QCborValue::fromCbor(bytes).toMap();
    if (map[QStringLiteral("version")].toInteger() != kVersion)
        return {};
    CaptureState state;
    for (const QCborValue id : map[QStringLiteral("tracks")].toArray())
        state.tracks.append(id.toString());
    for (const QCborValue point : map[QStringLiteral("points")].toArray())
        state.points.push_back(pointFrom(point.toArray()));
    for (const QCborValue value : map[QStringLiteral("gaps")].toArray()) {
        const QCborArray gap = value.toArray();
        state.gaps.push_back({int(gap[0].toInteger()), gap[1].toDouble(), gap[2].toDouble(), gap[3].toInteger(), gap[4].toInteger(), gap[5].toString()});
    }
    for (const QCborValue value : map[QStringLiteral("remux")].toArray()) {
        const QCborArray told = value.toArray();
        state.remux.push_back({TrackType(std::clamp<qint64>(told[0].toInteger(), 0, int(TrackType::Subtitles))), told[1].toBool(), told[2].toString(),
                               told[3].toString(), told[4].toBool(), told[5].toBool(), told[6].toBool()});
    }
    state.live = map[QStringLiteral("live")].toBool();
    state.duration = map[QStringLiteral("duration")].toDouble(-1);
    state.suggestedName = map[QStringLiteral("name")].toString();
    state.container = map[QStringLiteral("container")].toString();
    state.spool = map[QStringLiteral("spool")].toByteArray();
    state.folder = map[QStringLiteral("folder")].toString();
    state.complete = map[QStringLiteral("complete")].toBool();
    const bool fits = !state.tracks.isEmpty() && std::size_t(state.tracks.size()) == state.points.size() && state.remux.size() == state.points.size() && !state.folder.isEmpty();
    return fits ? std::optional(std::move(state)) : std::nullopt;
}

} // namespace weir
