// Manifests: what stands in them, whose they are, and that nothing of others is lost.
#include "extension_ids.h"
#include "manifest.h"
#include "test_paths.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir;

namespace {

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void put(const QString& path, const QByteArray& text)
{
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(text);
}

const QString kProgram = QStringLiteral("/opt/weir/bin/weir");

} // namespace

TEST(Manifest, NamesTheProgramAndTheExtension)
{
    const QJsonObject chromium = QJsonDocument::fromJson(manifestText(Family::Chromium, kProgram)).object();
    EXPECT_EQ(chromium["name"].toString(), "org.weir.host");
    EXPECT_EQ(chromium["path"].toString(), kProgram);
    EXPECT_EQ(chromium["type"].toString(), "stdio");
    EXPECT_EQ(chromium["allowed_origins"].toArray(),
        QJsonArray{QStringLiteral("chrome-extension://%1/").arg(QLatin1String(kChromiumExtension))});
    EXPECT_FALSE(chromium.contains("allowed_extensions"));
    const QJsonObject firefox = QJsonDocument::fromJson(manifestText(Family::Firefox, kProgram)).object();
    EXPECT_EQ(firefox["allowed_extensions"].toArray(), QJsonArray{"weir@weir.dev"});
    EXPECT_FALSE(firefox.contains("allowed_origins"));
}

TEST(Manifest, IsForTheExtensionOfThisTree)
{
    const QByteArray text = contents(QStringLiteral(WEIR_SOURCE_DIR "/browser-extension/manifest.json"));
    if (text.isEmpty())
        GTEST_SKIP() << "there is no extension in this tree";
    const QJsonObject manifest = QJsonDocument::fromJson(text).object();
    const QByteArray key = QByteArray::fromBase64(manifest["key"].toString().toLatin1());
    QByteArray id = QCryptographicHash::hash(key, QCryptographicHash::Sha256).toHex().left(32);
    for (char& digit : id)
        digit = char('a' + QByteArray("0123456789abcdef").indexOf(digit));
    EXPECT_EQ(id, kChromiumExtension);
    EXPECT_EQ(manifest["browser_specific_settings"]["gecko"]["id"].toString(), kFirefoxExtension);
}

TEST(Manifest, IsJudgedByWhatItStarts)
{
    const QByteArray good = manifestText(Family::Chromium, kProgram);
    EXPECT_EQ(judgeManifest(good, Family::Chromium, kProgram), ManifestState::Good);
    EXPECT_EQ(judgeManifest(good, Family::Chromium, "/usr/bin/weir"), ManifestState::OtherProgram);
    EXPECT_EQ(judgeManifest(good, Family::Firefox, kProgram), ManifestState::OtherExtension);
    EXPECT_EQ(
        judgeManifest(QByteArray(good).replace("bhfm", "aaaa"), Family::Chromium, kProgram), ManifestState::OtherExtension);
    EXPECT_EQ(
        judgeManifest(QByteArray(good).replace("org.weir", "org.evil"), Family::Chromium, kProgram), ManifestState::Foreign);
    EXPECT_EQ(
        judgeManifest(QByteArray(good).replace("bin/weir", "bin/other"), Family::Chromium, kProgram), ManifestState::Foreign);
    for (const char* text : {"", "no json", "[]", "{}", "{\"name\":\"org.weir.host\"}", "{\"name\":1,\"path\":[]}"})
        EXPECT_EQ(judgeManifest(text, Family::Chromium, kProgram), ManifestState::Foreign) << text;
}

class ManifestFiles : public testing::Test {
protected:
    QTemporaryDir dir_;
    const QString folder_ = dir_.filePath("a/NativeMessagingHosts");
    const QString file_ = folder_ + "/org.weir.host.json";
};

TEST_F(ManifestFiles, AreWrittenOnceAndReadableByTheBrowser)
{
    const auto first = writeManifest(folder_, Family::Chromium, kProgram, false);
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->changed);
    EXPECT_EQ(first->file, file_);
    EXPECT_EQ(contents(file_), manifestText(Family::Chromium, kProgram));
    EXPECT_TRUE(QFile::permissions(file_) & QFile::ReadOther);
    EXPECT_FALSE(QFile::permissions(file_) & (QFile::WriteOther | QFile::WriteGroup));
    EXPECT_FALSE(writeManifest(folder_, Family::Chromium, kProgram, false)->changed);
    EXPECT_EQ(QDir(folder_).entryList(QDir::Files).size(), 1) << "no temporary file stays";
    // Another installation of weir takes its place.
    EXPECT_TRUE(writeManifest(folder_, Family::Chromium, "/usr/bin/weir", false)->changed);
}

TEST_F(ManifestFiles, OfOthersStayUnlessToldOtherwise)
{
    ASSERT_TRUE(QDir().mkpath(folder_));
    put(file_, "somebody's");
    const auto refused = writeManifest(folder_, Family::Chromium, kProgram, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::ManifestForeign);
    EXPECT_EQ(contents(file_), "somebody's");
    EXPECT_FALSE(*removeManifest(folder_));
    EXPECT_EQ(contents(file_), "somebody's");
    EXPECT_TRUE(writeManifest(folder_, Family::Chromium, kProgram, true));
    EXPECT_TRUE(*removeManifest(folder_));
    EXPECT_FALSE(QFile::exists(file_));
    EXPECT_FALSE(*removeManifest(folder_));
}

TEST_F(ManifestFiles, ALinkIsNeverWrittenThrough)
{
    ASSERT_TRUE(QDir().mkpath(folder_));
    const QString precious = dir_.filePath("precious");
    put(precious, manifestText(Family::Chromium, kProgram));
    ASSERT_TRUE(QFile::link(precious, file_));
    EXPECT_EQ(manifestState(file_, Family::Chromium, kProgram), ManifestState::Foreign);
    EXPECT_FALSE(writeManifest(folder_, Family::Chromium, "/usr/bin/weir", false));
    EXPECT_FALSE(*removeManifest(folder_));
    EXPECT_TRUE(writeManifest(folder_, Family::Chromium, "/usr/bin/weir", true));
    EXPECT_EQ(contents(precious), manifestText(Family::Chromium, kProgram));
    EXPECT_EQ(manifestState(file_, Family::Chromium, "/usr/bin/weir"), ManifestState::Good);
}

TEST_F(ManifestFiles, AFolderThatCanNotBeMadeIsAnError)
{
    put(dir_.filePath("a"), "a file");
    const auto refused = writeManifest(folder_, Family::Chromium, kProgram, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(errorRow(refused.error().code).category, Category::Disk);
}

TEST_F(ManifestFiles, TheWrapperLeadsOutOfTheSandbox)
{
    const QString wrapper = dir_.filePath("app/weir-host");
    ASSERT_TRUE(writeWrapper(wrapper, "/home/o'neil/bin/weir"));
    const QByteArray text = contents(wrapper);
    EXPECT_TRUE(text.startsWith("#!/bin/sh\n"));
    EXPECT_TRUE(text.contains("exec flatpak-spawn --host --watch-bus '/home/o'\\''neil/bin/weir' \"$@\"\n"));
    EXPECT_TRUE(QFile::permissions(wrapper) & QFile::ExeOwner);
    EXPECT_TRUE(*removeWrapper(wrapper));
    put(wrapper, "#!/bin/sh\nsomebody's\n");
    EXPECT_FALSE(writeWrapper(wrapper, kProgram));
    EXPECT_FALSE(*removeWrapper(wrapper));
}
