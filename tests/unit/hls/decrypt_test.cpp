#include "hls/decrypt.h"

#include "unit/media/media_lab.h"

#include <gtest/gtest.h>

#include <QFile>

namespace weir {
namespace {

/// "openssl enc" is the independent side.
QByteArray encrypted(const QByteArray& plain, const char* key, const char* iv)
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("plain"));
    QFile file(path);
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(plain);
    file.close();
    return lab::run(QStringLiteral("openssl"),
        {QStringLiteral("enc"), QStringLiteral("-aes-128-cbc"), QStringLiteral("-K"), QString::fromLatin1(key),
            QStringLiteral("-iv"), QString::fromLatin1(iv), QStringLiteral("-in"), path});
}

constexpr const char* kKey = "000102030405060708090a0b0c0d0e0f";
constexpr const char* kIv = "0000000000000000000000000000002a";

TEST(Decrypt, AnyLengthComesBack)
{
    for (const int size : {0, 1, 15, 16, 17, 1000, 65'536}) {
        const QByteArray plain(size, 'w');
        QByteArray data = encrypted(plain, kKey, kIv);
        ASSERT_TRUE(decryptAes128(data, QByteArray::fromHex(kKey), sequenceIv(42))) << size;
        EXPECT_EQ(data, plain) << size;
    }
}

TEST(Decrypt, WrongKeysAndCutSegmentsAreTold)
{
    const QByteArray data = encrypted(QByteArray(1000, 'w'), kKey, kIv), key = QByteArray::fromHex(kKey);
    const auto codeOf = [](QByteArray bytes, const QByteArray& key, const QByteArray& iv) {
        const auto ok = decryptAes128(bytes, key, iv);
        return ok ? Code::Ok : ok.error().code;
    };
    EXPECT_EQ(codeOf(data, key.first(15), sequenceIv(42)), Code::KeyDamaged);
    EXPECT_EQ(codeOf(data, "<html>no key</html>", sequenceIv(42)), Code::KeyDamaged);
    EXPECT_EQ(codeOf(data, key, QByteArray("short")), Code::KeyDamaged);
    EXPECT_EQ(codeOf(data.first(999), key, sequenceIv(42)), Code::DecryptFailed);
    EXPECT_EQ(codeOf(data.first(992), key, sequenceIv(42)), Code::DecryptFailed) << "a whole block is missing";
    EXPECT_EQ(codeOf(data, QByteArray(16, 'x'), sequenceIv(42)), Code::DecryptFailed);
    EXPECT_EQ(codeOf({}, key, sequenceIv(42)), Code::DecryptFailed);
}

TEST(Decrypt, TheIvOfASequenceNumberIsBigEndian) { EXPECT_EQ(sequenceIv(0x0102).toHex(), "00000000000000000000000000000102"); }

} // namespace
} // namespace weir
