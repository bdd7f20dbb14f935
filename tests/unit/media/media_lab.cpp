#include "unit/media/media_lab.h"

#include "media/sniff.h"
#include "platform/disk.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>

#include <map>

namespace weir::lab {

QByteArray run(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.start(program, arguments);
    EXPECT_TRUE(process.waitForFinished(120'000)) << qPrintable(program);
    EXPECT_EQ(process.exitCode(), 0) << process.readAllStandardError().constData() << qPrintable(arguments.join(u' '));
    return process.readAllStandardOutput();
}

const Made& made(const QStringList& arguments)
{
    static std::map<QStringList, Made> known;
    const auto [at, fresh] = known.try_emplace(arguments);
    if (!fresh)
        return at->second;
    QTemporaryDir folder;
    QStringList all{QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-y")};
    all += arguments;
    QProcess process;
    process.setWorkingDirectory(folder.path());
    process.start(QStringLiteral("ffmpeg"), all);
    EXPECT_TRUE(process.waitForFinished(120'000));
    EXPECT_EQ(process.exitCode(), 0) << process.readAllStandardError().constData();
    double duration = 0;
    for (const QByteArray& line : fileBytes(folder.filePath(QStringLiteral("list.m3u8"))).split('\n')) {
        if (line.startsWith("#EXTINF:"))
            duration = line.sliced(8).split(',').first().toDouble();
        else if (line.startsWith("#EXT-X-MAP:URI="))
            at->second.init = fileBytes(folder.filePath(QString::fromUtf8(line.split('"').at(1))));
        else if (!line.isEmpty() && !line.startsWith('#'))
            at->second.segments.push_back({fileBytes(folder.filePath(QString::fromUtf8(line))), duration});
    }
    EXPECT_FALSE(at->second.segments.empty());
    if (!at->second.segments.empty())
        at->second.packing = sniff(at->second.segments.front().bytes).packing;
    return at->second;
}

const Made& made(const Recipe& recipe)
{
    QStringList arguments;
    const QString seconds = QString::number(recipe.seconds);
    if (recipe.content != Content::Sound)
        arguments << QStringLiteral("-f") << QStringLiteral("lavfi") << QStringLiteral("-i")
                  << QStringLiteral("testsrc2=size=%1:rate=%2:duration=%3").arg(recipe.size).arg(recipe.rate).arg(seconds);
    if (recipe.content != Content::Pictures)
        arguments << QStringLiteral("-f") << QStringLiteral("lavfi") << QStringLiteral("-i")
                  << QStringLiteral("sine=frequency=440:sample_rate=%1:duration=%2").arg(recipe.audioRate).arg(seconds);
    if (recipe.content != Content::Sound)
        arguments << QStringLiteral("-c:v") << recipe.videoCodec << QStringLiteral("-preset") << QStringLiteral("veryfast")
                  << QStringLiteral("-g") << QString::number(recipe.rate * recipe.segment) << QStringLiteral("-keyint_min")
                  << QString::number(recipe.rate * recipe.segment) << QStringLiteral("-sc_threshold") << QStringLiteral("0")
                  << QStringLiteral("-pix_fmt") << QStringLiteral("yuv420p");
    if (recipe.content != Content::Pictures)
        arguments << QStringLiteral("-c:a") << recipe.audioCodec << QStringLiteral("-b:a") << QStringLiteral("64k");
    arguments += recipe.extra;
    if (recipe.startAt != 0)
        arguments << QStringLiteral("-output_ts_offset") << QString::number(recipe.startAt, 'f', 6);
    arguments << QStringLiteral("-f") << QStringLiteral("hls") << QStringLiteral("-hls_time") << QString::number(recipe.segment)
              << QStringLiteral("-hls_list_size") << QStringLiteral("0");
    if (recipe.fmp4)
        arguments << QStringLiteral("-hls_segment_type") << QStringLiteral("fmp4");
    arguments << QStringLiteral("list.m3u8");
    return made(arguments);
}

void spoolUp(Spool& spool, int track, const Made& made, SpoolEntry entry)
{
    entry.packing = made.packing;
    if (!made.init.isEmpty()) {
        SpoolEntry init = entry;
        init.kind = SpoolEntry::Kind::Init;
        ASSERT_TRUE(spool.append(track, init, {made.init.constData(), std::size_t(made.init.size())}));
    }
    for (const Made::Segment& segment : made.segments) {
        entry.duration = segment.duration;
        const auto ok = spool.append(track, entry, {segment.bytes.constData(), std::size_t(segment.bytes.size())});
        ASSERT_TRUE(ok) << qPrintable(describe(ok.error()));
        ++entry.number;
        entry.start += segment.duration;
    }
}

std::unique_ptr<OutputFile> output(const QString& path)
{
    auto file = systemDisk().open(path, Disk::Open::NewOrExisting);
    EXPECT_TRUE(file);
    return std::make_unique<OutputFile>(path, std::move(*file), -1, RangeSet());
}

const Probe::Stream* Probe::first(const char* type) const
{
    for (const Stream& stream : streams)
        if (stream.type == QLatin1String(type))
            return &stream;
    return nullptr;
}

Probe probe(const QString& path)
{
    const QByteArray json = run(QStringLiteral("ffprobe"),
        {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-count_packets"), QStringLiteral("-show_streams"),
            QStringLiteral("-show_format"), QStringLiteral("-of"), QStringLiteral("json"), path});
    const QJsonObject all = QJsonDocument::fromJson(json).object();
    const auto number = [](const QJsonValue& value) { return value.toString().toDouble(); };
    Probe probe;
    const QJsonObject format = all[QStringLiteral("format")].toObject();
    probe.duration = number(format[QStringLiteral("duration")]);
    probe.start = number(format[QStringLiteral("start_time")]);
    for (const auto& value : all[QStringLiteral("streams")].toArray()) {
        const QJsonObject stream = value.toObject(), tags = stream[QStringLiteral("tags")].toObject();
        probe.streams.push_back({stream[QStringLiteral("codec_type")].toString(),
            stream[QStringLiteral("codec_name")].toString(), tags[QStringLiteral("language")].toString(),
            tags[QStringLiteral("title")].toString(), stream[QStringLiteral("codec_tag_string")].toString(),
            qint64(number(stream[QStringLiteral("nb_read_packets")])), number(stream[QStringLiteral("start_time")]),
            number(stream[QStringLiteral("duration")]), stream});
    }
    return probe;
}

QString decodeErrors(const QString& path)
{
    QProcess process;
    process.start(QStringLiteral("ffmpeg"),
        {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-i"), path, QStringLiteral("-f"),
            QStringLiteral("null"), QStringLiteral("-")});
    EXPECT_TRUE(process.waitForFinished(120'000));
    return QString::fromUtf8(process.readAllStandardError());
}

QByteArray packetHashes(const QString& path, const char* stream)
{
    QByteArray hashes;
    const QByteArray all = run(QStringLiteral("ffmpeg"),
        {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-i"), path, QStringLiteral("-map"),
            QStringLiteral("0:") + QString::fromLatin1(stream), QStringLiteral("-c"), QStringLiteral("copy"),
            QStringLiteral("-f"), QStringLiteral("framemd5"), QStringLiteral("-")});
    for (const QByteArray& line : all.split('\n'))
        if (!line.startsWith('#') && !line.isEmpty())
            hashes += line.split(',').last().trimmed() + '\n';
    return hashes;
}

std::vector<std::pair<double, double>> packetTimes(const QString& path, const char* stream)
{
    const QByteArray all = run(QStringLiteral("ffprobe"),
        {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-select_streams"), QString::fromLatin1(stream),
            QStringLiteral("-show_entries"), QStringLiteral("packet=pts_time,dts_time"), QStringLiteral("-of"),
            QStringLiteral("csv=p=0"), path});
    std::vector<std::pair<double, double>> times;
    for (const QByteArray& line : all.split('\n')) {
        const QList<QByteArray> fields = line.trimmed().split(',');
        if (fields.size() >= 2)
            times.emplace_back(fields[0].toDouble(), fields[1].toDouble());
    }
    return times;
}

} // namespace weir::lab
