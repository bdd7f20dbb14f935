#include "bencode.h"

#include <limits>

namespace weir {

namespace {

constexpr qsizetype kMostRemarks = 20;

class Reader {
public:
    Reader(QByteArrayView bytes, const BencodeCaps& caps, BencodeRemarks* remarks)
        : bytes_(bytes),
          caps_(caps),
          remarks_(remarks)
    {}

    Result<BencodeValue> whole()
    {
        if (bytes_.size() > caps_.bytes)
            return failure(
                Code::BencodeBad, QStringLiteral("%1 bytes; at most %2 are read").arg(bytes_.size()).arg(caps_.bytes));
        auto root = value(0);
        if (root && at_ < bytes_.size())
            return bad(at_, QStringLiteral("%1 more bytes after the end").arg(bytes_.size() - at_));
        return root;
    }

private:
    static tl::unexpected<Error> bad(qsizetype at, const QString& what)
    {
        return failure(Code::BencodeBad, QStringLiteral("byte %1: %2").arg(at).arg(what));
    }
    bool ended() const { return at_ >= bytes_.size(); }
    bool digit() const { return !ended() && bytes_[at_] >= '0' && bytes_[at_] <= '9'; }

    Result<BencodeValue> value(int depth)
    {
        if (ended())
            return bad(at_, QStringLiteral("the data ends where a value is due"));
        if (depth > caps_.depth)
            return bad(at_, QStringLiteral("nested more than %1 deep").arg(caps_.depth));
        if (++values_ > caps_.values)
            return bad(at_, QStringLiteral("more than %1 values").arg(caps_.values));
        const qsizetype begin = at_;
        Result<BencodeValue> out;
        switch (bytes_[at_]) {
        case 'i': out = wrap(integer()); break;
        case 'l': out = wrap(list(depth)); break;
        case 'd': out = wrap(dictionary(depth)); break;
        default: out = wrap(text()); break;
        }
        if (out) {
            out->begin = begin;
            out->end = at_;
        }
        return out;
    }

    template <class T> static Result<BencodeValue> wrap(Result<T> value)
    {
        return value ? Result<BencodeValue>(BencodeValue{.is = std::move(*value)}) : failure(std::move(value.error()));
    }

    /// Digits without leading zeros; the caller has looked that there is one.
    Result<quint64> digits()
    {
        const qsizetype begin = at_;
        quint64 number = 0;
        for (; digit(); ++at_) {
            const auto next = quint64(bytes_[at_] - '0');
            if (number > (std::numeric_limits<quint64>::max() - next) / 10)
                return bad(begin, QStringLiteral("the number is too large"));
            number = number * 10 + next;
        }
        if (bytes_[begin] == '0' && at_ - begin > 1)
            return bad(begin, QStringLiteral("a number begins with 0"));
        return number;
    }

    Result<qint64> integer()
    {
        const qsizetype begin = at_++;
        const bool negative = !ended() && bytes_[at_] == '-';
        at_ += negative;
        if (!digit())
            return bad(begin, QStringLiteral("an integer without digits"));
        const auto number = digits();
        if (!number)
            return failure(number.error());
        if (ended() || bytes_[at_] != 'e')
            return bad(at_, QStringLiteral("the integer of byte %1 does not end with e").arg(begin));
        ++at_;
        const quint64 most = quint64(std::numeric_limits<qint64>::max()) + negative;
        if (*number > most)
            return bad(begin, QStringLiteral("the number is too large"));
        if (negative && *number == 0)
            return bad(begin, QStringLiteral("minus zero"));
        return negative ? qint64(~*number + 1) : qint64(*number);
    }

