// What of a task's contents is taken: the answer to a question, or other files of one that has begun.

#include "queue/choice.h"
#include "queue/live.h"

#include <QJsonArray>

namespace weir {

namespace {

const QString kTree = QStringLiteral("tree"); // option: what the task said of its files

/// Files by their numbers, and nothing else.
Result<void> checkFiles(const QJsonObject& choice, const QJsonObject& tree)
{
    const int count = tree.value(QLatin1String("files")).toInt();
    if (count < 2)
        return failure(Code::NothingToChoose);
    QJsonObject rest = choice;
    const QJsonValue files = rest.take(QLatin1String("files"));
    if (!rest.isEmpty() || files.isUndefined())
        return failure(Code::BadChoice, QStringLiteral("only files can be chosen once it has begun"));
    const auto numbers = readList(files, count);
    if (!numbers)
        return failure(numbers.error());
    return numbers->isEmpty() ? failure(Code::BadChoice, QStringLiteral("nothing was chosen")) : Result<void>();
}

} // namespace

void Queue::choose(TaskId id, QJsonObject choice, Done done)
{
    Task* task = table_.find(id);
    if (!task)
        return done(failure(Code::UnknownTask, QString::number(id)));
    if (task->state != State::Choosing)
        return chooseFiles(id, std::move(choice), std::move(done));
    if (const auto good = readChoice(choice, offers_[id]); !good)
        return done(failure(good.error()));
    if (choice.isEmpty())
        return done(failure(Code::BadChoice, QStringLiteral("nothing was chosen")));
    // A wish counts as if it had been given with the task: the next run takes its tracks by it.
    QJsonObject options{{QStringLiteral("choice"), choice}};
    for (const char* wish : {"quality", "audio", "subs", "container"})
        if (const QJsonValue wished = choice.value(QLatin1String(wish)); !wished.isUndefined())
            options.insert(QLatin1String(wish), wished);
    mergeOptions(*task, options);
    offers_.erase(id);
    apply(*task, Event::Chosen);
    changed(*task);
    refresh(*task);
    commit({id}, std::move(done));
}

void Queue::noteTree(Task& task, const RunContext::Described& described)
{
    if (described.files > 1)
        mergeOptions(task,
            {{kTree,
                QJsonObject{
                    {QStringLiteral("files"), described.files}, {QStringLiteral("verifiable"), described.verifiable}}}});
}

// A run takes its files by the choice that it begins with: what has begun is stopped, and goes on with another one.
void Queue::chooseFiles(TaskId id, QJsonObject choice, Done done)
{
    runner_->background([this, id, choice = std::move(choice), done = std::move(done)] {
        auto spec = parts_.ledger.read<SpecRecord>([id](Store& store) { return store.spec(id); });
        auto good = spec ? checkFiles(choice, spec->options.value(kTree).toObject()) : failure(spec.error());
        inbox_.post([this, id, choice, done, good = std::move(good), options = spec ? spec->options : QJsonObject()] {
            const Task* task = table_.find(id);
            if (!task || !good)
                return done(failure(task ? good.error() : Error{Code::UnknownTask, QString::number(id)}));
            // Only who tells good bytes from bad ones can go on with what has its final name.
            if (task->state == State::Done && !options.value(kTree)[QLatin1String("verifiable")].toBool())
                return done(failure(Code::WrongState, QStringLiteral("task %1 is done").arg(id)));
            whenIdle(id, [this, id, choice, done, options] {
                if (Task* there = table_.find(id)) {
                    QJsonObject merged = options.value(QLatin1String("choice")).toObject();
                    merged.insert(QStringLiteral("files"), choice.value(QLatin1String("files")));
                    mergeOptions(*there, {{QStringLiteral("choice"), merged}});
                    if (there->state == State::Done || there->state == State::Failed)
                        tryAgain(*there, false);
                    changed(*there);
                }
                idleAgain(id);
                commit({id}, done);
            });
        });
    });
}

} // namespace weir
