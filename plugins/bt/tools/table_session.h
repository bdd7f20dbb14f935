#pragma once
// A libtorrent session of a verb's own, with what the command line says of it. Single thread.

#include <weir/result.h>

#include <libtorrent/session_params.hpp>

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace weir {

struct TableSession {
    std::vector<std::string> nodes{"dht.libtorrent.org:25401"};
    std::string proxy, ports = "6881-6999";

    /// --node, --ports and --proxy.
    void addOptions(CLI::App& verb);
    /// SwarmProxyUnusable.
    Result<lt::session_params> params(bool table) const;
};

} // namespace weir
