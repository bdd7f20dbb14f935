#include "options.h"

#include "completion.h"
#include "help.h"
#include "selection.h"
#include "verbs.h"

#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr const char* kHere = "/srv/here";

Result<QJsonArray> parse(std::vector<std::string> words, const QString& current = QLatin1String(kHere))
{
    CLI::App app;
    AddOptions options;
    options.define(app, AddOptions::For::Add);
    std::reverse(words.begin(), words.end());
    app.parse(words);
    return options.items(current, [] { return Result<QString>(QStringLiteral("/usual")); });
}

QJsonObject one(std::vector<std::string> words)
{
    const auto items = parse(std::move(words));
    EXPECT_TRUE(items) << (items ? std::string() : describe(items.error()).toStdString());
    return items ? items->at(0).toObject() : QJsonObject();
}

QJsonValue option(const QJsonObject& item, const char* name)
{
    return item.value(QLatin1String("options"))[QLatin1String(name)];
}
QJsonValue secret(const QJsonObject& item, const char* name)
{
    return item.value(QLatin1String("secrets"))[QLatin1String(name)];
}

TEST(AddOptions, AUrlAloneIsAnItemWithTheUsualFolder)
{
    EXPECT_EQ(one({"http://host/a.iso"}),
        (QJsonObject{
            {QStringLiteral("url"), QStringLiteral("http://host/a.iso")}, {QStringLiteral("dir"), QStringLiteral("/usual")}}));
}

TEST(AddOptions, FoldersAreAbsolute)
{
    EXPECT_EQ(one({"-d", "sub/..//x", "http://h/a"})[QLatin1String("dir")], QJsonValue(QStringLiteral("/srv/here/x")));
    EXPECT_EQ(one({"--dir=/else", "http://h/a"})[QLatin1String("dir")], QJsonValue(QStringLiteral("/else")));
    const QJsonObject named = one({"-o", "sub/b.iso", "http://h/a"});
    EXPECT_EQ(named[QLatin1String("dir")], QJsonValue(QStringLiteral("/usual/sub")));
    EXPECT_EQ(named[QLatin1String("name")], QJsonValue(QStringLiteral("b.iso")));
    EXPECT_EQ(one({"-o", "/abs/b.iso", "http://h/a"})[QLatin1String("dir")], QJsonValue(QStringLiteral("/abs")));
}

TEST(AddOptions, EveryOptionReachesItsMember)
{
    const QJsonObject item = one({"-x", "8", "--limit", "2M", "--checksum", "sha256=" + std::string(64, 'a'), "--priority",
        "high", "--if-exists", "skip", "--ask", "--quality", "720p", "--audio", "en,de", "--audio", "fr", "--subs", "none",
        "--container", "mkv", "--ads", "drop", "--ad-pattern", "/spot/", "--from", "1:30", "--to", "2h", "--duration", "90",
        "--live-from-start", "--files", "1,3-4", "--sequential", "--seed-ratio", "1.5", "--seed-time", "1h", "--tracker",
        "udp://t:1", "--mirror", "http://m/a", "--retries", "3", "--sums", "http://h/a"});
    EXPECT_EQ(option(item, "connections"), QJsonValue(8));
    EXPECT_EQ(option(item, "limit"), QJsonValue(2 << 20));
    EXPECT_EQ(option(item, "checksums"), (QJsonArray{QStringLiteral("sha-256=") + QString(64, u'a')}));
    EXPECT_EQ(item[QLatin1String("priority")], QJsonValue(QStringLiteral("high")));
    EXPECT_EQ(option(item, "ifExists"), QJsonValue(QStringLiteral("skip")));
    EXPECT_EQ(option(item, "ask"), QJsonValue(true));
    EXPECT_EQ(option(item, "audio"), (QJsonArray{QStringLiteral("en"), QStringLiteral("de"), QStringLiteral("fr")}));
    EXPECT_EQ(option(item, "subs"), QJsonArray{QStringLiteral("none")});
    EXPECT_EQ(option(item, "ads"), QJsonValue(QStringLiteral("drop")));
    EXPECT_EQ(option(item, "adPattern"), QJsonValue(QStringLiteral("/spot/")));
    EXPECT_EQ(option(item, "from"), QJsonValue(90.0));
    EXPECT_EQ(option(item, "to"), QJsonValue(7200.0));
    EXPECT_EQ(option(item, "duration"), QJsonValue(90.0));
    EXPECT_EQ(option(item, "files"), (QJsonArray{1, 3, 4}));
    EXPECT_EQ(option(item, "seedRatio"), QJsonValue(1.5));
    EXPECT_EQ(option(item, "seedTime"), QJsonValue(3600.0));
    EXPECT_EQ(option(item, "trackers"), QJsonArray{QStringLiteral("udp://t:1")});
    EXPECT_EQ(option(item, "retries"), QJsonValue(3));
    for (const char* flag : {"liveFromStart", "sequential", "sums"})
        EXPECT_EQ(option(item, flag), QJsonValue(true)) << flag;
    EXPECT_EQ(item[QLatin1String("mirrors")], QJsonArray{QStringLiteral("http://m/a")});
}

