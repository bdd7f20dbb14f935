#include "config/settings_watch.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QSaveFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using namespace weir;

namespace {

class SettingsWatchTest : public testing::Test {
protected:
    static void SetUpTestSuite()
    {
        static int argc = 1;
        static char name[] = "weir-unit";
        static char* argv[] = {name, nullptr};
        if (!QCoreApplication::instance())
            new QCoreApplication(argc, argv);
    }
    void save(const QByteArray& text)
    {
        QSaveFile file(path_);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
        ASSERT_TRUE(file.commit());
    }
    /// The limit only ends a test that would hang.
    void waitUntil(const std::function<bool()>& ready)
    {
        QEventLoop loop;
        QTimer::singleShot(20'000, &loop, &QEventLoop::quit);
        wake_ = [&] {
            if (ready())
                loop.quit();
        };
        loop.exec();
        wake_ = {};
        ASSERT_TRUE(ready());
    }

    QTemporaryDir folder_;
    const QString path_ = folder_.filePath(QStringLiteral("config.json"));
    Settings settings_;
    std::function<void()> wake_;
};

} // namespace

TEST_F(SettingsWatchTest, TakesEachChangeAndTellsOfBrokenOnes)
{
    ASSERT_TRUE(settings_.load({}, path_));
    std::vector<Error> errors;
    settings_.onChange([&](const QString&) { wake_(); });
    SettingsWatch watch(settings_, [&](const Error& error) {
        errors.push_back(error);
        wake_();
    });
    const QString key = QStringLiteral("limits.down");
    save(R"({"limits.down": "1K"})");
    waitUntil([&] { return settings_.integer(key) == 1024; });
    save(R"({"limits.down": "2K"})");
    waitUntil([&] { return settings_.integer(key) == 2048; });
    save("{ oops");
    waitUntil([&] { return !errors.empty(); });
    EXPECT_EQ(errors.front().code, Code::SettingsUnreadable);
    EXPECT_EQ(settings_.integer(key), 2048);
}
