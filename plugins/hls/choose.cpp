#include "hls/choose.h"

#include "hls/codecs.h"
#include "hls/quality.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

using Tracks = std::vector<Track>;

bool fitsContainer(const Track& track, const QString& container)
{
    return container.compare(u"mp4", Qt::CaseInsensitive) != 0
        || std::all_of(track.codecs.begin(), track.codecs.end(), fitsMp4);
}

bool isSpecial(const Track& track)
{
    static const QStringList special{QStringLiteral("description"), QStringLiteral("commentary"), QStringLiteral("caption"),
        QStringLiteral("alternate"), QStringLiteral("dub"), QStringLiteral("forced-subtitle"), QStringLiteral("emergency"),
        QStringLiteral("karaoke"), QStringLiteral("enhanced-audio-intelligibility")};
    return track.forced
        || std::any_of(track.roles.begin(), track.roles.end(), [](const QString& role) { return special.contains(role); });
}

/// "en" is "eng" is "en-US"; "en-US" is not "en-GB".
bool sameLanguage(const QString& wish, const QString& language)
{
    const auto primary = [](const QString& tag) {
        const QString code = tag.section(u'-', 0, 0).toLower();
        const auto known = QLocale::codeToLanguage(code);
        return known == QLocale::AnyLanguage ? code : QLocale::languageToCode(known);
    };
    if (wish.isEmpty() || language.isEmpty())
        return false;
    const QString wishRest = wish.section(u'-', 1).toLower(), rest = language.section(u'-', 1).toLower();
    return primary(wish) == primary(language) && (wishRest.isEmpty() || rest.isEmpty() || wishRest == rest);
}

/// Larger is better; video.
auto videoRank(const Track& track, const QString& container)
{
    return std::tuple(
        fitsContainer(track, container), qint64(track.width) * track.height, std::round(track.frameRate), track.bandwidth);
}

/// Larger is better, among renditions of one language.
auto renditionRank(const Track& track, const QString& container)
{
    return std::tuple(!isSpecial(track), track.isDefault, fitsContainer(track, container), track.channels, track.bandwidth);
}

QString kbits(qint64 bandwidth)
{
    return bandwidth >= 1'000'000 ? QString::number(double(bandwidth) / 1e6, 'f', 1) + QStringLiteral(" Mbit/s")
                                  : QString::number(bandwidth / 1000) + QStringLiteral(" kbit/s");
}

/// What it is, in short.
QString labelOf(const Track& track)
{
    QStringList parts;
    if (track.type == TrackType::Video) {
        if (track.height > 0)
            parts.append(QStringLiteral("%1x%2").arg(track.width).arg(track.height));
        if (track.frameRate > 0)
            parts.append(QString::number(track.frameRate, 'g', 4) + QStringLiteral(" fps"));
        if (!track.videoRange.isEmpty() && track.videoRange != u"SDR")
            parts.append(track.videoRange);
    }
    const char* kind = track.type == TrackType::Video ? "video" : track.type == TrackType::Audio ? "audio" : "subtitles";
    parts.prepend(QString::fromLatin1(kind));
    if (!track.name.isEmpty())
        parts.append(track.name);
    if (!track.language.isEmpty() && track.type != TrackType::Video)
        parts.append(track.language);
    if (track.channels > 0)
        parts.append(QStringLiteral("%1 ch").arg(track.channels));
    for (const QString& role : track.roles)
        if (role != u"main")
            parts.append(role);
    if (track.forced)
        parts.append(QStringLiteral("forced"));
    for (const QString& system : track.drm)
        parts.append(QStringLiteral("DRM: ") + system);
    return parts.join(u' ');
}

QString sentenceOf(const Track& track)
{
    QStringList parts{labelOf(track)};
    parts += track.codecs;
    if (track.bandwidth > 0)
        parts.append(kbits(track.bandwidth));
    return parts.join(u' ');
}

tl::unexpected<Error> noneFits(const QString& wish, const Tracks& tracks, TrackType type)
{
    QStringList there;
    for (const Track& track : tracks)
        if (track.type == type && there.size() < 30)
            there.append(sentenceOf(track));
    return failure(Code::NoSuchTrack,
        QStringLiteral("%1; there is: %2")
            .arg(wish, there.isEmpty() ? QStringLiteral("nothing of that kind") : there.join(QStringLiteral("; "))));
}

/// The renditions of `type` that go with the main track: those of its group (HLS), or all (DASH).
QList<int> companions(const Tracks& tracks, const Track* main, TrackType type)
{
    QList<int> indexes;
    const bool grouped = main && !main->playlists.isEmpty();
    const QString group = !grouped ? QString() : type == TrackType::Audio ? main->audioGroup : main->subtitleGroup;
    for (int i = 0; i < int(tracks.size()); ++i) {
        const Track& track = tracks[std::size_t(i)];
        if (track.type != type || &track == main)
            continue;
        if (!grouped || (!group.isEmpty() && track.group == group))
            indexes.append(i);
    }
    return indexes;
}

