#pragma once
// Streams for tests, made by the ffmpeg program once a process, and what ffprobe says of files. Test thread.

#include "media/remux.h"
#include "support/files.h"

#include <QJsonObject>
#include <QTemporaryDir>

namespace weir::lab {

/// A playlist's segments as ffmpeg's muxer wrote them.
struct Made {
    QByteArray init; ///< empty: none
    struct Segment {
        QByteArray bytes;
        double duration = 0;
    };
    std::vector<Segment> segments;
    Packing packing = Packing::MpegTs;
};

/// Runs ffmpeg once for those arguments and reads the list.m3u8 that it wrote; later calls get the same from memory. Fails the
/// test if ffmpeg does.
const Made& made(const QStringList& arguments);

/// testsrc2 and sine, coded small: pictures, or sound, or both.
enum class Content : quint8 { Both, Pictures, Sound };
struct Recipe {
    Content content = Content::Both;
    double seconds = 6;
    int segment = 2;
    bool fmp4 = false;
    QString size = QStringLiteral("160x90");
    int rate = 25, audioRate = 48'000;
    double startAt = 0; ///< of the timestamps
    QString videoCodec = QStringLiteral("libx264"), audioCodec = QStringLiteral("aac");
    QStringList extra; ///< for the output
};
const Made& made(const Recipe& recipe);

/// Puts all segments into a track; `entry` says what the first is like.
void spoolUp(Spool& spool, int track, const Made& made, SpoolEntry entry = {});

/// An unfinished file of a task in that folder.
std::unique_ptr<OutputFile> output(const QString& path);

struct Probe {
    struct Stream {
        QString type, codec, language, title, tag;
        qint64 packets = 0;
        double start = 0, duration = 0;
        QJsonObject all;
    };
    std::vector<Stream> streams;
    double duration = 0, start = 0;
    const Stream* first(const char* type) const;
};
/// ffprobe -count_packets.
Probe probe(const QString& path);
/// ffmpeg -v error -i path -f null -: what it complains of.
QString decodeErrors(const QString& path);
/// A hash of every packet's data of one stream ("v:0", "a:0"), one a line.
QByteArray packetHashes(const QString& path, const char* stream);
/// Packets' times (pts, dts in seconds) of one stream.
std::vector<std::pair<double, double>> packetTimes(const QString& path, const char* stream);

using test::fileBytes;
QByteArray run(const QString& program, const QStringList& arguments);

} // namespace weir::lab
