// The layers of docs/architecture.md, held by reading the includes: they point down only, each third-party library has one
// home, and platform macros stay in core/platform.

#include "test_paths.h"

#include <QDirIterator>
#include <QFile>
#include <QHash>
#include <QRegularExpression>

#include <gtest/gtest.h>

namespace {

/// Folders of one rank may not include each other.
int rankOf(const QString& folder)
{
    static const QHash<QString, int> ranks{{"include", 0}, {"base", 1}, {"platform", 2}, {"config", 3}, {"net", 3},
        {"ledger", 3}, {"transfer", 4}, {"plugin_host", 5}, {"contract", 6}, {"isolation", 6}, {"queue", 6}, {"rpc", 7},
        {"daemon", 8}};
    return ranks.value(folder, -1);
}

struct Home {
    const char* include; ///< how the include begins
    const char* path;    ///< where it may stand
};
const Home kHomes[] = {
    {"curl/", "^(core/net/|plugins/[^/]+/[^/]+_profile\\.cpp$|tests/)"},
    {"SQLiteCpp/", "^(core/ledger/|tests/)"},
    {"sqlite3", "^(core/ledger/|tests/)"},
    {"boost/dll", "^(core/plugin_host/|tests/)"},
    {"boost/", "^(core/plugin_host/|tests/)"},
    {"CLI/", "^(native-host/|plugins/[^/]+/tools/|tests/)"},
    {"libtorrent/", "^(plugins/bt/|tests/)"},
    {"libav", "^(plugins/(hls|media)/|tests/)"},
    {"openssl/", "^(core/base/signature\\.cpp$|plugins/hls/decrypt\\.cpp$|tests/)"},
    {"gtest/", "^(tests/|plugins/[^/]+/tests/)"},
};

QString layerViolation(const QString& path, const QString& included, bool angled)
{
    const QString folder = path.section(u'/', 1, 1), target = included.section(u'/', 0, 0);
    if (path.startsWith(u"core/include/"))
        return angled && rankOf(target) < 0 ? QString() : QStringLiteral("a public header includes an internal one");
    if (path.startsWith(u"plugins/"))
        return rankOf(target) > 0 ? QStringLiteral("a plugin includes an internal header") : QString();
    if (path.startsWith(u"native-host/")) {
        const bool allowed = rankOf(target) < 3 || target == u"config" || included == u"rpc/frame.h";
        return allowed ? QString() : QStringLiteral("native-host uses more than base, platform, config and rpc/frame.h");
    }
    if (!path.startsWith(u"core/"))
        return {};
    if (rankOf(folder) < 0)
        return QStringLiteral("the folder has no place among the layers");
    if (angled || !included.contains(u'/'))
        return angled || QFile::exists(QStringLiteral(WEIR_SOURCE_DIR "/core/") + folder + u'/' + included)
            ? QString()
            : QStringLiteral("internal headers are named \"folder/file.h\"");
    if (rankOf(target) < 0)
        return QStringLiteral("that folder has no place among the layers");
    const bool down = target == folder || rankOf(target) < rankOf(folder);
    return down ? QString() : QStringLiteral("the include points up or sideways");
}

QString homeViolation(const QString& path, const QString& included)
{
    for (const Home& home : kHomes)
        if (included.startsWith(QLatin1String(home.include))
            && !QRegularExpression(QLatin1String(home.path)).match(path).hasMatch())
            return QStringLiteral("this library has its home elsewhere");
    return {};
}

QStringList violations(const QString& path, const QString& text)
{
    static const QRegularExpression include(QStringLiteral("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]"));
    static const QRegularExpression condition(
        QStringLiteral("^\\s*#\\s*(if|ifdef|ifndef|elif)\\b.*\\b(_WIN32|_WIN64|WIN32|__linux__|__linux|__APPLE__|__MACH__|__"
                       "unix__|__FreeBSD__|"
                       "__OpenBSD__|__NetBSD__|__ANDROID__|__CYGWIN__|__MINGW32__|_MSC_VER|Q_OS_\\w+)\\b"));
    QStringList found;
    int number = 0;
    for (const QString& line : text.split(u'\n')) {
        ++number;
        QString problem;
        if (const auto match = include.match(line); match.hasMatch()) {
            problem = homeViolation(path, match.captured(2));
            if (problem.isEmpty())
                problem = layerViolation(path, match.captured(2), match.captured(1) == u"<");
        } else if (condition.match(line).hasMatch() && !path.startsWith(u"core/platform/") && !path.startsWith(u"tests/")) {
            problem = QStringLiteral("platform macros belong in core/platform");
        }
        if (!problem.isEmpty())
            found.append(QStringLiteral("%1:%2: %3: %4").arg(path).arg(number).arg(problem, line.trimmed()));
    }
    return found;
}

bool accepted(const char* path, const char* line)
{
    return violations(QString::fromLatin1(path), QString::fromLatin1(line)).isEmpty();
}

} // namespace

