// Opening: nothing is written to a file before it is known to be ours, whole, and not newer than we are.

#include "ledger/query.h"
#include "ledger/schema.h"

#include <QFile>
#include <QFileInfo>
#include <QtEndian>

#include <sqlite3.h>

namespace weir {
namespace {

// Larger ones take too long at every start after a crash.
constexpr qint64 kMostChecked = 50 << 20;
constexpr int kBusyMs = 2000;
constexpr qsizetype kHeaderBytes = 100;

tl::unexpected<Error> fileFailure(const QFile& file)
{
    return failure(
        file.error() == QFileDevice::PermissionsError || QFileInfo(file).exists() ? Code::LedgerPermission : Code::LedgerIo,
        QStringLiteral("open %1: %2").arg(file.fileName(), file.errorString()));
}

// Looks at SQLite's header (https://sqlite.org/fileformat.html) without SQLite, which would begin to recover a stranger's
// database.
Result<void> judgeHeader(const QByteArray& header, qint64 size, bool settled, const QString& path)
{
    const auto number = [&](int at) { return qFromBigEndian<quint32>(header.constData() + at); };
    if (header.size() < kHeaderBytes || header.count('\0') == header.size())
        return failure(Code::LedgerDamaged, path);
    if (!header.startsWith(QByteArrayView("SQLite format 3\0", 16)))
        return failure(Code::LedgerNotOurs, path);
    if (number(68) != quint32(kApplicationId))
        return failure(Code::LedgerNotOurs, path);
    if (number(60) > quint32(Store::kSchema))
        return failure(
            Code::LedgerNewer, QStringLiteral("%1 has version %2, known is %3").arg(path).arg(number(60)).arg(Store::kSchema));
    const qint64 pageSize = number(16) >> 16 == 1 ? 65536 : number(16) >> 16;
    const bool countKnown = number(24) == number(92);
    if (settled && countKnown && pageSize * number(28) > size)
        return failure(Code::LedgerDamaged, QStringLiteral("%1 was cut off").arg(path));
    return {};
}

// Creates it with a mode that keeps others out from its first moment, or looks at what is there.
Result<void> prepareFile(const QString& path)
{
    QFile file(path);
    if (!file.exists()) {
        if (!file.open(QIODevice::NewOnly | QIODevice::ReadWrite, QFileDevice::ReadOwner | QFileDevice::WriteOwner))
            return fileFailure(file);
        return {};
    }
    if (!QFileInfo(path).isFile())
        return failure(Code::LedgerNotOurs, path);
    if (!file.open(QIODevice::ReadOnly))
        return fileFailure(file);
    const bool journal = QFileInfo(path + QStringLiteral("-journal")).size() > 0;
    const bool log = QFileInfo(path + QStringLiteral("-wal")).size() > 0;
    if (file.size() > 0 && !journal)
        if (auto ok = judgeHeader(file.read(kHeaderBytes), file.size(), !log, path); !ok)
            return ok;
    if (!QFileInfo(path).isWritable())
        return failure(Code::LedgerPermission, QStringLiteral("write ") + path);
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    return {};
}

// What the log holds counts too, so SQLite is asked again what the header said.
Result<void> judge(SQLite::Database& db, const QString& path)
{
    const int tables = db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
    if (tables > 0 && db.execAndGet("PRAGMA application_id").getInt() != kApplicationId)
        return failure(Code::LedgerNotOurs, path);
    if (const int version = db.execAndGet("PRAGMA user_version").getInt(); version > Store::kSchema)
        return failure(
            Code::LedgerNewer, QStringLiteral("%1 has version %2, known is %3").arg(path).arg(version).arg(Store::kSchema));
    return {};
}

void keepLogOnClose(SQLite::Database& db, bool keep)
{
    sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

void configure(SQLite::Database& db)
{
    if (db.execAndGet("PRAGMA journal_mode = WAL").getString() != "wal")
        throw SQLite::Exception("this file system has no room for a write-ahead log", SQLITE_IOERR);
    db.exec("PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1;"
            "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;");
    // A log that grew in a storm is cut to this when it is used again.
    (void)db.execAndGet("PRAGMA journal_size_limit = 1048576");
}

} // namespace

Store::Database::Database(const std::string& path)
    : connection(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | SQLite::OPEN_NOFOLLOW, kBusyMs)
{}

Result<std::unique_ptr<Store>> Store::open(const QString& path)
{
    if (auto ok = prepareFile(path); !ok)
        return failure(ok.error());
    const bool unclean =
        QFileInfo(path + QStringLiteral("-wal")).size() > 0 || QFileInfo(path + QStringLiteral("-journal")).size() > 0;
    try {
        auto database = std::make_unique<Database>(QFileInfo(path).canonicalFilePath().toStdString());
        SQLite::Database& db = database->connection;
        keepLogOnClose(db, true);
        // Alone: a second daemon with another runtime folder would otherwise run the same tasks.
        (void)db.execAndGet("PRAGMA locking_mode = EXCLUSIVE");
        if (auto ok = judge(db, path); !ok)
            return failure(ok.error());
        std::unique_ptr<Store> store(new Store(std::move(database)));
        if (unclean && QFileInfo(path).size() < kMostChecked)
            if (auto ok = store->check(); !ok)
                return failure(ok.error());
        if (auto ok = migrate(db, migrations()); !ok)
            return failure(ok.error());
        configure(db);
        keepLogOnClose(db, false);
        return store;
    } catch (const SQLite::Exception& thrown) {
        return failure(ledgerError(thrown, QStringLiteral("open ") + path));
    }
}

Result<void> Store::check()
{
    try {
        SQLite::Statement found(db_->connection, "PRAGMA quick_check(1)");
        const std::string answer = found.executeStep() ? found.getColumn(0).getString() : "no answer";
        if (answer == "ok")
            return {};
        return failure(Code::LedgerDamaged, QString::fromStdString(answer));
    } catch (const SQLite::Exception& thrown) {
        return failure(ledgerError(thrown, QStringLiteral("check")));
    }
}

} // namespace weir
