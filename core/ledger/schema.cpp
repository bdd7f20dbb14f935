#include "ledger/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <string>

namespace weir {
namespace {

// AUTOINCREMENT: the id of a removed task is never given again, so that nobody acts on another task than he saw.
constexpr const char* kFirst = R"(
CREATE TABLE task(
    id INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB, url TEXT NOT NULL, adapter TEXT NOT NULL, mime TEXT NOT NULL,
    state INTEGER NOT NULL, priority INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, directory TEXT NOT NULL,
    size INTEGER NOT NULL, done INTEGER NOT NULL, uploaded INTEGER NOT NULL, verified INTEGER NOT NULL, attempts INTEGER NOT NULL,
    crashes INTEGER NOT NULL, error INTEGER NOT NULL, errorNative INTEGER NOT NULL, errorDetail TEXT NOT NULL,
    notBefore INTEGER NOT NULL, created INTEGER NOT NULL, finished INTEGER NOT NULL, fromBrowser INTEGER NOT NULL,
    unlisted INTEGER NOT NULL);
CREATE UNIQUE INDEX task_token ON task(token) WHERE token IS NOT NULL;
CREATE TABLE spec(task INTEGER PRIMARY KEY REFERENCES task ON DELETE CASCADE, options TEXT NOT NULL);
CREATE TABLE secret(task INTEGER PRIMARY KEY REFERENCES task ON DELETE CASCADE, secrets TEXT NOT NULL);
CREATE TABLE progress(task INTEGER NOT NULL REFERENCES task ON DELETE CASCADE, path TEXT NOT NULL, size INTEGER NOT NULL,
    ranges BLOB NOT NULL, PRIMARY KEY(task, path)) WITHOUT ROWID;
CREATE TABLE plugin_state(task INTEGER PRIMARY KEY REFERENCES task ON DELETE CASCADE, state BLOB NOT NULL);
CREATE TABLE intent(task INTEGER NOT NULL REFERENCES task ON DELETE CASCADE, path TEXT NOT NULL, part TEXT NOT NULL,
    final TEXT NOT NULL,
    device INTEGER NOT NULL, inode INTEGER NOT NULL, born INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY(task, part)) WITHOUT ROWID;
CREATE TABLE hold(scope TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, reason TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY(scope, key, owner)) WITHOUT ROWID;
CREATE TABLE plugin(path TEXT PRIMARY KEY, modified INTEGER NOT NULL, size INTEGER NOT NULL, descriptor TEXT NOT NULL,
    error INTEGER NOT NULL, errorDetail TEXT NOT NULL, enabled INTEGER NOT NULL, quarantined INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE strike(plugin TEXT NOT NULL, task INTEGER NOT NULL, at INTEGER NOT NULL);
)";

constexpr const char* kRelocation = R"(
CREATE TABLE relocation(task INTEGER PRIMARY KEY REFERENCES task ON DELETE CASCADE, source TEXT NOT NULL, target TEXT NOT NULL,
    staging TEXT NOT NULL, switched INTEGER NOT NULL);
CREATE TABLE relocation_entry(task INTEGER NOT NULL REFERENCES relocation ON DELETE CASCADE, place INTEGER NOT NULL,
    source TEXT NOT NULL, target TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, born INTEGER NOT NULL,
    placedDevice INTEGER NOT NULL, placedInode INTEGER NOT NULL, placedBorn INTEGER NOT NULL, PRIMARY KEY(task, place))
    WITHOUT ROWID;
)";

constexpr const char* kTraffic = R"(
CREATE TABLE traffic(day TEXT PRIMARY KEY, down INTEGER NOT NULL, up INTEGER NOT NULL) WITHOUT ROWID;
)";

constexpr const char* kSteps[] = {kFirst, kRelocation, kTraffic};

} // namespace

std::span<const char* const> migrations() { return kSteps; }

Result<void> migrate(SQLite::Database& db, std::span<const char* const> steps)
{
    const int present = db.execAndGet("PRAGMA user_version").getInt();
    if (present >= int(steps.size()))
        return {};
    try {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        db.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
        for (std::size_t i = std::size_t(present); i < steps.size(); ++i)
            db.exec(steps[i]);
        db.exec("PRAGMA user_version = " + std::to_string(steps.size()));
        transaction.commit();
        return {};
    } catch (const SQLite::Exception& thrown) {
        const QString detail = QStringLiteral("from version %1 to %2").arg(present).arg(steps.size());
        Error error = ledgerError(thrown, detail);
        if (error.code == Code::LedgerError)
            error.code = Code::LedgerMigration;
        return failure(error);
    }
}

Error ledgerError(const SQLite::Exception& thrown, const QString& detail)
{
    Code code = Code::LedgerError;
    switch (thrown.getErrorCode() & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT: code = Code::LedgerDamaged; break;
    case SQLITE_FULL: code = Code::LedgerFull; break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL: code = Code::LedgerIo; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: code = Code::LedgerLocked; break;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY: code = Code::LedgerPermission; break;
    case SQLITE_NOMEM: code = Code::OutOfMemory; break;
    default: break;
    }
    return Error{code, detail + QStringLiteral(": ") + QString::fromUtf8(thrown.what()), thrown.getErrorCode(), {}};
}

bool mayPass(Code code) { return code != Code::LedgerError; }

} // namespace weir
