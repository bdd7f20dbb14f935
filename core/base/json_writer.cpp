#include "base/json_writer.h"

#include <QJsonArray>
#include <QJsonObject>

#include <charconv>
#include <cmath>

namespace weir {

namespace {

void appendCodePoint(QByteArray& out, char32_t c)
{
    if (c < 0x800) {
        out.append(char(0xc0 | (c >> 6)));
    } else {
        if (c < 0x10000) {
            out.append(char(0xe0 | (c >> 12)));
        } else {
            out.append(char(0xf0 | (c >> 18)));
            out.append(char(0x80 | ((c >> 12) & 0x3f)));
        }
        out.append(char(0x80 | ((c >> 6) & 0x3f)));
    }
    out.append(char(0x80 | (c & 0x3f)));
}

void appendAscii(QByteArray& out, char c)
{
    switch (c) {
    case '"': out.append("\\\"", 2); return;
    case '\\': out.append("\\\\", 2); return;
    case '\n': out.append("\\n", 2); return;
    case '\r': out.append("\\r", 2); return;
    case '\t': out.append("\\t", 2); return;
    default: break;
    }
    if (uchar(c) < 0x20) {
        static const char digits[] = "0123456789abcdef";
        const char escape[] = {'\\', 'u', '0', '0', digits[uchar(c) >> 4], digits[uchar(c) & 15]};
        out.append(escape, sizeof escape);
    } else {
        out.append(c);
    }
}

bool isPlain(char16_t c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

} // namespace

void JsonWriter::separate()
{
    if (!first_)
        out_.append(',');
    first_ = false;
}

JsonWriter& JsonWriter::open(char bracket)
{
    separate();
    out_.append(bracket);
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket)
{
    out_.append(bracket);
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(QByteArrayView name)
{
    separate();
    out_.append('"').append(name).append("\":", 2);
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::text(QStringView value)
{
    separate();
    out_.append('"');
    char run[256];
    for (qsizetype i = 0; i < value.size();) {
        std::size_t plain = 0;
        while (i < value.size() && plain < sizeof run && isPlain(value[i].unicode()))
            run[plain++] = char(value[i++].unicode());
        out_.append(run, qsizetype(plain));
        if (i == value.size() || plain == sizeof run)
            continue;
        const QChar c = value[i++];
        if (c.unicode() < 0x80)
            appendAscii(out_, char(c.unicode()));
        else if (!c.isSurrogate())
            appendCodePoint(out_, c.unicode());
        else if (c.isHighSurrogate() && i < value.size() && value[i].isLowSurrogate())
            appendCodePoint(out_, QChar::surrogateToUcs4(c, value[i++]));
        else
            appendCodePoint(out_, QChar::ReplacementCharacter); // half a pair: file names may hold such
    }
    out_.append('"');
    return *this;
}

JsonWriter& JsonWriter::ascii(QByteArrayView plain)
{
    separate();
    out_.append('"').append(plain).append('"');
    return *this;
}

JsonWriter& JsonWriter::number(qint64 value)
{
    separate();
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, end - digits);
    return *this;
}

JsonWriter& JsonWriter::number(double value)
{
    if (!std::isfinite(value))
        return null();
    if (std::abs(value) < 9e15 && value == std::floor(value))
        return number(qint64(value));
    separate();
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, end - digits);
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value)
{
    separate();
    out_.append(value ? QByteArrayView("true") : QByteArrayView("false"));
    return *this;
}

JsonWriter& JsonWriter::null()
{
    separate();
    out_.append("null", 4);
    return *this;
}

JsonWriter& JsonWriter::raw(QByteArrayView json)
{
    separate();
    out_.append(json);
    return *this;
}

JsonWriter& JsonWriter::value(const QJsonValue& value)
{
    switch (value.type()) {
    case QJsonValue::Bool: return boolean(value.toBool());
    case QJsonValue::Double: {
        const qint64 integer = value.toInteger(std::numeric_limits<qint64>::min());
        return integer != std::numeric_limits<qint64>::min() ? number(integer) : number(value.toDouble());
    }
    case QJsonValue::String: return text(value.toString());
    case QJsonValue::Array: {
        beginArray();
        const QJsonArray array = value.toArray();
        for (const QJsonValue item : array)
            this->value(item);
        return endArray();
    }
    case QJsonValue::Object: {
        beginObject();
        const QJsonObject object = value.toObject();
        for (auto it = object.begin(); it != object.end(); ++it) {
            text(it.key()); // from a client perhaps, so not to be trusted as key() does
            out_.append(':');
            first_ = true;
            this->value(it.value());
        }
        return endObject();
    }
    default: return null();
    }
}

} // namespace weir
