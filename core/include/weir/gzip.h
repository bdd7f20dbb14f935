#pragma once
// Files that somebody packed with gzip (RFC 1952) and that fit into memory. Pure; any thread.

#include <weir/result.h>

#include <QByteArray>

namespace weir {
inline namespace abi1 {

bool isGzip(QByteArrayView content);
/// What was packed, of all members one after the other. BadContentEncoding: damaged or cut off; FileTooBigForLimit: more than
/// `most` bytes.
Result<QByteArray> gunzip(QByteArrayView packed, qint64 most);

} // namespace abi1
} // namespace weir
