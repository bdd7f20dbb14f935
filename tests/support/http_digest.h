#pragma once
// The hashes that HTTP speaks of: of a user's password, and of a file. Pure; any thread.

#include "support/http_exchange.h"

namespace weir::test {

/// The request brings what the behaviour's `login` demands.
bool loggedIn(const Behaviour& behaviour, const HttpRequest& request);
/// The header of the behaviour's `digest`, which is not None, for the file as it is now.
QPair<QByteArray, QByteArray> digestHeader(const Behaviour& behaviour, quint64 seed, qint64 size);

} // namespace weir::test
