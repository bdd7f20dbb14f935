#pragma once
// What each of the programs here defines once: its verbs. The Cli owns them.

#include <memory>

namespace weir {

class Cli;
class Verbs;

std::unique_ptr<Verbs> toolVerbs(Cli& cli);

} // namespace weir
