#pragma once
// tracker serve. Its parent verb owns it.

#include <memory>

namespace CLI {
class App;
}

namespace weir {

class Cli;
class Verbs;

std::unique_ptr<Verbs> trackerServeVerb(Cli& cli, CLI::App& tracker);

} // namespace weir
