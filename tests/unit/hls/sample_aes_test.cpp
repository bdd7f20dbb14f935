#include "hls/cenc.h"
#include "hls/sample_aes.h"
#include "sample_aes_lab.h"
#include "unit/media/media_lab.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>

namespace weir {
namespace {

using lab::Content;
using lab::Made;
using lab::Recipe;

const QByteArray kKey = QByteArray::fromHex("00112233445566778899aabbccddeeff");
const QByteArray kIv = QByteArray::fromHex("0123456789abcdef0123456789abcdef");

class SampleAes : public ::testing::Test {
protected:
    QString file(const char* name, const QByteArray& bytes)
    {
        QFile file(folder_.filePath(QString::fromLatin1(name)));
        EXPECT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        return file.fileName();
    }
    QTemporaryDir folder_;
};

TEST_F(SampleAes, TransportStreamsComeBackByteForByte)
{
    for (const char* codec : {"aac", "ac3", "eac3"}) {
        // Large pictures, so that slices are long enough for many patterns.
        const Made& made =
            lab::made(Recipe{.seconds = 2, .size = QStringLiteral("640x360"), .audioCodec = QString::fromLatin1(codec)});
        for (const auto& segment : made.segments) {
            const QByteArray encrypted = lab::sampleAesTs(segment.bytes, kKey, kIv);
            QByteArray opened = encrypted;
            const auto ok = decryptSampleAesTs(opened, kKey, kIv);
            ASSERT_TRUE(ok) << qPrintable(describe(ok.error()));
            EXPECT_EQ(opened.size(), encrypted.size());
            const QString plain = file("plain.ts", segment.bytes), result = file("opened.ts", opened);
            EXPECT_EQ(lab::decodeErrors(result), QString()) << codec;
            for (const char* stream : {"v:0", "a:0"}) {
                EXPECT_EQ(lab::packetHashes(result, stream), lab::packetHashes(plain, stream)) << codec << ' ' << stream;
                EXPECT_EQ(lab::packetTimes(result, stream), lab::packetTimes(plain, stream));
            }
        }
    }
}

TEST_F(SampleAes, AWrongKeyGivesOtherPictures)
{
    const Made& made = lab::made(Recipe{.seconds = 2, .size = QStringLiteral("640x360")});
    QByteArray opened = lab::sampleAesTs(made.segments[0].bytes, kKey, kIv);
    ASSERT_TRUE(decryptSampleAesTs(opened, kIv, kIv));
    EXPECT_NE(lab::decodeErrors(file("wrong.ts", opened)), QString());
    EXPECT_EQ(decryptSampleAesTs(opened, "short", kIv).error().code, Code::KeyDamaged);
    EXPECT_EQ(decryptSampleAesTs(opened, kKey, "short").error().code, Code::KeyDamaged);
}

TEST_F(SampleAes, PackedAudioKeepsItsTags)
{
    const QByteArray tag = QByteArray("ID3\4\0\0\0\0\0\12", 10) + QByteArray(10, '\0');
    for (const char* codec : {"aac", "ac3", "eac3"}) {
        const QString plainFile = folder_.filePath(QStringLiteral("plain.") + QString::fromLatin1(codec));
        lab::run(QStringLiteral("ffmpeg"),
            {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-y"), QStringLiteral("-f"), QStringLiteral("lavfi"),
                QStringLiteral("-i"), QStringLiteral("sine=sample_rate=48000:duration=2"), QStringLiteral("-c:a"),
                QString::fromLatin1(codec), QStringLiteral("-f"),
                codec == QByteArrayView("aac") ? QStringLiteral("adts") : QString::fromLatin1(codec), plainFile});
        const QByteArray plain = lab::fileBytes(plainFile);
        QByteArray opened = tag + lab::sampleAesFrames(plain, kKey, kIv);
        EXPECT_NE(opened, tag + plain);
        ASSERT_TRUE(decryptSampleAesAudio(opened, kKey, kIv)) << codec;
        EXPECT_EQ(opened, tag + plain) << codec;
    }
    QByteArray text("<html>");
    EXPECT_EQ(decryptSampleAesAudio(text, kKey, kIv).error().code, Code::SegmentDamaged);
}

TEST_F(SampleAes, RandomBytesNeverCrash)
{
    const Made& made = lab::made(Recipe{.seconds = 2, .size = QStringLiteral("640x360")});
    const QByteArray whole = lab::sampleAesTs(made.segments[0].bytes, kKey, kIv);
    quint32 random = 7;
    const auto next = [&random] { return random = random * 1664525 + 1013904223, random >> 8; };
    for (int round = 0; round < 200; ++round) {
        QByteArray bytes = whole.first(qsizetype(next() % quint32(whole.size())));
        for (int i = 0; i < 300 && !bytes.isEmpty(); ++i)
            bytes[qsizetype(next() % quint32(i % 2 ? bytes.size() : std::min<qsizetype>(bytes.size(), 1880)))] = char(next());
        (void)decryptSampleAesTs(bytes, kKey, kIv);
        (void)decryptSampleAesAudio(bytes, kKey, kIv);
    }
}

} // namespace
} // namespace weir
