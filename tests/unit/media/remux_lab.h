#pragma once
// A spool to be filled, remuxed, and its result judged: for the tests of the muxer. Test thread.

#include "unit/media/media_lab.h"

#include "media/verify_media.h"

#include <gtest/gtest.h>

#include <QDir>

#include <algorithm>

namespace weir {

using lab::Content;
using lab::Made;
using lab::Recipe;

class RemuxTest : public ::testing::Test {
protected:
    void makeSpool(int tracks)
    {
        outputs_.clear();
        sides_.clear();
        spool_.reset();
        auto spool = Spool::open(folder_.filePath(QStringLiteral("a.spool")), tracks, {});
        ASSERT_TRUE(spool) << qPrintable(describe(spool.error()));
        spool_ = std::move(*spool);
    }
    RemuxFiles files()
    {
        RemuxFiles files;
        files.media = [this](int part, Container container) -> Result<OutputFile*> {
            const QString name = QStringLiteral("%1-%2.%3").arg(++runs_).arg(part).arg(extensionOf(container));
            outputs_.push_back(lab::output(folder_.filePath(name)));
            return outputs_.back().get();
        };
        return files;
    }
    /// Also checks what must hold of every file: all its bytes are written, nothing is lost, it decodes.
    RemuxReport mustRemux(const RemuxPlan& plan, RemuxFiles files)
    {
        spool_->finish();
        const auto report = remux(*spool_, plan, files, {});
        EXPECT_TRUE(report) << qPrintable(describe(report.error()));
        if (!report) {
            RemuxReport empty;
            empty.parts.resize(2);
            empty.streams.resize(3);
            return empty;
        }
        std::vector<OutputFile*> written;
        for (const auto& output : outputs_) {
            EXPECT_TRUE(output->complete()) << "a byte of the file was never written";
            EXPECT_EQ(lab::decodeErrors(output->partPath()), QString());
            written.push_back(output.get());
        }
        const auto source = countSource(*spool_, plan, {});
        EXPECT_TRUE(source);
        const auto check = verifyMedia(*source, *report, written);
        EXPECT_TRUE(check) << qPrintable(describe(check.error()));
        return *report;
    }
    RemuxReport mustRemux(const RemuxPlan& plan) { return mustRemux(plan, files()); }
    QString first() const { return outputs_.empty() ? QString() : outputs_[0]->partPath(); }
    static std::string notices(const RemuxReport& report) { return report.notices.join(u'\n').toStdString(); }

    QTemporaryDir folder_;
    std::unique_ptr<Spool> spool_;
    std::vector<std::unique_ptr<OutputFile>> outputs_, sides_;
    int runs_ = 0;
};

inline RemuxTrack both() { return {.type = TrackType::Video, .withSound = true}; }
inline RemuxTrack pictures() { return {.type = TrackType::Video}; }
inline RemuxTrack sound() { return {.type = TrackType::Audio}; }
inline RemuxTrack subtitles() { return {.type = TrackType::Subtitles, .language = QStringLiteral("de")}; }

inline bool indexIsInFront(const QString& path)
{
    const QByteArray bytes = lab::fileBytes(path);
    return bytes.indexOf("moov") > 0 && bytes.indexOf("moov") < bytes.indexOf("mdat");
}

/// How much later the first sound is than the first picture.
inline double soundAfterPictures(const QString& path)
{
    const auto video = lab::packetTimes(path, "v:0"), audio = lab::packetTimes(path, "a:0");
    const auto earliest = [](const auto& times) { return std::min_element(times.begin(), times.end())->first; };
    return earliest(audio) - earliest(video);
}

/// The longest and the shortest step of decoding times.
inline std::pair<double, double> steps(const QString& path, const char* stream)
{
    const auto times = lab::packetTimes(path, stream);
    double least = 1e9, most = -1e9;
    for (std::size_t i = 1; i < times.size(); ++i) {
        least = std::min(least, times[i].second - times[i - 1].second);
        most = std::max(most, times[i].second - times[i - 1].second);
    }
    return {least, most};
}

/// The playlist's segments as one file, for ffmpeg to look at.
inline QString joined(const QTemporaryDir& folder, const Made& made)
{
    const QString path = folder.filePath(QStringLiteral("joined"));
    QFile file(path);
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(made.init);
    for (const auto& segment : made.segments)
        file.write(segment.bytes);
    return path;
}

} // namespace weir