TEST(AddOptions, SecretsGoIntoSecretsOnly)
{
    const QJsonObject item =
        one({"-H", "X-Key: s3cret", "--cookie", "a=b", "--referer", "http://r/", "--user-agent", "me", "--user", "joe:s3cret",
            "--data", "q=s3cret", "--proxy", "socks5://p:1", "--insecure", "--cacert", "ca.pem", "http://h/a"});
    EXPECT_EQ(secret(item, "headers"), QJsonArray{QStringLiteral("X-Key: s3cret")});
    EXPECT_EQ(secret(item, "cookies"), QJsonArray{QStringLiteral("a=b")});
    EXPECT_EQ(secret(item, "user"), QJsonValue(QStringLiteral("joe:s3cret")));
    EXPECT_EQ(secret(item, "body"), QJsonValue(QStringLiteral("q=s3cret")));
    EXPECT_EQ(secret(item, "cacert"), QJsonValue(QStringLiteral("/srv/here/ca.pem")));
    EXPECT_EQ(secret(item, "insecure"), QJsonValue(true));
    QJsonObject rest = item;
    rest.remove(QStringLiteral("secrets"));
    EXPECT_FALSE(QJsonDocument(rest).toJson().contains("s3cret"));
}

TEST(AddOptions, AtSignReadsAFile)
{
    const QTemporaryDir folder;
    QFile headers(folder.filePath(QStringLiteral("h")));
    ASSERT_TRUE(headers.open(QIODevice::WriteOnly));
    headers.write("A: 1\r\n\nB: 2\n");
    headers.close();
    QFile user(folder.filePath(QStringLiteral("u")));
    ASSERT_TRUE(user.open(QIODevice::WriteOnly));
    user.write("joe:pw\n");
    user.close();
    const auto items = parse({"-H", "@h", "--user", "@u", "http://h/a"}, folder.path());
    ASSERT_TRUE(items);
    EXPECT_EQ(secret(items->at(0).toObject(), "headers"), (QJsonArray{QStringLiteral("A: 1"), QStringLiteral("B: 2")}));
    EXPECT_EQ(secret(items->at(0).toObject(), "user"), QJsonValue(QStringLiteral("joe:pw")));
    EXPECT_EQ(parse({"-H", "@none", "http://h/a"}, folder.path()).error().code, Code::InputUnreadable);
}

TEST(AddOptions, InputFilesTakeHundredsOfLinks)
{
    const QTemporaryDir folder;
    QFile list(folder.filePath(QStringLiteral("links")));
    ASSERT_TRUE(list.open(QIODevice::WriteOnly));
    list.write("# a comment\n\n  \r\n");
    for (int i = 0; i < 700; ++i)
        list.write("http://h/" + QByteArray::number(i) + "#part\r\n");
    list.close();
    const auto items = parse({"-i", "links"}, folder.path());
    ASSERT_TRUE(items);
    EXPECT_EQ(items->size(), 700);
    EXPECT_EQ(items->at(699)[QLatin1String("url")], QJsonValue(QStringLiteral("http://h/699#part")));
    EXPECT_EQ(parse({"-i", "missing"}, folder.path()).error().code, Code::InputUnreadable);
}

