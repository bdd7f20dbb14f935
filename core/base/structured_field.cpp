#include "base/structured_field.h"

#include <algorithm>

namespace weir {

namespace {

class Scanner {
public:
    explicit Scanner(QByteArrayView text) : text_(text) {}

    bool atEnd() const { return text_.isEmpty(); }
    bool take(char c)
    {
        if (text_.isEmpty() || text_.front() != c)
            return false;
        text_ = text_.sliced(1);
        return true;
    }
    template <class Wanted> QByteArrayView takeWhile(Wanted wanted)
    {
        const auto end = std::find_if_not(text_.begin(), text_.end(), wanted);
        const QByteArrayView taken(text_.begin(), end);
        text_ = QByteArrayView(end, text_.end());
        return taken;
    }
    void skipBlanks()
    {
        takeWhile([](char c) { return c == ' ' || c == '\t'; });
    }

    std::optional<QByteArray> key()
    {
        if (atEnd() || !(isLower(text_.front()) || text_.front() == '*'))
            return std::nullopt;
        return takeWhile([](char c) {
            return isLower(c) || isDigit(c) || c == '_' || c == '-' || c == '.' || c == '*';
        }).toByteArray();
    }
    /// True if there is a well-formed item; its bytes if it is a byte sequence.
    bool item(std::optional<QByteArray>& bytes)
    {
        if (take(':')) {
            const QByteArray coded = takeWhile([](char c) { return c != ':'; }).toByteArray();
            const auto decoded = QByteArray::fromBase64Encoding(coded, QByteArray::AbortOnBase64DecodingErrors);
            bytes = *decoded;
            return take(':') && decoded;
        }
        if (take('"'))
            return restOfString();
        if (take('?'))
            return take('0') || take('1');
        return !takeWhile([](char c) { return c > ' ' && c < 0x7f && !QByteArrayView(",;()\"").contains(c); }).isEmpty();
    }
    bool value(std::optional<QByteArray>& bytes)
    {
        if (!take('('))
            return item(bytes) && parameters();
        std::optional<QByteArray> ignored;
        for (skipBlanks(); !take(')'); skipBlanks())
            if (!item(ignored) || !parameters())
                return false;
        return parameters();
    }
    bool parameters()
    {
        std::optional<QByteArray> ignored;
        while (take(';')) {
            skipBlanks();
            if (!key() || (take('=') && !item(ignored)))
                return false;
        }
        return true;
    }

private:
    static bool isLower(char c) { return c >= 'a' && c <= 'z'; }
    static bool isDigit(char c) { return c >= '0' && c <= '9'; }
    bool restOfString()
    {
        while (!atEnd()) {
            if (take('"'))
                return true;
            if (take('\\') && atEnd())
                return false;
            text_ = text_.sliced(1);
        }
        return false;
    }

    QByteArrayView text_;
};

} // namespace

std::optional<QList<QPair<QByteArray, QByteArray>>> byteSequences(QByteArrayView field)
{
    QList<QPair<QByteArray, QByteArray>> members;
    Scanner in(field.trimmed());
    while (!in.atEnd()) {
        const auto key = in.key();
        std::optional<QByteArray> bytes;
        if (!key || !(in.take('=') ? in.value(bytes) : in.parameters()))
            return std::nullopt;
        // The last of equal keys counts.
        members.removeIf([&](const auto& member) { return member.first == *key; });
        if (bytes)
            members.append({*key, *bytes});
        in.skipBlanks();
        if (in.atEnd())
            break;
        if (!in.take(','))
            return std::nullopt;
        in.skipBlanks();
        if (in.atEnd())
            return std::nullopt;
    }
    return members;
}

} // namespace weir
