#pragma once
// A gzip stream without compression: what a server sends that was asked for "identity" and did not listen. Pure; any thread.

#include <QByteArray>

namespace weir::test {

QByteArray gzip(const QByteArray& data);

} // namespace weir::test