struct Refusal {
    std::vector<std::string> words;
    Code code;
};
class RefusedOptions : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedOptions, HaveTheirOwnCode)
{
    const auto items = parse(GetParam().words);
    ASSERT_FALSE(items);
    EXPECT_EQ(items.error().code, GetParam().code) << describe(items.error()).toStdString();
}
INSTANTIATE_TEST_SUITE_P(All, RefusedOptions,
    testing::Values(Refusal{{}, Code::NoInput}, Refusal{{"--limit", "fast", "http://h/a"}, Code::BadRate},
        Refusal{{"--from", "soon", "http://h/a"}, Code::BadTime}, Refusal{{"-H", "no colon", "http://h/a"}, Code::BadHeader},
        Refusal{{"-H", "A: b\r\nC: d", "http://h/a"}, Code::BadHeader},
        Refusal{{"-H", "A: b\n", "http://h/a"}, Code::BadHeader},
        Refusal{{"--checksum", "sha-256=12", "http://h/a"}, Code::BadChecksum},
        Refusal{{"--files", "0", "http://h/a"}, Code::BadOption},
        Refusal{{"-o", "x", "http://h/a", "http://h/b"}, Code::BadOption}, Refusal{{"-o", "..", "http://h/a"}, Code::BadOption},
        Refusal{{"-o", "sub/", "http://h/a"}, Code::BadOption}, Refusal{{"--user", "joe", "http://h/a"}, Code::BadOption},
        Refusal{{"http://"}, Code::BadUrl}, Refusal{{""}, Code::BadUrl},
        Refusal{{"--mirror", "http://m/", "http://h/a", "http://h/b"}, Code::BadOption},
        Refusal{{"--data", "\xff\xfe", "http://h/a"}, Code::BadOption}));

TEST(AddOptions, AWrongHeaderIsToldWithoutItsValue)
{
    const auto items = parse({"-H", "Bad Name: s3cret", "http://h/a"});
    ASSERT_FALSE(items);
    EXPECT_FALSE(items.error().detail.contains(QStringLiteral("s3cret")));
}

TEST(Urls, AsTyped)
{
    const QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("x.torrent")));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    EXPECT_EQ(urlAsTyped(QStringLiteral("host.org/a"), folder.path()).value(), u"http://host.org/a");
    EXPECT_EQ(urlAsTyped(QStringLiteral("localhost:8080/a"), folder.path()).value(), u"http://localhost:8080/a");
    EXPECT_EQ(urlAsTyped(QStringLiteral("magnet:?xt=urn:btih:1"), folder.path()).value(), u"magnet:?xt=urn:btih:1");
    EXPECT_EQ(urlAsTyped(QStringLiteral(" ftp://h/a "), folder.path()).value(), u"ftp://h/a");
    EXPECT_EQ(urlAsTyped(QStringLiteral("x.torrent"), folder.path()).value(),
        QStringLiteral("file://") + folder.filePath(QStringLiteral("x.torrent")));
}

TEST(Selection, NamesTasksOrIsRefused)
{
    const auto select = [](std::vector<std::string> words) {
        CLI::App app;
        SelectOptions which;
        which.define(app);
        std::reverse(words.begin(), words.end());
        app.parse(words);
        return which.toJson();
    };
    EXPECT_EQ(select({"3", "5"}).value(), (QJsonObject{{QStringLiteral("ids"), QJsonArray{3, 5}}}));
    EXPECT_EQ(select({"--all", "--kind", "http"}).value(),
        (QJsonObject{{QStringLiteral("all"), true}, {QStringLiteral("kind"), QStringLiteral("http")}}));
    EXPECT_EQ(select({}).error().code, Code::BadSelection);
    EXPECT_EQ(select({"x"}).error().code, Code::BadOption);
    EXPECT_EQ(select({"0"}).error().code, Code::BadOption);
}

/// What a program would have printed.
struct Captured final : Output {
    QString text;
    void write(const QString& more) override { text += more; }
};

