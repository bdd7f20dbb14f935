#pragma once
// Bencode (BEP 3). Reading makes a tree of views into the bytes, which must outlive it, and keeps to caps, since the bytes may
// come from anybody; every error names the byte. Writing puts encoded values together. Pure; any thread.

#include <weir/result.h>

#include <QByteArray>

#include <map>
#include <variant>
#include <vector>

namespace weir {

struct BencodeEntry;

struct BencodeValue {
    std::variant<qint64, QByteArrayView, std::vector<BencodeValue>, std::vector<BencodeEntry>> is;
    qsizetype begin = 0, end = 0; ///< where its bytes are

    const qint64* integer() const { return std::get_if<qint64>(&is); }
    const QByteArrayView* text() const { return std::get_if<QByteArrayView>(&is); }
    const std::vector<BencodeValue>* list() const { return std::get_if<std::vector<BencodeValue>>(&is); }
    const std::vector<BencodeEntry>* dictionary() const { return std::get_if<std::vector<BencodeEntry>>(&is); }
    /// The value of a key; nullptr: there is none, or this is no dictionary.
    const BencodeValue* find(QByteArrayView key) const;
    /// The same if it is a number or text; otherwise the fallback.
    qint64 integerAt(QByteArrayView key, qint64 fallback) const;
    QByteArrayView textAt(QByteArrayView key) const;
};

struct BencodeEntry {
    QByteArrayView key;
    BencodeValue value;
};

struct BencodeCaps {
    qsizetype bytes = 64 << 20;
    qsizetype values = 2'000'000;
    int depth = 100;
};

/// What is wrong though it can be read: keys out of order or twice. The first few are told.
using BencodeRemarks = QStringList;

/// BencodeBad tells the byte ("byte 17: ...").
Result<BencodeValue> readBencode(QByteArrayView bytes, const BencodeCaps& caps = {}, BencodeRemarks* remarks = nullptr);

QByteArray bencoded(qint64 value);
QByteArray bencoded(QByteArrayView text);
/// Of values that are encoded already.
QByteArray bencodedList(const QList<QByteArray>& values);
QByteArray bencodedDictionary(const std::map<QByteArray, QByteArray>& entries);

} // namespace weir
