// Every row of the error catalogue is raised somewhere: the program's own sources name it as Code::Name, or it stands in a
// *_errors.cpp, whose tables translate a library's or protocol's numbers.

#include "test_paths.h"

#include <weir/error.h>

#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QSet>

#include <gtest/gtest.h>

namespace {

QString withoutComments(const QString& text)
{
    static const QRegularExpression comments(
        QStringLiteral("\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])'|//[^\n]*|/\\*.*?\\*/"),
        QRegularExpression::DotMatchesEverythingOption);
    QString out;
    qsizetype at = 0;
    for (auto each = comments.globalMatch(text); each.hasNext();) {
        const auto match = each.next();
        out += text.sliced(at, match.capturedStart() - at);
        // Strings go too: a name in a message raises nothing.
        at = match.capturedEnd();
    }
    return out + text.sliced(at);
}

QSet<QString> namesIn(const QString& path, const QString& text)
{
    static const QRegularExpression qualified(QStringLiteral("\\bCode::(\\w+)")), words(QStringLiteral("\\b([A-Z]\\w+)\\b"));
    QSet<QString> names;
    const auto& pattern = path.endsWith(u"_errors.cpp") ? words : qualified;
    const QString code = withoutComments(text);
    for (auto each = pattern.globalMatch(code); each.hasNext();)
        names.insert(each.next().captured(1));
    return names;
}

} // namespace

TEST(ErrorUsage, NamesAreFoundInCodeOnly)
{
    const QString text = QStringLiteral(
        "return failure(Code::BadUrl, \"Code::BadTime\"); // Code::BadRate\n/* Code::BadProxy */ {404, HttpNotFound},");
    EXPECT_EQ(namesIn(QStringLiteral("core/net/a.cpp"), text), QSet<QString>{QStringLiteral("BadUrl")});
    EXPECT_EQ(namesIn(QStringLiteral("core/net/curl_errors.cpp"), text),
        (QSet<QString>{QStringLiteral("BadUrl"), QStringLiteral("Code"), QStringLiteral("HttpNotFound")}));
}

TEST(ErrorUsage, EveryRowIsRaisedSomewhere)
{
    const QString root = QStringLiteral(WEIR_SOURCE_DIR "/");
    QSet<QString> named;
    for (const char* top : {"core", "plugins", "native-host"}) {
        QDirIterator each(root + QLatin1String(top), {"*.h", "*.cpp"}, QDir::Files, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            QFile file(each.next());
            ASSERT_TRUE(file.open(QIODevice::ReadOnly)) << file.fileName().toStdString();
            named += namesIn(file.fileName(), QString::fromUtf8(file.readAll()));
        }
    }
    QStringList unused;
    for (const weir::ErrorRow& row : weir::errorRows())
        // Success is not raised.
        if (row.code != weir::Code::Ok && !named.contains(QString::fromLatin1(row.name)))
            unused.append(QString::fromLatin1(row.name));
    EXPECT_TRUE(unused.isEmpty()) << unused.size() << " rows that nobody raises: " << unused.join(u' ').toStdString();
}
