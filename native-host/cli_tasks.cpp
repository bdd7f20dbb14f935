// pause, resume, remove, restart, move: what is done to many tasks at once.

#include "cli.h"
#include "selection.h"
#include "text.h"
#include "verbs.h"

#include <QDir>
#include <QJsonArray>

namespace weir {

namespace {

class TaskVerbs final : public Verbs {
public:
    explicit TaskVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* pause = cli.verb(nullptr, "pause", "Stop tasks until they are resumed", [this] { return this->pause(); });
        pause->add_option("--reason", reason_, "What `why` shall tell")->type_name("TEXT");
        pause->add_option("--until", until_, "Go on by itself then: 2024-05-01T08:00, 8:00 or +2h")->type_name("TIME");
        CLI::App* resume =
            cli.verb(nullptr, "resume", "Go on with paused tasks", [this] { return act("task.resume", "resumed"); });
        CLI::App* remove =
            cli.verb(nullptr, "remove", "Forget tasks; what is on disk stays", [this] { return this->remove(); });
        CLI::Option* keep = remove->add_flag("--keep-file", keep_, "Leave the files alone (default)");
        CLI::Option* trash = remove->add_flag("--trash", trash_, "Move the files to the trash");
        CLI::Option* erase = remove->add_flag("--delete-file", delete_, "Delete the files");
        keep->excludes(trash)->excludes(erase);
        trash->excludes(erase);
        CLI::App* restart = cli.verb(nullptr, "restart", "Try again", [this] { return this->restart(); });
        restart->add_flag("--from-zero", fromZero_, "Fetch everything anew");
        CLI::App* move = cli.verb(
            nullptr, "move", "Change the order of the queue, or move files to another folder", [this] { return this->move(); });
        CLI::Option* top = move->add_flag("--top", top_, "To the beginning");
        CLI::Option* bottom = move->add_flag("--bottom", bottom_, "To the end");
        CLI::Option* by = move->add_option("--by", by_, "So many places down; up if negative")->type_name("N");
        CLI::Option* to =
            move->add_option("--to", to_, "What they have on disk to this folder; goes on there")->type_name("DIR");
        top->excludes(bottom)->excludes(by)->excludes(to);
        bottom->excludes(by)->excludes(to);
        by->excludes(to);
        for (CLI::App* one : {pause, resume, remove, restart, move})
            which_.define(*one);
    }

private:
    Result<int> act(const char* method, const char* done, const QJsonObject& more = {},
        std::chrono::milliseconds patience = RpcClient::kPatience);
    Result<int> pause();
    Result<int> remove();
    Result<int> restart()
    {
        return act("task.restart", "restarted", fromZero_ ? QJsonObject{{QStringLiteral("fromZero"), true}} : QJsonObject());
    }
    Result<int> move();

    Cli& cli_;
    SelectOptions which_;
    std::string reason_, until_, to_;
    bool keep_ = false, trash_ = false, delete_ = false, fromZero_ = false, top_ = false, bottom_ = false;
    int by_ = 0;
};

Result<int> TaskVerbs::act(const char* method, const char* done, const QJsonObject& more, std::chrono::milliseconds patience)
{
    auto params = which_.toJson();
    if (!params)
        return failure(params.error());
    for (auto member = more.begin(); member != more.end(); ++member)
        params->insert(member.key(), member.value());
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto answer = (*client)->call(QLatin1String(method), *params, patience);
    if (!answer)
        return failure(answer.error());
    if (cli_.json()) {
        cli_.printJson(*answer);
        return 0;
    }
    const QJsonArray ids = answer->value(QLatin1String("ids")).toArray();
    QString text = QLatin1String(done) + u' ' + countText(ids.size(), QStringLiteral("task"));
    if (ids.size() == 1)
        text = QStringLiteral("%1 task %2").arg(QLatin1String(done)).arg(qint64(ids.first().toDouble()));
    cli_.out().line(ids.isEmpty() ? QStringLiteral("nothing to do: no such tasks") : text);
    return 0;
}

Result<int> TaskVerbs::pause()
{
    QJsonObject more;
    if (!reason_.empty())
        more.insert(QStringLiteral("reason"), QString::fromStdString(reason_));
    if (!until_.empty()) {
        const auto until = parseMoment(QString::fromStdString(until_));
        if (!until)
            return failure(until.error());
        more.insert(QStringLiteral("until"), *until);
    }
    return act("task.pause", "paused", more);
}

Result<int> TaskVerbs::remove()
{
    const QString files = delete_ ? QStringLiteral("delete") : trash_ ? QStringLiteral("trash") : QStringLiteral("keep");
    return act("task.remove", "removed", {{QStringLiteral("files"), files}});
}

Result<int> TaskVerbs::move()
{
    if (top_ || bottom_)
        return act("task.move", "moved", {{QStringLiteral("to"), top_ ? QStringLiteral("top") : QStringLiteral("bottom")}});
    if (!to_.empty()) {
        // Between two file systems it is a copy; whoever does not want to wait for it may go.
        constexpr std::chrono::hours kLongestCopy{24 * 7};
        const QString folder = QDir::cleanPath(QDir::current().absoluteFilePath(QString::fromStdString(to_)));
        return act("task.relocate", "moved", {{QStringLiteral("dir"), folder}}, kLongestCopy);
    }
    if (by_ == 0)
        return failure(Code::BadOption, QStringLiteral("where to? Give --top, --bottom, --by N or --to DIR"));
    return act("task.move", "moved", {{QStringLiteral("by"), by_}});
}

} // namespace

std::unique_ptr<Verbs> taskVerbs(Cli& cli) { return std::make_unique<TaskVerbs>(cli); }

} // namespace weir
