#pragma once
// One use of a cached statement: binds by position, reads by position, and lets go of it at the end. Only for the store's own
// files; as long-lived as one call of the Store.

#include "ledger/store.h"

#include <QJsonDocument>

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <unordered_map>

namespace weir {

struct Store::Database {
    explicit Database(const std::string& path);
    SQLite::Database connection;
    /// By the address of the literal, which is cheaper than its text and as good.
    std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements;
    std::function<int()> failCommit;
    bool secretsErased = false;
};

class Query {
public:
    template <class... Values>
    Query(Store::Database& db, const char* sql, const Values&... values) : db_(db),
                                                                           statement_(cached(db, sql))
    {
        (bind(values), ...);
    }
    ~Query()
    {
        statement_.tryReset();
        try {
            statement_.clearBindings(); // what was bound may be secret
        } catch (const SQLite::Exception&) {
            // SQLite's own function has no way to fail.
        }
    }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    bool next() { return statement_.executeStep(); }
    int run() { return statement_.exec(); } ///< rows changed

    qint64 integer() { return statement_.getColumn(column_++).getInt64(); }
    QString text()
    {
        const auto value = statement_.getColumn(column_++);
        return QString::fromUtf8(value.getText(), value.getBytes());
    }
    QByteArray bytes()
    {
        const auto value = statement_.getColumn(column_++);
        const void* data = value.getBlob();
        return QByteArray(static_cast<const char*>(data), value.getBytes());
    }
    QJsonObject object() { return QJsonDocument::fromJson(bytes()).object(); }
    void row() { column_ = 0; } ///< before the columns of the next row

private:
    static SQLite::Statement& cached(Store::Database& db, const char* sql)
    {
        auto& statement = db.statements[sql];
        if (!statement)
            statement = std::make_unique<SQLite::Statement>(db.connection, sql);
        return *statement;
    }
    template <std::integral Number> void bind(Number value) { statement_.bind(++bound_, int64_t(value)); }
    void bind(const QString& value) { bindText(value.toUtf8()); }
    void bind(const QByteArray& value) { statement_.bind(++bound_, value.constData(), int(value.size())); }
    void bind(const QJsonObject& value) { bindText(QJsonDocument(value).toJson(QJsonDocument::Compact)); }
    void bindText(const QByteArray& utf8)
    {
        statement_.bind(++bound_, std::string(utf8.constData(), std::size_t(utf8.size())));
    }

    Store::Database& db_;
    SQLite::Statement& statement_;
    int bound_ = 0, column_ = 0;
};

} // namespace weir
