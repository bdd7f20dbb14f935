#pragma once
// What an HLS playlist says about stretches of time: DATERANGE and the CUE tags of ad insertion. Pure; owned by the reader of
// one playlist. Dates become times when the whole playlist is known.

#include "hls/m3u8_text.h"
#include "hls/stream_model.h"

namespace weir {

class M3u8Markers {
public:
    using WallClock = std::chrono::system_clock::time_point;

    Result<void> dateRange(const Attributes& tag);
    /// CUE-OUT, CUE-OUT-CONT or CUE-IN before the segment at index `segment`, which starts at `position`.
    void cue(QByteArrayView name, QByteArrayView value, double position, std::size_t segment);
    /// EXT-X-SCTE35, which says the same in attributes.
    void scte35(const Attributes& tag, double position, std::size_t segment);
    /// A date that the playlist gives for `position`.
    void anchor(WallClock date, double position);
    /// Segments' `ad`, and all markers. `end`: of the last segment.
    std::vector<Marker> finish(std::vector<Segment>& segments, double end);

private:
    struct Dated {
        Marker marker;
        WallClock begin;
        std::optional<WallClock> end;
        bool inserted = false; ///< SCTE-35 says that something else is shown
    };
    struct Break {
        double begin = 0, end = -1; ///< -1: open
        std::size_t segment = 0;
        QString text;
        bool announced = true; ///< its CUE-OUT was there, not only its end or middle
    };
    std::optional<double> positionOf(WallClock date) const;

    QList<Dated> dated_;
    QHash<QString, qsizetype> datedById_;
    std::vector<std::pair<WallClock, double>> anchors_;
    std::vector<Break> breaks_;
};

} // namespace weir
