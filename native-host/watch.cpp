#include "watch.h"

#include "interrupts.h"
#include "progress.h"
#include "progress_screen.h"
#include "task_feed.h"
#include "task_table_view.h"
#include "text.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <map>

#include <poll.h>
#include <unistd.h>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds kRedraw = 250ms;

/// What flows first, then what wants somebody, what waits, what is over.
int rank(const TaskView& task)
{
    if (task.running())
        return 0;
    if (task.state == u"choosing")
        return 1;
    if (task.state == u"waiting")
        return task.held() ? 3 : 2;
    return task.state == u"sharing" ? 4 : task.state == u"failed" ? 5 : 6;
}

class Watch {
public:
    Watch(Cli& cli, const TaskQuery& query) : cli_(cli), out_(cli.out()), query_(query) {}
    Result<int> onTerminal();
    Result<int> asJson();

private:
    Result<void> subscribe();
    Result<bool> take(); ///< true: something changed
    void change(const QJsonObject& task);
    void lose(qint64 id);
    bool key(const QByteArray& typed); ///< false: quit
    void draw();
    void print(const char* event, qint64 id, const QJsonObject& task);

    Cli& cli_;
    Output& out_;
    const TaskQuery& query_;
    std::map<qint64, TaskView> tasks_;
    int top_ = 0;
    bool json_ = false;
};

Result<void> Watch::subscribe()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto tasks = subscribeToTasks(**client);
    if (!tasks)
        return failure(tasks.error());
    const std::map<qint64, TaskView> before = std::exchange(tasks_, {});
    for (const QJsonValue& task : *tasks)
        change(task.toObject());
    for (const auto& [id, task] : before) {
        if (!tasks_.contains(id))
            lose(id);
    }
    return {};
}

void Watch::change(const QJsonObject& task)
{
    TaskView view(task);
    const qint64 id = view.id;
    tasks_[id] = std::move(view);
    if (json_)
        print("changed", id, task);
}

void Watch::lose(qint64 id)
{
    tasks_.erase(id);
    if (json_)
        print("removed", id, {});
}

void Watch::print(const char* event, qint64 id, const QJsonObject& task)
{
    QJsonObject line{{QStringLiteral("event"), QLatin1String(event)}, {QStringLiteral("id"), id}};
    if (!task.isEmpty())
        line.insert(QStringLiteral("task"), task);
    out_.line(QString::fromUtf8(QJsonDocument(line).toJson(QJsonDocument::Compact)));
}

Result<bool> Watch::take()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    bool changed = false;
    while (const auto message = (*client)->takeNotification()) {
        const QString method = message->value(QLatin1String("method")).toString();
        changed = true;
        if (method == u"events.resync") {
            if (const auto again = subscribe(); !again)
                return failure(again.error());
            return true;
        }
        if (method != u"events.delta")
            continue;
        const QJsonObject params = message->value(QLatin1String("params")).toObject();
        const QJsonArray tasks = params.value(QLatin1String("tasks")).toArray();
        for (const QJsonValue& task : tasks)
            change(task.toObject());
        const QJsonArray removed = params.value(QLatin1String("removed")).toArray();
        for (const QJsonValue& id : removed)
            lose(qint64(id.toDouble()));
    }
    return changed;
}

bool Watch::key(const QByteArray& typed)
{
    const int page = std::max(1, out_.height() - 3);
    if (typed == "q" || typed == "Q" || typed == "\x1b" || typed == "\x04")
        return false;
    if (typed == "j" || typed == "\x1b[B" || typed == "\x1bOB")
        ++top_;
    else if (typed == "k" || typed == "\x1b[A" || typed == "\x1bOA")
        --top_;
    else if (typed == " " || typed == "\x1b[6~")
        top_ += page;
    else if (typed == "\x1b[5~")
        top_ -= page;
    else if (typed == "g" || typed == "\x1b[H")
        top_ = 0;
    else if (typed == "G" || typed == "\x1b[F")
        top_ = int(tasks_.size());
    return true;
}

