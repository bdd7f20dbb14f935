#include "ledger/query.h"
#include "ledger/schema.h"

#include <sqlite3.h>

#include <limits>

namespace weir {
namespace {

#define TASK_COLUMNS                                                                                                           \
    "id, url, adapter, mime, state, priority, position, name, directory, size, done, uploaded, verified, attempts, crashes, "  \
    "error, errorNative, errorDetail, notBefore, created, finished, fromBrowser, unlisted"

TaskRecord taskOf(Query& query)
{
    query.row();
    TaskRecord task;
    task.id = query.integer();
    task.url = query.text();
    task.adapter = query.bytes();
    task.mime = query.bytes();
    task.state = State(query.integer());
    task.priority = qint8(query.integer());
    task.position = query.integer();
    task.name = query.text();
    task.directory = query.text();
    task.size = query.integer();
    task.done = query.integer();
    task.uploaded = query.integer();
    task.verified = quint8(query.integer());
    task.attempts = quint16(query.integer());
    task.crashes = quint16(query.integer());
    task.errorCode = quint16(query.integer());
    task.errorNative = int(query.integer());
    task.errorDetail = query.text();
    task.notBefore = query.integer();
    task.created = query.integer();
    task.finished = query.integer();
    task.fromBrowser = query.integer() != 0;
    task.unlisted = query.integer() != 0;
    return task;
}

std::vector<TaskRecord> tasksOf(Query& query)
{
    std::vector<TaskRecord> tasks;
    while (query.next())
        tasks.push_back(taskOf(query));
    return tasks;
}

QString asText(const QByteArray& bytes) { return QString::fromUtf8(bytes); }

QString likePattern(QString text)
{
    for (const char16_t special : {u'\\', u'%', u'_'})
        text.replace(QChar(special), QString(u'\\') + QChar(special));
    return u'%' + text + u'%';
}

} // namespace

Store::Store(std::unique_ptr<Database> db) : db_(std::move(db)) {}

Store::~Store()
{
    // Statements must be gone before their connection.
    db_->statements.clear();
}

void Store::begin() { Query(*db_, "BEGIN").run(); }

void Store::commit()
{
    if (db_->failCommit)
        if (const int code = db_->failCommit())
            throw SQLite::Exception("a test refused this commit", code);
    Query(*db_, "COMMIT").run();
}

void Store::rollback()
{
    // SQLite has rolled back by itself after some errors.
    if (!sqlite3_get_autocommit(db_->connection.getHandle()))
        Query(*db_, "ROLLBACK").run();
}

Result<void> Store::nested(const std::function<void()>& operation)
{
    Query(*db_, "SAVEPOINT operation").run();
    std::optional<Error> refused;
    try {
        operation();
    } catch (const SQLite::Exception& thrown) {
        Error error = ledgerError(thrown, QStringLiteral("write"));
        // Out of space and the like: SQLite may have rolled back everything, and the next statement would fail too.
        if (mayPass(error.code))
            throw;
        Query(*db_, "ROLLBACK TO operation").run();
        refused = std::move(error);
    }
    Query(*db_, "RELEASE operation").run();
    return refused ? failure(std::move(*refused)) : Result<void>{};
}

Result<void> Store::transaction(const std::function<void()>& operation)
{
    if (!sqlite3_get_autocommit(db_->connection.getHandle()))
        return nested(operation);
    try {
        begin();
        operation();
        commit();
        return {};
    } catch (const SQLite::Exception& thrown) {
        const Error error = ledgerError(thrown, QStringLiteral("write"));
        try {
            rollback();
        } catch (const SQLite::Exception&) {
            // The first error is the one that says why.
        }
        return failure(error);
    }
}

bool Store::wantsTidy() const { return db_->secretsErased; }

void Store::tidy()
{
    (void)db_->connection.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)");
    db_->secretsErased = false;
}

void Store::failCommits(std::function<int()> with) { db_->failCommit = std::move(with); }

void Store::insertTask(const TaskRecord& task, const SpecRecord& spec, const QByteArray& token)
{
    Query insert(*db_,
        "INSERT INTO task(" TASK_COLUMNS ", token) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,nullif(?, x''))",
        task.id, task.url, asText(task.adapter), asText(task.mime), int(task.state), task.priority, task.position, task.name,
        task.directory, task.size, task.done, task.uploaded, task.verified, task.attempts, task.crashes, task.errorCode,
        task.errorNative, task.errorDetail, task.notBefore, task.created, task.finished, task.fromBrowser, task.unlisted,
        token);
    insert.run();
    if (!spec.options.isEmpty())
        Query(*db_, "INSERT INTO spec VALUES(?, ?)", task.id, spec.options).run();
    if (!spec.secrets.isEmpty())
        Query(*db_, "INSERT INTO secret VALUES(?, ?)", task.id, spec.secrets).run();
}

std::optional<TaskId> Store::taskByToken(const QByteArray& token)
{
    Query query(*db_, "SELECT id FROM task WHERE token = ?", token);
    return query.next() ? std::optional(query.integer()) : std::nullopt;
}

