#pragma once
// What test servers serve: bytes that depend on nothing but a seed and their offset, so that a file of any size costs no
// memory and every byte of it can be judged alone. Pure; any thread.

#include <QByteArray>

#include <span>

namespace weir::test {

/// The byte of file `seed` at `offset`.
char contentByte(quint64 seed, qint64 offset);
/// The bytes of file `seed` from `offset` on.
void fillContent(quint64 seed, qint64 offset, std::span<char> into);
QByteArray content(quint64 seed, qint64 offset, qint64 size);
/// True if `data` is what file `seed` holds at `offset`.
bool isContent(quint64 seed, qint64 offset, std::span<const char> data);

} // namespace weir::test