    Result<QByteArrayView> text()
    {
        const qsizetype begin = at_;
        if (!digit())
            return bad(at_, QStringLiteral("no value begins with %1").arg(shown(bytes_[at_])));
        const auto length = digits();
        if (!length)
            return failure(length.error());
        if (ended() || bytes_[at_] != ':')
            return bad(at_, QStringLiteral("a colon is due after the length of a string"));
        ++at_;
        const qsizetype left = bytes_.size() - at_;
        if (*length > quint64(left))
            return bad(begin, QStringLiteral("a string of %1 bytes, but only %2 are left").arg(*length).arg(left));
        const QByteArrayView out = bytes_.sliced(at_, qsizetype(*length));
        at_ += qsizetype(*length);
        return out;
    }

    Result<std::vector<BencodeValue>> list(int depth)
    {
        const qsizetype begin = at_++;
        std::vector<BencodeValue> out;
        while (!ended() && bytes_[at_] != 'e') {
            auto item = value(depth + 1);
            if (!item)
                return failure(item.error());
            out.push_back(std::move(*item));
        }
        if (ended())
            return bad(at_, QStringLiteral("the list of byte %1 has no end").arg(begin));
        ++at_;
        return out;
    }

    Result<std::vector<BencodeEntry>> dictionary(int depth)
    {
        const qsizetype begin = at_++;
        std::vector<BencodeEntry> out;
        while (!ended() && bytes_[at_] != 'e') {
            const qsizetype keyAt = at_;
            const auto key = text();
            if (!key)
                return failure(key.error());
            if (!out.empty() && *key <= out.back().key)
                remark(keyAt, *key == out.back().key ? QStringLiteral("a key twice") : QStringLiteral("keys are not in order"));
            auto item = value(depth + 1);
            if (!item)
                return failure(item.error());
            out.push_back({*key, std::move(*item)});
        }
        if (ended())
            return bad(at_, QStringLiteral("the dictionary of byte %1 has no end").arg(begin));
        ++at_;
        return out;
    }

    void remark(qsizetype at, const QString& what)
    {
        if (remarks_ && remarks_->size() < kMostRemarks)
            remarks_->append(QStringLiteral("byte %1: %2").arg(at).arg(what));
    }

    static QString shown(char byte)
    {
        const auto code = uchar(byte);
        return code > 32 && code < 127 ? QStringLiteral("\"%1\"").arg(QLatin1Char(byte))
                                       : QStringLiteral("0x%1").arg(int(code), 2, 16, QLatin1Char('0'));
    }

    const QByteArrayView bytes_;
    const BencodeCaps& caps_;
    BencodeRemarks* const remarks_;
    qsizetype at_ = 0, values_ = 0;
};

} // namespace

const BencodeValue* BencodeValue::find(QByteArrayView key) const
{
    if (const auto* entries = dictionary()) {
        for (const BencodeEntry& entry : *entries)
            if (entry.key == key)
                return &entry.value;
    }
    return nullptr;
}

qint64 BencodeValue::integerAt(QByteArrayView key, qint64 fallback) const
{
    const BencodeValue* value = find(key);
    return value && value->integer() ? *value->integer() : fallback;
}

QByteArrayView BencodeValue::textAt(QByteArrayView key) const
{
    const BencodeValue* value = find(key);
    return value && value->text() ? *value->text() : QByteArrayView();
}

Result<BencodeValue> readBencode(QByteArrayView bytes, const BencodeCaps& caps, BencodeRemarks* remarks)
{
    return Reader(bytes, caps, remarks).whole();
}

QByteArray bencoded(qint64 value) { return 'i' + QByteArray::number(value) + 'e'; }

QByteArray bencoded(QByteArrayView text) { return QByteArray::number(text.size()) + ':' + text.toByteArray(); }

QByteArray bencodedList(const QList<QByteArray>& values) { return 'l' + values.join() + 'e'; }

QByteArray bencodedDictionary(const std::map<QByteArray, QByteArray>& entries)
{
    QByteArray out("d");
    for (const auto& [key, value] : entries)
        out += bencoded(QByteArrayView(key)) + value;
    return out + 'e';
}

} // namespace weir
