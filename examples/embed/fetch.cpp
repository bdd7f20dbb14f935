// weir inside of another program: `fetch HOME FOLDER URL…` downloads every address into the folder and ends. Interrupted and
// started again with the same HOME it goes on where it was. docs/embedding.md tells more.

#include <weir/engine.h>

#include <QCoreApplication>
#include <QJsonArray>
#include <QSet>
#include <QTimer>

#include <chrono>
#include <cstdio>

namespace {

using namespace std::chrono_literals;

int complain(const weir::Error& error)
{
    std::fprintf(stderr, "fetch: %s\n", qPrintable(weir::describe(error)));
    return weir::errorRow(error.code).exitStatus;
}

/// Watches the tasks of one run; the program ends with the last of them, with the status of the last that failed.
class Run {
public:
    explicit Run(weir::Engine& engine) : engine_(engine)
    {
        engine_.onTask([this](const QJsonObject& task) { look(task); });
        QObject::connect(&ticker_, &QTimer::timeout, &ticker_, [this] { showProgress(); });
        ticker_.start(500ms);
    }

    void add(const QString& folder, const QStringList& urls)
    {
        QJsonArray tasks;
        for (const QString& url : urls)
            tasks.append(QJsonObject{{"url", url}, {"dir", folder}, {"token", folder + url}}); // the same is added once
        engine_.call("task.add", {{"tasks", tasks}}, [this](const weir::Result<QJsonObject>& added) {
            if (!added)
                return QCoreApplication::exit(complain(added.error()));
            for (const QJsonValue& id : (*added)["ids"].toArray())
                open_.insert(id.toInteger());
            for (const qint64 id : QSet<qint64>(open_)) // one that was there already may have ended long ago
                engine_.call("task.get", {{"id", id}}, [this](const weir::Result<QJsonObject>& task) {
                    if (task)
                        look(*task);
                });
        });
    }

private:
    void look(const QJsonObject& task)
    {
        const QString state = task["state"].toString();
        if ((state != "done" && state != "failed") || !open_.remove(task["id"].toInteger()))
            return;
        if (state == "failed") {
            status_ = 1;
            std::fprintf(
                stderr, "%s: %s\n", qPrintable(task["url"].toString()), qPrintable(task["error"]["message"].toString()));
        } else {
            std::printf("%s\n", qPrintable(task["path"].toString()));
        }
        if (open_.isEmpty())
            QCoreApplication::exit(status_);
    }

    void showProgress()
    {
        engine_.call("task.list", {{"state", "running"}}, [](const weir::Result<QJsonObject>& list) {
            for (const QJsonValue& task : list ? (*list)["tasks"].toArray() : QJsonArray())
                std::fprintf(stderr, "%s: %lld bytes\n", qPrintable(task["name"].toString()),
                    static_cast<long long>(task["done"].toInteger()));
        });
    }

    weir::Engine& engine_;
    QTimer ticker_;
    QSet<qint64> open_;
    int status_ = 0;
};

} // namespace

int main(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() < 4) {
        std::fprintf(stderr, "usage: fetch HOME FOLDER URL...\n");
        return 28;
    }
    auto engine = weir::Engine::start({.home = arguments[1], .pluginFolders = {}, .settings = {{"connections.perTask", "4"}}});
    if (!engine)
        return complain(engine.error());
    Run run(**engine);
    run.add(arguments[2], arguments.mid(3));
    return QCoreApplication::exec();
}