TEST(Completion, NamesVerbsOptionsStatesAndSettings)
{
    Captured out, err;
    Cli cli(out, err, kOwnVerbs);
    for (const QString& script : {bashCompletion(cli.root()), zshCompletion(cli.root()), fishCompletion(cli.root())}) {
        for (const char* word : {"get", "relink", "connections", "limits.down", "overwrite", "choosing", "zsh"})
            EXPECT_TRUE(script.contains(QLatin1String(word))) << word;
        EXPECT_FALSE(script.contains(QStringLiteral("HEIGHTp")));
    }
}

TEST(Help, KnowsEveryVerbAndEveryOption)
{
    Captured out, err;
    Cli cli(out, err, kOwnVerbs);
    const QString all = mainHelp(cli.root(), out, {});
    for (const CLI::App* verb : cli.root().get_subcommands({})) {
        const QString name = QString::fromStdString(verb->get_name());
        EXPECT_TRUE(all.contains(QStringLiteral("\n  %1 ").arg(name))) << verb->get_name();
        const QString help = verbHelp(*verb, out);
        for (const CLI::Option* option : verb->get_options()) {
            for (const std::string& one : option->get_lnames())
                EXPECT_TRUE(one == "help" || help.contains(QStringLiteral("--") + QString::fromStdString(one))) << one;
        }
        EXPECT_FALSE(help.contains(u'{')) << help.toStdString();
    }
}

struct Line {
    std::vector<const char*> words;
    int status;
    const char* said;
};
class CommandLine : public testing::TestWithParam<Line> {};
TEST_P(CommandLine, EndsWithStatusAndSentence)
{
    Captured out, err;
    Cli cli(out, err, kOwnVerbs);
    std::vector<const char*> argv{"weir"};
    argv.insert(argv.end(), GetParam().words.begin(), GetParam().words.end());
    EXPECT_EQ(cli.run(int(argv.size()), argv.data()), GetParam().status);
    EXPECT_TRUE((out.text + err.text).contains(QString::fromUtf8(GetParam().said))) << (out.text + err.text).toStdString();
}
INSTANTIATE_TEST_SUITE_P(WithoutDaemon, CommandLine,
    testing::Values(Line{{"version"}, 0, "weir "}, Line{{"--help"}, 0, "weir help VERB"},
        Line{{"get", "--help"}, 0, "weir get [OPTIONS]"}, Line{{"help", "config", "set"}, 0, "weir config set"},
        Line{{"help", "gte"}, 28, "did you mean get?"}, Line{{"gte"}, 28, "did you mean get?"},
        Line{{"config", "lits"}, 28, "did you mean list?"}, Line{{"config"}, 28, "list, get, set, unset"},
        Line{{"list", "--sate", "done"}, 28, "did you mean --state?"}, Line{{"list", "extra"}, 28, "one argument too many"},
        Line{{"list", "--state", "odd"}, 28, "--state"}, Line{{"explain", "2404"}, 0, "HttpNotFound"},
        Line{{"explain", "httpnotfound", "--json"}, 0, "\"number\":2404"},
        Line{{"--json", "explain", "DiskFull"}, 0, "\"exit\":9"},
        Line{{"explain", "httpnotfond"}, 28, "did you mean HttpNotFound?"}, Line{{"explain"}, 0, "DiskFull"},
        Line{{"pause"}, 28, "No task is named"}, Line{{"get"}, 28, "No URL was given"},
        Line{{"config", "get", "limit.down"}, 28, "limits.down"},
        Line{{"config", "set", "limits.down", "fast"}, 28, "limits.down"}, Line{{"move", "1"}, 28, "--top"},
        Line{{"move", "--to", "/x"}, 28, "No task is named"}, Line{{"move", "1", "--top", "--to", "/x"}, 28, "--to"},
        Line{{"choose", "1"}, 28, "--quality"}, Line{{"limit", "1"}, 28, "--down"}, Line{{"completion", "tcsh"}, 28, "shell"},
        Line{{"plugin", "check", "/no/such/file.so"}, 15, "not there"},
        Line{{"remove", "1", "--trash", "--delete-file"}, 28, "--trash"}, Line{{}, 28, "Download"}));

} // namespace
} // namespace weir
