#pragma once
// torrent fetch. Its parent verb owns it.

#include <memory>

namespace CLI {
class App;
}

namespace weir {

class Cli;
class Verbs;

std::unique_ptr<Verbs> torrentFetchVerb(Cli& cli, CLI::App& torrent);

} // namespace weir
