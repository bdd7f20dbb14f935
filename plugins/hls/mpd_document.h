#pragma once
// A DASH manifest (ISO/IEC 23009-1) as it is written, before anything is computed: elements as structs, inheritance not yet
// applied. Any namespace prefix. Pure; any thread. No document type, no entities, bounded depth and counts.

#include "hls/stream_model.h"

#include <weir/result.h>

namespace weir::mpd {

using SystemTime = std::chrono::system_clock::time_point;

struct Base {
    QByteArray text;
    double availabilityOffset = 0; ///< seconds; large: at once
    bool complete = true;          ///< false: what the offset promises is still being written
};

struct Url {
    QByteArray source; ///< empty: the BaseURL itself
    std::optional<ByteRange> range;
};

/// S: `repeat` more like it; -1: until the next one or the end.
struct Run {
    std::optional<qint64> time;
    qint64 duration = 0, repeat = 0;
};

/// SegmentBase, SegmentList or SegmentTemplate of one level; what is unset is inherited.
struct SegmentInfo {
    enum class Kind : quint8 { None, Base, List, Template };
    Kind kind = Kind::None;
    qint64 line = 0;
    std::optional<qint64> timescale, timeOffset, duration, startNumber, endNumber;
    std::optional<double> availabilityOffset;
    std::optional<bool> complete;
    std::optional<QByteArray> media, initialization; ///< templates
    std::optional<Url> initializationUrl;
    std::optional<ByteRange> indexRange;
    std::shared_ptr<const std::vector<Run>> timeline;
    std::shared_ptr<const std::vector<Url>> list;
};
SegmentInfo inherited(const SegmentInfo& outer, const SegmentInfo& inner);

struct Descriptor {
    QString scheme, value, id;
};

/// What AdaptationSet and Representation have in common; what is unset is inherited.
struct Common {
    QString id, mimeType, codecs, frameRate, language, label;
    std::optional<qint64> width, height;
    std::vector<Descriptor> protections, properties, channels;
    SegmentInfo segments;
    std::vector<Base> bases;
};

struct Representation : Common {
    qint64 bandwidth = 0;
    qint64 line = 0;
};

struct AdaptationSet : Common {
    QString contentType;
    std::vector<Descriptor> roles, accessibility;
    bool mixed = false; ///< ContentComponents of more than one kind
    std::vector<Representation> representations;
};

struct Event {
    QString id, scheme, text;
    double start = 0, duration = -1; ///< seconds within the period
};

struct Period {
    QString id;
    std::optional<double> start, duration;
    qint64 line = 0;
    SegmentInfo segments;
    std::vector<Base> bases;
    std::vector<AdaptationSet> sets;
    std::vector<Event> events;
};

struct Document {
    bool dynamic = false;
    std::optional<double> duration, updatePeriod, windowDepth, presentationDelay, maxSegmentDuration;
    std::optional<SystemTime> availabilityStart, availabilityEnd;
    QString title;
    std::vector<Base> bases;
    QList<QByteArray> locations;
    QList<ClockSource> clocks;
    std::vector<Period> periods;
};

Result<Document> read(QByteArrayView text, const QUrl& url);

} // namespace weir::mpd
