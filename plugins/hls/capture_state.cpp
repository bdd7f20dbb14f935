#include "hls/capture_state.h"

#include <QCborArray>
#include <QCborMap>

#include <algorithm>

namespace weir {

namespace {

constexpr int kVersion = 2;

QCborValue toCbor(const std::optional<ResumePoint>& point)
{
    if (!point)
        return nullptr;
    const QCborValue clock = point->clock ? QCborValue(qint64(point->clock->time_since_epoch() / std::chrono::microseconds(1)))
                                          : QCborValue(nullptr);
    return QCborArray{
        point->number, point->begin, point->end, point->discontinuity, clock, point->numbered, point->seams, point->ad};
}

std::optional<ResumePoint> pointFrom(const QCborArray& array)
{
    if (array.size() != 8)
        return {};
    ResumePoint point{array.at(0).toInteger(), array.at(1).toDouble(), array.at(2).toDouble(), int(array.at(3).toInteger()), {},
        array.at(5).toBool(), int(array.at(6).toInteger()), array.at(7).toBool()};
    if (array.at(4).isInteger())
        point.clock = std::chrono::system_clock::time_point(std::chrono::microseconds(array.at(4).toInteger()));
    return point;
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
        told.append(QCborArray{
            int(track.type), track.withSound, track.language, track.title, track.isDefault, track.forced, track.besideOnly});
    QCborArray titled;
    for (const Chapter& chapter : chapters)
        titled.append(QCborArray{chapter.start, chapter.end, chapter.title});
    return QCborMap{{QStringLiteral("chapters"), titled}, {QStringLiteral("remux"), told}, {QStringLiteral("live"), live},
        {QStringLiteral("duration"), duration}, {QStringLiteral("name"), suggestedName},
        {QStringLiteral("container"), container}, {QStringLiteral("version"), kVersion}, {QStringLiteral("tracks"), ids},
        {QStringLiteral("points"), places}, {QStringLiteral("gaps"), missing}, {QStringLiteral("spool"), spool},
        {QStringLiteral("folder"), folder}, {QStringLiteral("complete"), complete}}
        .toCborValue()
        .toCbor();
}

std::optional<CaptureState> CaptureState::fromBytes(const QByteArray& bytes)
{
    QCborParserError error;
    const QCborMap map = QCborValue::fromCbor(bytes, &error).toMap();
    // What was cut off must not be looked into: Qt 6.4 leaves a key without its value there and reads beyond it.
    if (error.error != QCborError::NoError || map.value(QStringLiteral("version")).toInteger() != kVersion)
        return {};
    CaptureState state;
    for (const QCborValue id : map.value(QStringLiteral("tracks")).toArray())
        state.tracks.append(id.toString());
    for (const QCborValue point : map.value(QStringLiteral("points")).toArray())
        state.points.push_back(pointFrom(point.toArray()));
    for (const QCborValue value : map.value(QStringLiteral("gaps")).toArray()) {
        const QCborArray gap = value.toArray();
        state.gaps.push_back({int(gap.at(0).toInteger()), gap.at(1).toDouble(), gap.at(2).toDouble(), gap.at(3).toInteger(),
            gap.at(4).toInteger(), gap.at(5).toString()});
    }
    for (const QCborValue value : map.value(QStringLiteral("remux")).toArray()) {
        const QCborArray told = value.toArray();
        state.remux.push_back(
            {TrackType(std::clamp<qint64>(told.at(0).toInteger(), 0, int(TrackType::Subtitles))), told.at(1).toBool(),
                told.at(2).toString(), told.at(3).toString(), told.at(4).toBool(), told.at(5).toBool(), told.at(6).toBool()});
    }
    for (const QCborValue value : map.value(QStringLiteral("chapters")).toArray()) {
        const QCborArray chapter = value.toArray();
        state.chapters.push_back({chapter.at(0).toDouble(), chapter.at(1).toDouble(), chapter.at(2).toString()});
    }
    state.live = map.value(QStringLiteral("live")).toBool();
    state.duration = map.value(QStringLiteral("duration")).toDouble(-1);
    state.suggestedName = map.value(QStringLiteral("name")).toString();
    state.container = map.value(QStringLiteral("container")).toString();
    state.spool = map.value(QStringLiteral("spool")).toByteArray();
    state.folder = map.value(QStringLiteral("folder")).toString();
    state.complete = map.value(QStringLiteral("complete")).toBool();
    const bool fits = !state.tracks.isEmpty() && std::size_t(state.tracks.size()) == state.points.size()
        && state.remux.size() == state.points.size() && !state.folder.isEmpty();
    return fits ? std::optional(std::move(state)) : std::nullopt;
}

} // namespace weir
