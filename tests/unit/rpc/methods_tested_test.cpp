// A guard: every method of the table is called by name somewhere in the tests, and docs/rpc.md is the table's.
#include "test_paths.h"

#include "rpc/method_table.h"

#include <QDirIterator>
#include <QFile>

#include <gtest/gtest.h>

using namespace weir;

namespace {

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

TEST(Methods, AreAllCalledByTests)
{
    QByteArray tests;
    QDirIterator it(
        QStringLiteral(WEIR_SOURCE_DIR "/tests"), {QStringLiteral("*.cpp")}, QDir::Files, QDirIterator::Subdirectories);
    while (it.hasNext())
        tests += contents(it.next());
    // The list of what a browser may call is no call.
    const qsizetype list = tests.indexOf("TEST_F(SessionRules, TheBrowsersMethodsAreThoseOfTheInterface)");
    ASSERT_GE(list, 0);
    tests.remove(list, tests.indexOf("\n}\n", list) - list);
    for (const Method& method : methods())
        EXPECT_TRUE(tests.contains("\"" + QByteArray(method.name) + "\"")) << method.name << " is tested nowhere";
}

TEST(Methods, AreDescribed)
{
    QByteArrayView before;
    for (const Method& method : methods()) {
        EXPECT_GT(qstrlen(method.help), 10u) << method.name;
        EXPECT_TRUE(QByteArrayView(method.help).endsWith('.')) << method.name;
        EXPECT_LT(before.compare(QByteArrayView(method.name)), 0) << method.name << " comes twice";
        before = method.name;
        EXPECT_EQ(findMethod(QString::fromLatin1(method.name)), &method);
    }
    EXPECT_EQ(findMethod(u"task.Add"), nullptr);
}

TEST(Methods, DocsAreMadeFromTheTable)
{
    const QString path = QStringLiteral(WEIR_SOURCE_DIR "/docs/rpc.md");
    if (qEnvironmentVariableIsSet("WEIR_UPDATE_DOCS")) {
        QFile file(path);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(methodsMarkdown());
    }
    EXPECT_EQ(contents(path), methodsMarkdown()) << "run this test once with WEIR_UPDATE_DOCS=1";
}

} // namespace
