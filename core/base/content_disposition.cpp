#include "base/file_name.h"

#include <QStringDecoder>

#include <algorithm>
#include <optional>

namespace weir {

namespace {

// Longer values are cut: no name needs more, and scanning stays cheap.
constexpr qsizetype kMaxValue = 8192;

int hexValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = char(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// nullopt: a '%' without two hex digits.
std::optional<QByteArray> percentDecoded(QByteArrayView text)
{
    QByteArray out;
    out.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.append(text[i]);
            continue;
        }
        const int high = i + 2 < text.size() ? hexValue(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hexValue(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return std::nullopt;
        out.append(char(high * 16 + low));
        i += 2;
    }
    return out;
}

std::optional<QString> strictUtf8(QByteArrayView bytes)
{
    QStringDecoder decode(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    QString text = decode(bytes);
    return decode.hasError() ? std::nullopt : std::optional(text);
}

/// UTF-8 that was taken for Latin-1 and encoded once more ("Ã¼" for "ü") is a common fault of servers.
QString undoDoubleEncoding(const QString& text)
{
    const bool latin1 = std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() < 0x100; });
    const bool ascii = std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() < 0x80; });
    return latin1 && !ascii ? strictUtf8(text.toLatin1()).value_or(text) : text;
}

/// Bytes of unsaid charset: UTF-8 if they are, else Latin-1, as the header's standard has it.
QString guessedText(QByteArrayView bytes)
{
    if (const auto text = strictUtf8(bytes))
        return undoDoubleEncoding(*text);
    return QString::fromLatin1(bytes);
}

/// A plain parameter: many servers percent-encode it although nobody told them to.
QString plainValue(const QByteArray& bytes)
{
    if (bytes.contains('%'))
        if (const auto decoded = percentDecoded(bytes))
            if (const auto text = strictUtf8(*decoded))
                return *text;
    return guessedText(bytes);
}

/// charset'language'percent-encoded; nullopt: damaged or of an unknown charset.
std::optional<QString> extendedValue(const QByteArray& value)
{
    const qsizetype first = value.indexOf('\''), second = first < 0 ? -1 : value.indexOf('\'', first + 1);
    if (second < 0)
        return std::nullopt;
    const auto bytes = percentDecoded(QByteArrayView(value).sliced(second + 1));
    if (!bytes)
        return std::nullopt;
    const QByteArray charset = value.first(first).trimmed().toLower();
    if (charset == "utf-8" || charset == "utf8")
        return strictUtf8(*bytes);
    if (charset == "iso-8859-1" || charset == "us-ascii")
        return QString::fromLatin1(*bytes);
    return std::nullopt;
}

struct Parameter {
    QByteArray name; ///< lower case
    QByteArray value;
};

/// The text between quotes, from behind the first one to behind the last.
QByteArray takeQuoted(QByteArrayView& in)
{
    QByteArray raw, unescaped;
    qsizetype i = 1;
    for (; i < in.size() && in[i] != '"'; ++i) {
        raw.append(in[i]);
        if (in[i] == '\\' && i + 1 < in.size()) {
            ++i;
            raw.append(in[i]);
        }
        unescaped.append(in[i]);
    }
    in = in.sliced(std::min(i + 1, in.size()));
    // Old servers send a Windows path with bare backslashes: there they separate, not escape.
    const bool windowsPath = raw.startsWith("\\\\") || (raw.size() > 2 && raw[1] == ':' && raw[2] == '\\');
    return windowsPath ? raw : unescaped;
}

std::optional<Parameter> takeParameter(QByteArrayView& in)
{
    while (!in.isEmpty() && (in[0] == ';' || in[0] == ' ' || in[0] == '\t'))
        in = in.sliced(1);
    if (in.isEmpty())
        return std::nullopt;
    const auto end = std::find_if(in.begin(), in.end(), [](char c) { return c == '=' || c == ';'; });
    Parameter parameter{QByteArrayView(in.begin(), end).trimmed().toByteArray().toLower(), {}};
    in = QByteArrayView(end, in.end());
    if (in.isEmpty() || in[0] == ';')
        return parameter;
    in = in.sliced(1);
    while (!in.isEmpty() && (in[0] == ' ' || in[0] == '\t'))
        in = in.sliced(1);
    if (!in.isEmpty() && in[0] == '"')
        parameter.value = takeQuoted(in);
    const auto stop = std::find(in.begin(), in.end(), ';');
    if (parameter.value.isNull())
        parameter.value = QByteArrayView(in.begin(), stop).trimmed().toByteArray();
    in = QByteArrayView(stop, in.end());
    return parameter;
}

QString lastPart(const QString& path)
{
    const auto separator = std::find_if(path.rbegin(), path.rend(), [](QChar c) { return c == u'/' || c == u'\\'; });
    return path.last(separator - path.rbegin());
}

} // namespace

QString nameFromDisposition(QByteArrayView value)
{
    QByteArrayView rest = value.first(std::min(value.size(), kMaxValue));
    std::optional<QString> plain, extended;
    while (const auto parameter = takeParameter(rest)) {
        if (parameter->name == "filename*" && !extended)
            extended = extendedValue(parameter->value);
        else if (parameter->name == "filename" && !plain)
            plain = plainValue(parameter->value);
    }
    const QString name = extended ? lastPart(*extended) : QString();
    return name.isEmpty() ? lastPart(plain.value_or(QString())) : name;
}

QString nameFromUrl(const QUrl& url)
{
    const QByteArray path = url.path(QUrl::FullyEncoded).toUtf8();
    const QByteArray last = path.sliced(path.lastIndexOf('/') + 1);
    return guessedText(percentDecoded(last).value_or(last));
}

} // namespace weir