TEST(Layering, TheRulesCatchWhatTheyShould)
{
    EXPECT_TRUE(accepted("core/transfer/x.cpp", "#include \"ledger/ledger.h\""));
    EXPECT_TRUE(accepted("core/transfer/x.cpp", "#include <weir/fetch.h>"));
    EXPECT_TRUE(accepted("core/net/x.cpp", "#include <curl/curl.h>"));
    EXPECT_TRUE(accepted("plugins/ftp/ftp_profile.cpp", "#include <curl/curl.h>"));
    EXPECT_TRUE(accepted("core/platform/disk_posix.cpp", "#ifdef __linux__"));
    EXPECT_TRUE(accepted("native-host/main.cpp", "#include \"rpc/frame.h\""));
    EXPECT_FALSE(accepted("core/base/x.cpp", "#include \"platform/disk.h\"")) << "up";
    EXPECT_FALSE(accepted("core/net/x.cpp", "#include \"ledger/ledger.h\"")) << "sideways";
    EXPECT_FALSE(accepted("core/net/x.cpp", "#include \"../queue/queue.h\"")) << "around the corner";
    EXPECT_FALSE(accepted("core/newcomer/x.cpp", "#include \"base/digest.h\""));
    EXPECT_FALSE(accepted("core/base/x.h", "#include \"nowhere.h\""));
    EXPECT_FALSE(accepted("core/include/weir/x.h", "#include \"base/digest.h\""));
    EXPECT_FALSE(accepted("core/include/weir/x.h", "#  include <base/digest.h>"));
    EXPECT_FALSE(accepted("plugins/http/http_adapter.cpp", "#include \"base/digest.h\""));
    EXPECT_FALSE(accepted("plugins/http/http_adapter.cpp", "#include <curl/curl.h>"));
    EXPECT_FALSE(accepted("core/queue/x.cpp", "#include <SQLiteCpp/Database.h>"));
    EXPECT_FALSE(accepted("core/net/x.cpp", "#include <boost/dll.hpp>"));
    EXPECT_FALSE(accepted("core/net/x.cpp", "#if defined(Q_OS_WIN) && 1"));
    EXPECT_FALSE(accepted("native-host/main.cpp", "#include \"queue/queue.h\""));
}

TEST(Layering, IncludesPointDownAndLibrariesStayAtHome)
{
    const QString root = QStringLiteral(WEIR_SOURCE_DIR "/");
    QStringList found;
    int files = 0;
    for (const char* top : {"core", "plugins", "native-host"}) {
        QDirIterator each(root + QLatin1String(top), {"*.h", "*.cpp", "*.def"}, QDir::Files, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            QFile file(each.next());
            ASSERT_TRUE(file.open(QIODevice::ReadOnly)) << file.fileName().toStdString();
            found += violations(file.fileName().mid(root.size()), QString::fromUtf8(file.readAll()));
            ++files;
        }
    }
    EXPECT_GT(files, 30) << "is " << WEIR_SOURCE_DIR << " the source tree?";
    EXPECT_TRUE(found.isEmpty()) << found.join(u'\n').toStdString();
}
