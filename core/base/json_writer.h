#pragma once
// Appends compact UTF-8 JSON to a byte array, in one pass and without a document in between: lists of tasks and deltas are
// written with it. Any thread; the array belongs to the caller. Keys are written as they are: plain ASCII names only.

#include <QByteArray>
#include <QJsonValue>
#include <QStringView>

namespace weir {

class JsonWriter {
public:
    explicit JsonWriter(QByteArray& out) : out_(out) {}

    JsonWriter& beginObject() { return open('{'); }
    JsonWriter& endObject() { return close('}'); }
    JsonWriter& beginArray() { return open('['); }
    JsonWriter& endArray() { return close(']'); }
    JsonWriter& key(QByteArrayView name);
    JsonWriter& text(QStringView value);
    JsonWriter& ascii(QByteArrayView plain); ///< text that needs no escapes: names from tables
    JsonWriter& number(qint64 value);
    JsonWriter& number(double value); ///< null if it is not finite
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    JsonWriter& value(const QJsonValue& value); ///< any, with everything in it
    JsonWriter& raw(QByteArrayView json);       ///< a value that is JSON already

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();

    QByteArray& out_;
    bool first_ = true; ///< no comma before what comes next
};

} // namespace weir
