#pragma once
// As much of RFC 8941 as digests need: a dictionary, of which only members that are byte sequences are kept. Pure; any thread.

#include <QByteArray>
#include <QList>
#include <QPair>

#include <optional>

namespace weir {

/// Key and bytes in the order of the field; nullopt: the field is malformed and must be ignored as a whole.
std::optional<QList<QPair<QByteArray, QByteArray>>> byteSequences(QByteArrayView field);

} // namespace weir
