#include "config/capture_rules.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QFile>
#include <QSaveFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir;

namespace {

class CaptureRulesTest : public testing::Test {
protected:
    static void SetUpTestSuite()
    {
        static int argc = 1;
        static char name[] = "weir-unit";
        static char* argv[] = {name, nullptr};
        if (!QCoreApplication::instance())
            new QCoreApplication(argc, argv);
    }
    void save(const QString& name, const QByteArray& text)
    {
        QSaveFile file(folder_.filePath(name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
        ASSERT_TRUE(file.commit());
    }
    /// What the listener is told next. The limit only ends a test that would hang.
    Result<CaptureRules::Set> next(CaptureRules& rules)
    {
        QEventLoop loop;
        QTimer::singleShot(20'000, &loop, &QEventLoop::quit);
        std::optional<Result<CaptureRules::Set>> told;
        rules.onChange([&](const Result<CaptureRules::Set>& now) {
            told = now;
            loop.quit();
        });
        loop.exec();
        rules.onChange({});
        return told.value_or(Result<CaptureRules::Set>(failure(Code::Internal, "nothing came")));
    }

    QTemporaryDir folder_;
    const QString user_ = folder_.filePath("capture-rules.json");
    const QStringList usual_{folder_.filePath("installed.json"), folder_.filePath("rules.json")};
};

} // namespace

TEST_F(CaptureRulesTest, TheFirstUsualFileThatIsThereCounts)
{
    EXPECT_EQ(CaptureRules(user_, usual_).current().error().code, Code::DiskNoSuchFile);
    save("rules.json", "{\"of\": \"tree\"}");
    EXPECT_EQ(CaptureRules(user_, usual_).current()->rules["of"].toString(), "tree");
    save("installed.json", "{\"of\": \"installation\"}");
    const CaptureRules rules(user_, usual_);
    EXPECT_EQ(rules.current()->rules["of"].toString(), "installation");
    EXPECT_EQ(rules.current()->revision, CaptureRules(user_, usual_).current()->revision)
        << "the same rules, the same revision";
}

TEST_F(CaptureRulesTest, TheUsersFileIsInForceAsSoonAsItIsSaved)
{
    save("rules.json", "{\"of\": \"tree\"}");
    CaptureRules rules(user_, usual_);
    const QString first = rules.current()->revision;
    save("capture-rules.json", "{\"of\": \"user\"}");
    const auto users = next(rules);
    ASSERT_TRUE(users) << describe(users.error()).toStdString();
    EXPECT_EQ(rules.current()->rules["of"].toString(), "user");
    EXPECT_NE(rules.current()->revision, first);
    // A broken one changes nothing, and is named with its line.
    save("capture-rules.json", "{\"of\":\n\"user\",,}");
    const auto broken = next(rules);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, Code::SettingsUnreadable);
    EXPECT_TRUE(broken.error().detail.contains("line 2")) << broken.error().detail.toStdString();
    EXPECT_EQ(rules.current()->rules["of"].toString(), "user");
    ASSERT_TRUE(QFile::remove(user_));
    EXPECT_EQ(next(rules)->revision, first);
}

TEST_F(CaptureRulesTest, WhatIsNotAnObjectOrTooLongIsRefused)
{
    for (const QByteArray& text :
        {QByteArray("[]"), QByteArray("1"), QByteArray(), "{\"a\":\"" + QByteArray(600 << 10, 'x') + "\"}"}) {
        save("capture-rules.json", text);
        const CaptureRules rules(user_, usual_);
        ASSERT_FALSE(rules.current());
        EXPECT_EQ(rules.current().error().code, Code::SettingsUnreadable);
    }
}
