#pragma once
// Help pages, printed from the definitions of the verbs. Pure; single thread.

#include "terminal.h"

namespace CLI {
class App;
}

namespace weir {

/// All verbs, in groups; `others` are programs of their own.
QString mainHelp(const CLI::App& root, const Output& style, const QStringList& others);
/// One verb: how it is written, what its options mean.
QString verbHelp(const CLI::App& verb, const Output& style);
/// "config get": without the program's name.
QString verbPath(const CLI::App& verb);

} // namespace weir