void Watch::draw()
{
    std::vector<TaskView> sorted;
    sorted.reserve(tasks_.size());
    for (const auto& [id, task] : tasks_) {
        if (query_.has(task))
            sorted.push_back(task);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
        [&](const TaskView& a, const TaskView& b) { return query_.order ? (*query_.order)(a, b) : rank(a) < rank(b); });
    const QStringList lines = watchPicture(sorted, query_.columns, out_.width(), out_.height(), top_, out_);
    QString text = QStringLiteral("\x1b[H");
    for (qsizetype i = 0; i < lines.size(); ++i)
        text += (i ? QStringLiteral("\r\n") : QString()) + lines[i] + QStringLiteral("\x1b[K");
    out_.write(text + QStringLiteral("\x1b[J"));
}

/// The second screen while this lives.
class OtherScreen {
public:
    explicit OtherScreen(Output& out) : out_(out) { out_.write(QStringLiteral("\x1b[?1049h\x1b[?25l\x1b[2J")); }
    ~OtherScreen() { out_.write(QStringLiteral("\x1b[?25h\x1b[?1049l")); }
    OtherScreen(const OtherScreen&) = delete;
    OtherScreen& operator=(const OtherScreen&) = delete;

private:
    Output& out_;
};

Result<int> Watch::onTerminal()
{
    if (const auto subscribed = subscribe(); !subscribed)
        return failure(subscribed.error());
    Interrupts signals;
    const OtherScreen screen(out_);
    const RawKeys keys(STDIN_FILENO);
    for (auto drawn = std::chrono::steady_clock::time_point{};;) {
        if (const auto taken = take(); !taken)
            return failure(taken.error());
        const auto now = std::chrono::steady_clock::now();
        if (now - drawn >= kRedraw) {
            draw();
            drawn = now;
        }
        const auto client = cli_.daemon();
        if (!client)
            return failure(client.error());
        if (const auto waited = (*client)->wait(kRedraw / 2, STDIN_FILENO); !waited)
            return failure(waited.error());
        if (signals.take())
            return 0;
        if (const QByteArray typed = keys.read(0); !typed.isEmpty()) {
            if (!key(typed))
                return 0;
            drawn = {};
        }
    }
}

Result<int> Watch::asJson()
{
    json_ = true;
    if (const auto subscribed = subscribe(); !subscribed)
        return failure(subscribed.error());
    Interrupts signals;
    while (!signals.take()) {
        if (const auto taken = take(); !taken)
            return failure(taken.error());
        const auto client = cli_.daemon();
        if (!client)
            return failure(client.error());
        if (const auto waited = (*client)->wait(1000ms, signals.descriptor()); !waited)
            return failure(waited.error());
    }
    return 0;
}

} // namespace

QStringList watchPicture(const std::vector<TaskView>& tasks, const std::vector<const TaskColumn*>& columns, int width,
    int height, int& top, const Output& style)
{
    ProgressTotals totals;
    for (const TaskView& task : tasks)
        totals.add(task);
    QString head = QStringLiteral("weir  ") + countsText(totals);
    if (totals.rate > 0)
        head += QStringLiteral("  ") + rateText(totals.rate);
    QStringList lines{style.paint(Colour::Bold, elided(head, width, style.unicode))};
    if (tasks.empty() || height < 4)
        return lines;
    const int rows = height - 3;
    top = std::clamp(top, 0, std::max(0, int(tasks.size()) - rows));
    const Tasks seen = Tasks(tasks).subspan(std::size_t(top), std::min(std::size_t(rows), tasks.size() - std::size_t(top)));
    lines += taskTable(seen, columns, SumLine::No, width, style);
    QString foot = QStringLiteral("q quits");
    if (int(tasks.size()) > rows)
        foot = QStringLiteral("%1-%2 of %3  arrows scroll  ").arg(top + 1).arg(top + int(seen.size())).arg(tasks.size()) + foot;
    while (lines.size() < height - 1)
        lines += QString();
    lines += style.paint(Colour::Dim, elided(foot, width, style.unicode));
    return lines;
}

Result<int> watchTasks(Cli& cli, const TaskQuery& query)
{
    if (cli.json())
        return Watch(cli, query).asJson();
    if (!cli.out().terminal || !::isatty(STDIN_FILENO))
        return failure(Code::NotATerminal, QStringLiteral("`weir list` and `weir watch --json` do without"));
    return Watch(cli, query).onTerminal();
}

} // namespace weir
