#include "rpc/frame.h"

#include <gtest/gtest.h>

using namespace weir;

namespace {

QByteArray header(quint32 length) { return QByteArray(reinterpret_cast<const char*>(&length), 4); }

TEST(Frame, HasALittleEndianLengthInFront)
{
    EXPECT_EQ(frame("{}"), QByteArray("\x02\0\0\0{}", 6));
    EXPECT_EQ(frame(QByteArray(0x01020304, 'x')).left(4), QByteArray("\x04\x03\x02\x01", 4));
}

TEST(FrameReader, GivesMessagesWhateverTheirCuts)
{
    const QByteArray stream = frame("one") + frame("two") + frame(QByteArray(100'000, 'z'));
    for (const qsizetype step : {1, 2, 3, 5, 7, 64, 4096, 200'000}) {
        FrameReader reader;
        QList<QByteArray> messages;
        for (qsizetype at = 0; at < stream.size(); at += step) {
            reader.append(QByteArrayView(stream).sliced(at, std::min(step, stream.size() - at)));
            for (auto message = reader.next(); *message; message = reader.next())
                messages.append(**message);
        }
        ASSERT_EQ(messages.size(), 3) << step;
        EXPECT_EQ(messages[0], "one");
        EXPECT_EQ(messages[1], "two");
        EXPECT_EQ(messages[2].size(), 100'000);
        EXPECT_TRUE(reader.idle());
    }
}

TEST(FrameReader, RefusesALengthOfZero)
{
    FrameReader reader;
    reader.append(header(0));
    const auto message = reader.next();
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, Code::RpcFrameTooBig);
}

TEST(FrameReader, RefusesByTheHeaderWhatIsTooLong)
{
    FrameReader reader(1000);
    reader.append(header(1001));
    EXPECT_EQ(reader.next().error().code, Code::RpcFrameTooBig);
    FrameReader fits(1000);
    fits.append(header(1000));
    EXPECT_TRUE(fits.next().has_value());
}

TEST(FrameReader, GarbageOf64MiBIsRefusedAtItsFirstBytes)
{
    FrameReader reader;
    const QByteArray piece(64 << 10, '\xff');
    qsizetype taken = 0;
    while (taken < (64 << 20)) {
        reader.append(piece);
        taken += piece.size();
        if (!reader.next())
            break;
    }
    EXPECT_EQ(taken, piece.size());
}

TEST(FrameReader, IsNotIdleInTheMiddleOfAMessage)
{
    FrameReader reader;
    EXPECT_TRUE(reader.idle());
    reader.append(frame("half").left(6));
    EXPECT_FALSE(*reader.next());
    EXPECT_FALSE(reader.idle());
}

} // namespace