void Store::updateTask(const TaskRecord& task)
{
    Query(*db_,
        "UPDATE task SET url=?2, adapter=?3, mime=?4, state=?5, priority=?6, position=?7, name=?8, directory=?9, size=?10, "
        "done=?11,"
        " uploaded=?12, verified=?13, attempts=?14, crashes=?15, error=?16, errorNative=?17, errorDetail=?18, notBefore=?19,"
        " created=?20, finished=?21, fromBrowser=?22, unlisted=?23 WHERE id=?1",
        task.id, task.url, asText(task.adapter), asText(task.mime), int(task.state), task.priority, task.position, task.name,
        task.directory, task.size, task.done, task.uploaded, task.verified, task.attempts, task.crashes, task.errorCode,
        task.errorNative, task.errorDetail, task.notBefore, task.created, task.finished, task.fromBrowser, task.unlisted)
        .run();
}

void Store::updateSpec(TaskId task, const SpecRecord& spec)
{
    if (spec.options.isEmpty())
        Query(*db_, "DELETE FROM spec WHERE task = ?", task).run();
    else
        Query(*db_, "INSERT OR REPLACE INTO spec SELECT id, ?2 FROM task WHERE id = ?1", task, spec.options).run();
    if (spec.secrets.isEmpty())
        eraseSecrets(task);
    else
        Query(*db_, "INSERT OR REPLACE INTO secret SELECT id, ?2 FROM task WHERE id = ?1", task, spec.secrets).run();
}

void Store::eraseSecrets(TaskId task)
{
    if (Query(*db_, "DELETE FROM secret WHERE task = ?", task).run() > 0)
        db_->secretsErased = true;
}

void Store::removeTask(TaskId task)
{
    eraseSecrets(task);
    Query(*db_, "DELETE FROM hold WHERE scope = 'task' AND key = ?", QString::number(task)).run();
    // What a private window asked for must not stay in the write-ahead log either.
    if (Query(*db_, "DELETE FROM task WHERE id = ? AND unlisted", task).run() > 0)
        db_->secretsErased = true;
    Query(*db_, "DELETE FROM task WHERE id = ?", task).run();
}

std::vector<TaskRecord> Store::tasks()
{
    Query query(*db_, "SELECT " TASK_COLUMNS " FROM task ORDER BY position, id");
    return tasksOf(query);
}

std::vector<TaskRecord> Store::history(const QString& search, std::optional<State> state, int limit, TaskId before)
{
    const int first = int(state.value_or(State::Done)), second = int(state.value_or(State::Failed));
    const qint64 below = before > 0 ? before : std::numeric_limits<qint64>::max();
    if (search.isEmpty()) {
        Query query(*db_, "SELECT " TASK_COLUMNS " FROM task WHERE id < ? AND state IN (?, ?) ORDER BY id DESC LIMIT ?", below,
            first, second, limit);
        return tasksOf(query);
    }
    Query query(*db_,
        "SELECT " TASK_COLUMNS " FROM task WHERE id < ?1 AND state IN (?2, ?3)"
        " AND (name LIKE ?5 ESCAPE '\\' OR url LIKE ?5 ESCAPE '\\') ORDER BY id DESC LIMIT ?4",
        below, first, second, limit, likePattern(search));
    return tasksOf(query);
}

std::vector<TaskId> Store::purge(qint64 finishedBefore)
{
    std::vector<TaskId> gone;
    {
        Query query(*db_, "SELECT id FROM task WHERE state IN (?, ?) AND finished > 0 AND finished < ?", int(State::Done),
            int(State::Failed), finishedBefore);
        while (query.next()) {
            query.row();
            gone.push_back(query.integer());
        }
    }
    for (const TaskId task : gone)
        removeTask(task);
    return gone;
}

TaskId Store::lastTaskId()
{
    Query query(*db_, "SELECT seq FROM sqlite_sequence WHERE name = 'task'");
    return query.next() ? query.integer() : 0;
}

SpecRecord Store::spec(TaskId task)
{
    SpecRecord record;
    if (Query query(*db_, "SELECT options FROM spec WHERE task = ?", task); query.next())
        record.options = query.object();
    if (Query query(*db_, "SELECT secrets FROM secret WHERE task = ?", task); query.next())
        record.secrets = query.object();
    return record;
}

void Store::saveProgress(const ProgressRecord& progress)
{
    Query(*db_, "INSERT OR REPLACE INTO progress SELECT id, ?2, ?3, ?4 FROM task WHERE id = ?1", progress.task, progress.path,
        progress.size, progress.written.toBytes())
        .run();
}

void Store::dropProgress(TaskId task) { Query(*db_, "DELETE FROM progress WHERE task = ?", task).run(); }

std::vector<ProgressRecord> Store::progress(TaskId task)
{
    std::vector<ProgressRecord> records;
    Query query(*db_, "SELECT path, size, ranges FROM progress WHERE task = ?", task);
    while (query.next()) {
        query.row();
        ProgressRecord record{task, query.text(), query.integer(), {}};
        if (auto written = RangeSet::fromBytes(query.bytes()))
            record.written = std::move(*written);
        records.push_back(std::move(record));
    }
    return records;
}