int bestOf(const Tracks& tracks, const QList<int>& indexes, const QString& container)
{
    // The first of equal ones: manifests list what they prefer first.
    int best = -1;
    for (const int index : indexes)
        if (best < 0
            || renditionRank(tracks[std::size_t(index)], container) > renditionRank(tracks[std::size_t(best)], container))
            best = index;
    return best;
}

/// One rendition for each wish. `builtIn`: the main track's own sound, which fits wishes too; set if it was taken.
Result<QList<int>> takeRenditions(const Tracks& tracks, const QList<int>& offered, const QStringList& wishes, TrackType type,
    const QString& container, const Track* main, bool& builtIn)
{
    QList<int> taken;
    const bool hasBuiltIn = std::exchange(builtIn, false);
    const auto add = [&](int index) {
        if (index >= 0 && !taken.contains(index))
            taken.append(index);
    };
    for (const QString& wish : wishes) {
        if (wish == u"none")
            continue;
        if (wish == u"all") {
            QHash<QString, QList<int>> kinds;
            QStringList order;
            for (const int index : offered) {
                const Track& track = tracks[std::size_t(index)];
                const QString kind =
                    QStringList{track.language, track.name, track.roles.join(u','), QString::number(track.forced)}.join(u'\n');
                if (!kinds.contains(kind))
                    order.append(kind);
                kinds[kind].append(index);
            }
            for (const QString& kind : order)
                add(bestOf(tracks, kinds[kind], container));
            builtIn = builtIn || hasBuiltIn;
            continue;
        }
        QList<int> fitting;
        for (const int index : offered) {
            const Track& track = tracks[std::size_t(index)];
            if (sameLanguage(wish, track.language) || wish.compare(track.name, Qt::CaseInsensitive) == 0)
                fitting.append(index);
        }
        if (hasBuiltIn && (fitting.isEmpty() || main->isDefault) && sameLanguage(wish, main->language))
            builtIn = true;
        else if (fitting.isEmpty())
            return noneFits(QString::fromLatin1(type == TrackType::Audio ? "audio: " : "subtitles: ") + wish, tracks, type);
        else
            add(bestOf(tracks, fitting, container));
    }
    return taken;
}

/// The sound that is taken when nobody says which.
QList<int> defaultAudio(
    const Tracks& tracks, const QList<int>& offered, const Track* main, const QString& container, bool& builtIn)
{
    if (offered.isEmpty())
        return {};
    QList<int> marked;
    for (const int index : offered)
        if (tracks[std::size_t(index)].isDefault)
            marked.append(index);
    if (builtIn && (marked.isEmpty() || main->isDefault))
        return {};
    builtIn = false;
    QList<int> candidates = marked;
    if (candidates.isEmpty()) {
        // The language that comes first, of those that are nothing special.
        const auto plain =
            std::find_if(offered.begin(), offered.end(), [&](int index) { return !isSpecial(tracks[std::size_t(index)]); });
        const QString language = tracks[std::size_t(plain == offered.end() ? offered.first() : *plain)].language;
        for (const int index : offered)
            if (tracks[std::size_t(index)].language == language)
                candidates.append(index);
    }
    return {bestOf(tracks, candidates, container)};
}

Result<TrackSelection> around(const Presentation& presentation, const Wishes& wishes, int mainIndex)
{
    const Tracks& tracks = presentation.tracks;
    const Track* main = mainIndex < 0 ? nullptr : &tracks[std::size_t(mainIndex)];
    TrackSelection selection;
    if (main)
        selection.tracks.append(mainIndex);
    selection.builtInAudio = main && main->carriesAudio;
    const bool mainIsAudio = main && main->type == TrackType::Audio;
    if (!mainIsAudio) {
        const QList<int> offered = companions(tracks, main, TrackType::Audio);
        if (wishes.audio.isEmpty()) {
            selection.tracks += defaultAudio(tracks, offered, main, wishes.container, selection.builtInAudio);
        } else if (!(offered.isEmpty() && selection.builtInAudio && main->language.isEmpty()
                       && !wishes.audio.contains(u"none"))) {
            auto audio =
                takeRenditions(tracks, offered, wishes.audio, TrackType::Audio, wishes.container, main, selection.builtInAudio);
            if (!audio)
                return failure(audio.error());
            selection.tracks += *audio;
        }
    }
    bool nothing = false;
    auto subtitles = takeRenditions(tracks, companions(tracks, main, TrackType::Subtitles), wishes.subtitles,
        TrackType::Subtitles, wishes.container, main, nothing);
    if (!subtitles)
        return failure(subtitles.error());
    selection.tracks += *subtitles;
    if (selection.tracks.isEmpty())
        return failure(Code::NoSuchTrack, QStringLiteral("nothing is left of what there is"));
    for (const int index : std::as_const(selection.tracks))
        for (const QString& system : tracks[std::size_t(index)].drm)
            if (!selection.drm.contains(system))
                selection.drm.append(system);
    return selection;
}

