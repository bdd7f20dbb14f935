// Hours of live streams in virtual time: a server writes playlists, the real parser and the real timeline read them. Every
// segment must come out once and in order, or stand in the list of what was lost.
#include "hls/m3u8_parser.h"
#include "hls/timeline.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace weir {
namespace {

using namespace std::chrono_literals;

const TimePoint kBegin{10'000s};

struct Truth {
    double duration = 0, at = 0; ///< `at`: when it ends and is published
    int discontinuity = 0;
};

/// A live stream: what exists at which second, and how its playlist looks at that moment.
struct Station {
    qint64 firstNumber = 0;
    double target = 6;
    int window = 6;
    bool dated = false, counted = true; ///< writes dates; writes EXT-X-DISCONTINUITY-SEQUENCE
    std::vector<Truth> segments;

    Station(std::mt19937& random, double seconds)
    {
        std::uniform_real_distribution<double> share(0.5, 1.0);
        target = std::uniform_int_distribution<int>(1, 10)(random);
        window = std::uniform_int_distribution<int>(3, 20)(random);
        firstNumber = std::uniform_int_distribution<qint64>(0, 5'000'000'000)(random);
        dated = random() % 2 == 0;
        counted = random() % 3 != 0;
        int discontinuity = 0;
        double at = 0;
        while (at < seconds) {
            const double duration = std::round(target * share(random) * 1000) / 1000;
            at += duration;
            discontinuity += random() % 40 == 0;
            segments.push_back({duration, at, discontinuity});
        }
    }
    int published(double now) const
    {
        const auto after =
            std::upper_bound(segments.begin(), segments.end(), now, [](double t, const Truth& s) { return t < s.at; });
        return int(after - segments.begin());
    }
    QByteArray playlist(double now, bool ended) const
    {
        const int end = published(now), begin = std::max(0, end - window);
        QByteArray text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:" + QByteArray::number(target)
            + "\n#EXT-X-MEDIA-SEQUENCE:" + QByteArray::number(firstNumber + begin) + "\n";
        if (counted && begin < end)
            text += "#EXT-X-DISCONTINUITY-SEQUENCE:" + QByteArray::number(discontinuitiesBefore(begin)) + "\n";
        for (int i = begin; i < end; ++i) {
            const Truth& segment = segments[std::size_t(i)];
            if (i > 0 && segments[std::size_t(i - 1)].discontinuity != segment.discontinuity)
                text += "#EXT-X-DISCONTINUITY\n";
            if (dated && (i == begin || i % 7 == 0))
                text += "#EXT-X-PROGRAM-DATE-TIME:" + dateAt(segment.at - segment.duration) + "\n";
            text += "#EXTINF:" + QByteArray::number(segment.duration, 'f', 3) + ",\nsegment"
                + QByteArray::number(firstNumber + i) + ".ts\n";
        }
        return ended ? text + "#EXT-X-ENDLIST\n" : text;
    }

private:
    int discontinuitiesBefore(int index) const { return index == 0 ? 0 : segments[std::size_t(index - 1)].discontinuity; }
    static QByteArray dateAt(double seconds)
    {
        // An hour is enough: the stream of a test is shorter than a day.
        const qint64 millis = std::llround(seconds * 1000);
        char text[64];
        std::snprintf(text, sizeof text, "2026-11-22T%02d:%02d:%02d.%03dZ", int(millis / 3'600'000), int(millis / 60'000 % 60),
            int(millis / 1000 % 60), int(millis % 1000));
        return text;
    }
};

TimePoint at(double seconds)
{
    return kBegin + std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double>(seconds));
}
double seconds(TimePoint time) { return std::chrono::duration<double>(time - kBegin).count(); }

/// What a recorder saw.
struct Recording {
    std::vector<Segment> segments;
    std::vector<LostSegments> lost;
    int reloads = 0;
};

void take(Timeline& timeline, Recording& recording, std::size_t most = SIZE_MAX)
{
    for (std::size_t i = 0; i < most; ++i) {
        auto segment = timeline.next();
        if (!segment)
            break;
        recording.segments.push_back(std::move(*segment));
    }
}

/// Every number from the first to the last that was handed out is there once, or lost; times and discontinuities are the
/// truth's.
void expectFaithful(const Recording& recording, const Station& station)
{
    ASSERT_FALSE(recording.segments.empty());
    std::map<qint64, int> seen;
    for (const LostSegments& lost : recording.lost)
        for (qint64 number = lost.first; number <= lost.last; ++number)
            ++seen[number];
    const Segment& first = recording.segments.front();
    const Truth& truth = station.segments.at(std::size_t(first.number - station.firstNumber));
    const double shift = first.start - (truth.at - truth.duration);
    const Segment* last = nullptr;
    for (const Segment& segment : recording.segments) {
        ++seen[segment.number];
        ASSERT_GE(segment.number, station.firstNumber);
        const Truth& real = station.segments.at(std::size_t(segment.number - station.firstNumber));
        ASSERT_NEAR(segment.duration, real.duration, 1e-9);
        ASSERT_EQ(segment.media.urls.first().fileName(), QStringLiteral("segment%1.ts").arg(segment.number));
        const bool exact = recording.lost.empty() || station.dated;
        if (exact) { // without dates the length of what is missing can only be guessed
            ASSERT_NEAR(segment.start, real.at - real.duration + shift, 0.05);
        }
        if (last) {
            ASSERT_GT(segment.number, last->number);
            const Truth& before = station.segments.at(std::size_t(last->number - station.firstNumber));
            if (segment.number == last->number + 1) {
                ASSERT_EQ(segment.discontinuity - last->discontinuity, real.discontinuity - before.discontinuity)
                    << segment.number;
            }
            ASSERT_GE(segment.start, last->start + last->duration - 0.05);
        }
        last = &segment;
    }
    for (qint64 number = first.number; number <= last->number; ++number)
        ASSERT_EQ(seen[number], 1) << "segment " << number;
    ASSERT_EQ(qint64(seen.size()), last->number - first.number + 1);
}

class HlsTimeline : public ::testing::TestWithParam<unsigned> {};

TEST_P(HlsTimeline, HoursOfAMovingWindowWithFailuresAndLags)
{
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    std::mt19937 random(GetParam());
    const double length = 3 * 3600;
    const Station station(random, length);
    Timeline timeline({.fromStart = random() % 2 == 0});
    Recording recording;
    double now = 60 + double(random() % 600);
    bool outage = false;
    while (!timeline.finished()) {
        const double asked = now;
        // Most servers are up to date, some lag by up to a window and a half, some don't answer.
        const unsigned luck = random() % 100;
        const double lag =
            recording.reloads > 0 && luck < 15 ? station.target * double(random() % unsigned(station.window * 3 / 2 + 1)) : 0;
        now += 0.05 + double(random() % 1000) / 1000;
        if (luck >= 90) {
            timeline.reloadFailed(at(asked));
            if (random() % 40 == 0) {
                now += station.target * double(random() % 60); // long enough to lose something
                outage = true;
            }
        } else {
            auto listing =
                parseMedia(station.playlist(std::max(30.0, asked - lag), lag == 0 && asked >= station.segments.back().at),
                    QUrl("http://host/live.m3u8"));
            ASSERT_TRUE(listing) << describe(listing.error()).toStdString();
            timeline.update(std::move(*listing), at(asked));
        }
        // A slow consumer now and then.
        take(timeline, recording, random() % 10 == 0 ? random() % 3 : SIZE_MAX);
        if (timeline.finished())
            break;
        if (timeline.live())
            now = std::max(now, seconds(timeline.dueAt()));
        ASSERT_LT(++recording.reloads, 100'000);
    }
    recording.lost = timeline.lost();
    expectFaithful(recording, station);
    EXPECT_EQ(recording.segments.back().number, station.firstNumber + qint64(station.segments.size()) - 1) << "to the very end";
    if (!outage && station.window >= 12) {
        EXPECT_TRUE(recording.lost.empty());
    }
    // Hours at no less than half a target duration per reload.
    EXPECT_LE(recording.reloads, int(length / (station.target / 2)) + 100);
}

TEST_P(HlsTimeline, ARecordingThatIsInterruptedAgainAndAgainGoesOn)
{
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    std::mt19937 random(GetParam() + 1000);
    const double length = 3600;
    const Station station(random, length);
    Recording recording;
    double now = 300;
    std::optional<ResumePoint> position;
    while (true) {
        Timeline timeline({.after = position});
        const int reloads = int(random() % 30) + 1;
        for (int i = 0; i < reloads && !timeline.finished(); ++i) {
            auto listing = parseMedia(station.playlist(now, now >= station.segments.back().at), QUrl("http://host/live.m3u8"));
            ASSERT_TRUE(listing);
            timeline.update(std::move(*listing), at(now));
            take(timeline, recording, random() % 5 == 0 ? 1 : SIZE_MAX);
            if (timeline.live())
                now = std::max(now + 0.1, seconds(timeline.dueAt()));
        }
        position = timeline.position() ? timeline.position() : position;
        recording.lost.insert(recording.lost.end(), timeline.lost().begin(), timeline.lost().end());
        if (timeline.finished())
            break;
        now += double(random() % 3 == 0 ? random() % 120 : random() % 2);
    }
    expectFaithful(recording, station);
}

TEST_P(HlsTimeline, AnEncoderThatRestartsIsFollowed)
{
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    std::mt19937 random(GetParam() + 2000);
    Station station(random, 900);
    // Restarts that reach the old number before anybody can tell are another stream with the same name; a restart is far away.
    station.firstNumber = 1000 + qint64(random() % 1000);
    station.window = std::max(station.window, 6);
    Timeline timeline({.fromStart = true});
    Recording recording;
    double now = 100;
    const auto run = [&](const Station& from, double until, double offset) {
        for (; now < until; now = std::max(now + 0.1, seconds(timeline.dueAt()))) {
            auto listing = parseMedia(from.playlist(now - offset, false), QUrl("http://host/live.m3u8"));
            ASSERT_TRUE(listing);
            timeline.update(std::move(*listing), at(now));
            take(timeline, recording);
        }
    };
    run(station, 900, 0);
    const std::size_t before = recording.segments.size();
    Station again(random, 1200);
    again.firstNumber = 0;
    again.dated = false;
    again.window = std::max(again.window, 12); // three reloads are needed to tell it from a lag
    run(again, 1900, 900);
    ASSERT_GT(recording.segments.size(), before + 20);
    qint64 expected = 0;
    for (std::size_t i = before; i < recording.segments.size(); ++i) {
        const Segment& segment = recording.segments[i];
        EXPECT_EQ(segment.number, recording.segments[before - 1].number + 1 + expected);
        EXPECT_EQ(segment.media.urls.first().fileName(), QStringLiteral("segment%1.ts").arg(expected++));
    }
    EXPECT_EQ(recording.segments[before].discontinuity, recording.segments[before - 1].discontinuity + 1);
}

INSTANTIATE_TEST_SUITE_P(Seeds, HlsTimeline, ::testing::Range(1u, 101u));

/// The same for a manifest: segments have times, periods come and go, numbers mean nothing.
TEST(DashTimeline, HoursOfAMovingWindow)
{
    for (unsigned seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const Station station(random, 3600);
        const auto manifest = [&](double now) {
            Listing listing;
            listing.live = true;
            listing.numbered = false;
            listing.targetDuration = station.target;
            listing.reloadAfter = std::chrono::milliseconds(qint64(station.target * 1000));
            const int end = station.published(now), begin = std::max(0, end - station.window);
            for (int i = begin; i < end; ++i) {
                const Truth& truth = station.segments[std::size_t(i)];
                Segment segment;
                segment.number = i - begin;
                segment.media.urls = {QUrl(QStringLiteral("http://host/segment%1.m4s").arg(i))};
                segment.start = truth.at - truth.duration;
                segment.duration = truth.duration;
                segment.discontinuity = truth.discontinuity - station.segments[std::size_t(begin)].discontinuity;
                listing.segments.push_back(std::move(segment));
            }
            return listing;
        };
        Timeline timeline({.fromStart = true});
        std::vector<Segment> segments;
        bool outage = false;
        for (double now = 60; now < 3600;) {
            if (random() % 10 == 0)
                timeline.reloadFailed(at(now));
            else
                timeline.update(manifest(now), at(now));
            while (auto segment = timeline.next())
                segments.push_back(std::move(*segment));
            now = std::max(now + 0.1, seconds(timeline.dueAt()));
            if (random() % 200 == 0) {
                now += 300;
                outage = true;
            }
        }
        ASSERT_GT(segments.size(), 10u);
        std::size_t holes = 0;
        for (std::size_t i = 1; i < segments.size(); ++i) {
            ASSERT_GT(segments[i].number, segments[i - 1].number);
            const double away = segments[i].start - segments[i - 1].start - segments[i - 1].duration;
            ASSERT_GT(away, -0.01) << "doubled";
            ASSERT_GE(segments[i].discontinuity, segments[i - 1].discontinuity);
            holes += away > 0.01;
        }
        EXPECT_EQ(holes, timeline.lost().size());
        if (!outage && station.window >= 12) {
            EXPECT_EQ(holes, 0u);
        }
    }
}

} // namespace
} // namespace weir
