#pragma once
// The shape of the database and how an older one becomes the present one. Ledger's thread, or the one that opens the store.

#include <weir/result.h>

#include <span>

namespace SQLite {
class Database;
class Exception;
}

namespace weir {

/// "weir" in ASCII: SQLite keeps it in the file's header, so that nobody else's database is ever touched.
constexpr int kApplicationId = 0x77656972;

/// Step n makes version n + 1 of version n. Steps are never changed, only added.
std::span<const char* const> migrations();

/// Runs the steps from user_version on, all in one transaction. LedgerMigration: nothing was changed.
Result<void> migrate(SQLite::Database& db, std::span<const char* const> steps);

/// What the exception means to a user; `detail` says what was being done.
Error ledgerError(const SQLite::Exception& thrown, const QString& detail);
/// True: waiting may help (space, locks, memory, I/O). False: the statement itself is wrong.
bool mayPass(Code code);

} // namespace weir
