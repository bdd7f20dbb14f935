#pragma once
// Completion scripts, printed from the definitions of the verbs and the settings. Pure; single thread.

#include <QString>

namespace CLI {
class App;
}

namespace weir {

QString bashCompletion(const CLI::App& root);
QString zshCompletion(const CLI::App& root);
QString fishCompletion(const CLI::App& root);

} // namespace weir