void Store::savePluginState(TaskId task, const QByteArray& state)
{
    Query(*db_, "INSERT OR REPLACE INTO plugin_state SELECT id, ?2 FROM task WHERE id = ?1", task, state).run();
}

QByteArray Store::pluginState(TaskId task)
{
    Query query(*db_, "SELECT state FROM plugin_state WHERE task = ?", task);
    return query.next() ? query.bytes() : QByteArray();
}

void Store::saveIntent(const IntentRecord& intent)
{
    Query(*db_, "INSERT OR REPLACE INTO intent SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM task WHERE id = ?1", intent.task,
        intent.path, intent.partPath, intent.finalPath, intent.device, intent.inode, intent.born, intent.size)
        .run();
}

void Store::dropIntents(TaskId task) { Query(*db_, "DELETE FROM intent WHERE task = ?", task).run(); }

std::vector<IntentRecord> Store::intents()
{
    std::vector<IntentRecord> records;
    Query query(*db_, "SELECT task, path, part, final, device, inode, born, size FROM intent ORDER BY task, part");
    while (query.next()) {
        query.row();
        IntentRecord record;
        record.task = query.integer();
        record.path = query.text();
        record.partPath = query.text();
        record.finalPath = query.text();
        record.device = quint64(query.integer());
        record.inode = quint64(query.integer());
        record.born = query.integer();
        record.size = query.integer();
        records.push_back(std::move(record));
    }
    return records;
}

void Store::saveHold(const HoldRecord& hold)
{
    Query(*db_, "INSERT OR REPLACE INTO hold VALUES(?, ?, ?, ?, ?)", hold.scope, hold.key, hold.owner, hold.reason, hold.until)
        .run();
}

void Store::dropHold(const QString& scope, const QString& key, const QString& owner)
{
    Query(*db_, "DELETE FROM hold WHERE scope = ? AND key = ? AND owner = ?", scope, key, owner).run();
}

std::vector<HoldRecord> Store::holds()
{
    std::vector<HoldRecord> records;
    Query query(*db_, "SELECT scope, key, owner, reason, until FROM hold");
    while (query.next()) {
        query.row();
        HoldRecord record;
        record.scope = query.text();
        record.key = query.text();
        record.owner = query.text();
        record.reason = query.text();
        record.until = query.integer();
        records.push_back(std::move(record));
    }
    return records;
}

void Store::addTraffic(const TrafficRecord& more)
{
    Query(*db_,
        "INSERT INTO traffic VALUES(?, ?, ?) ON CONFLICT(day) DO UPDATE SET down = down + excluded.down, up = up + excluded.up",
        more.day, more.down, more.up)
        .run();
}

std::vector<TrafficRecord> Store::traffic()
{
    std::vector<TrafficRecord> records;
    Query query(*db_, "SELECT day, down, up FROM traffic ORDER BY day");
    while (query.next()) {
        query.row();
        TrafficRecord record;
        record.day = query.text();
        record.down = query.integer();
        record.up = query.integer();
        records.push_back(std::move(record));
    }
    return records;
}

void Store::dropTraffic() { Query(*db_, "DELETE FROM traffic").run(); }

void Store::savePlugin(const PluginRecord& plugin)
{
    Query(*db_, "INSERT OR REPLACE INTO plugin VALUES(?, ?, ?, ?, ?, ?, ?, ?)", plugin.path, plugin.modified, plugin.size,
        plugin.descriptor, plugin.errorCode, plugin.errorDetail, plugin.enabled, plugin.quarantined)
        .run();
}

std::vector<PluginRecord> Store::plugins()
{
    std::vector<PluginRecord> records;
    Query query(*db_, "SELECT path, modified, size, descriptor, error, errorDetail, enabled, quarantined FROM plugin");
    while (query.next()) {
        query.row();
        PluginRecord record;
        record.path = query.text();
        record.modified = query.integer();
        record.size = query.integer();
        record.descriptor = query.object();
        record.errorCode = quint16(query.integer());
        record.errorDetail = query.text();
        record.enabled = query.integer() != 0;
        record.quarantined = query.integer() != 0;
        records.push_back(std::move(record));
    }
    return records;
}

void Store::addStrike(const StrikeRecord& strike)
{
    Query(*db_, "INSERT INTO strike VALUES(?, ?, ?)", strike.plugin, strike.task, strike.at).run();
}

std::vector<StrikeRecord> Store::strikes(qint64 since)
{
    std::vector<StrikeRecord> records;
    Query query(*db_, "SELECT plugin, task, at FROM strike WHERE at >= ? ORDER BY at", since);
    while (query.next()) {
        query.row();
        StrikeRecord record;
        record.plugin = query.text();
        record.task = query.integer();
        record.at = query.integer();
        records.push_back(std::move(record));
    }
    return records;
}

void Store::dropStrikes(const QString& plugin) { Query(*db_, "DELETE FROM strike WHERE plugin = ?", plugin).run(); }

} // namespace weir