/// Tracks that can be the main one, best first.
QList<int> ranked(const Tracks& tracks, TrackType type, const Quality& quality, const QString& container)
{
    QList<int> indexes;
    for (int i = 0; i < int(tracks.size()); ++i) {
        const Track& track = tracks[std::size_t(i)];
        if (track.type == type && track.group.isEmpty() && quality.fits(track))
            indexes.append(i);
    }
    std::stable_sort(indexes.begin(), indexes.end(), [&](int left, int right) {
        const auto a = videoRank(tracks[std::size_t(left)], container), b = videoRank(tracks[std::size_t(right)], container);
        if (quality.worst() && std::get<0>(a) == std::get<0>(b))
            return a < b;
        return a > b;
    });
    return indexes;
}

Result<TrackSelection> pick(const Presentation& presentation, const Wishes& wishes)
{
    const Tracks& tracks = presentation.tracks;
    const auto is = [&](TrackType type) {
        return [&tracks, type](int index) { return tracks[std::size_t(index)].type == type; };
    };
    for (const int index : wishes.tracks)
        if (index < 0 || index >= int(tracks.size()))
            return failure(Code::NoSuchTrack, QStringLiteral("number %1 of %2").arg(index + 1).arg(tracks.size()));
    const QList<int>& picked = wishes.tracks;
    TrackSelection selection;
    const auto picture = std::find_if(picked.begin(), picked.end(), is(TrackType::Video));
    if (picture != picked.end()) {
        auto usual = around(presentation, wishes, *picture);
        if (!usual)
            return usual;
        selection = *usual;
        if (std::any_of(picked.begin(), picked.end(), is(TrackType::Audio))) {
            selection.tracks.removeIf(is(TrackType::Audio));
            selection.builtInAudio = false;
        }
    }
    for (const int index : picked) {
        if (selection.tracks.contains(index))
            continue;
        selection.tracks.append(index);
        for (const QString& system : tracks[std::size_t(index)].drm)
            if (!selection.drm.contains(system))
                selection.drm.append(system);
    }
    return selection;
}

} // namespace

Result<TrackSelection> choose(const Presentation& presentation, const Wishes& wishes)
{
    if (!wishes.tracks.isEmpty())
        return pick(presentation, wishes);
    const Tracks& tracks = presentation.tracks;
    const auto hasMain = [&](TrackType type) {
        return std::any_of(
            tracks.begin(), tracks.end(), [&](const Track& track) { return track.type == type && track.group.isEmpty(); });
    };
    std::optional<Error> refused;
    for (const QString& alternative : wishes.quality.split(u'/')) {
        const auto quality = Quality::parse(alternative);
        if (!quality)
            return failure(quality.error());
        QList<int> mains;
        if (quality->none() || !hasMain(TrackType::Video)) {
            // HLS lists sound without pictures as variants; in DASH it is audio like any other.
            const bool variants =
                std::any_of(tracks.begin(), tracks.end(), [](const Track& track) { return !track.playlists.isEmpty(); });
            mains = variants ? ranked(tracks, TrackType::Audio, *quality, wishes.container) : QList<int>{-1};
            if (mains.isEmpty() && quality->none())
                mains = {-1};
            if (mains == QList<int>{-1} && !quality->none() && wishes.audio.isEmpty() && hasMain(TrackType::Audio)) {
                const QList<int> audio = ranked(tracks, TrackType::Audio, *quality, wishes.container);
                mains = quality->worst() ? audio.mid(0, 1) : audio.isEmpty() ? audio : mains;
            }
        } else {
            mains = ranked(tracks, TrackType::Video, *quality, wishes.container);
        }
        // Only some variants may have the language that is wished for.
        for (const int main : std::as_const(mains)) {
            auto selection = around(presentation, wishes, main);
            if (selection)
                return selection;
            refused = refused ? refused : selection.error();
        }
    }
    if (refused)
        return failure(*refused);
    return noneFits(
        QStringLiteral("quality: ") + wishes.quality, tracks, hasMain(TrackType::Video) ? TrackType::Video : TrackType::Audio);
}

QList<Variant> describeTracks(const Presentation& presentation)
{
    QList<Variant> variants;
    for (const Track& track : presentation.tracks)
        variants.append({labelOf(track), track.language, track.bandwidth, track.codecs.join(QStringLiteral(", "))});
    return variants;
}

} // namespace weir
