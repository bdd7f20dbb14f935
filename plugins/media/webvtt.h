#pragma once
// WebVTT (W3C) and the HLS header X-TIMESTAMP-MAP: a pure reader of strangers' text, and a writer. Any thread.

#include <weir/result.h>

#include <QByteArray>

#include <deque>
#include <optional>
#include <vector>

namespace weir {

struct Cue {
    double start = 0, end = 0; ///< seconds
    QByteArray id, settings;   ///< UTF-8, single lines
    QByteArray text;           ///< UTF-8 with WebVTT's own tags; lines end with '\n'
    bool operator==(const Cue&) const = default;
};

struct WebVtt {
    std::vector<Cue> cues; ///< as they stood
    /// Seconds of the MPEG-2 clock (33 bits) and of the cues' clock that are the same moment.
    struct Map {
        double mpegts = 0, local = 0;
    };
    std::optional<Map> map;
};

/// Broken cues are left out, as the standard's parser does. SegmentDamaged: it is no WebVTT at all.
Result<WebVtt> parseWebVtt(QByteArrayView text);

/// "WEBVTT" and an empty line.
QByteArray webVttHeader();
/// One cue and the empty line after it. Negative times become 0.
QByteArray toWebVtt(const Cue& cue);
/// The text without tags, entities resolved: what containers without markup get.
QByteArray plainText(QByteArrayView cueText);

/// Turns cues that overlap into moments that don't, for containers that show one text at a time.
class CueFlattener {
public:
    void add(Cue cue);
    /// The moments that end before `until`, up to which all cues are known. Later ones than these are added to what follows.
    std::vector<Cue> flatten(double until);

private:
    static constexpr std::size_t kMostAtOnce = 8; ///< more texts than anybody could read
    std::deque<Cue> coming_;                      ///< by start
    std::vector<Cue> shown_;
    double at_ = -1e9;
};

} // namespace weir
