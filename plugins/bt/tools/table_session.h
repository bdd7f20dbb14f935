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

class Output;

struct TableSession {
    std::vector<std::string> nodes{"dht.libtorrent.org:25401"};
    std::string proxy, ports = "6881-6999";

    /// --node, --ports and --proxy.
    void addOptions(CLI::App& verb);
    /// SwarmProxyUnusable.
    Result<lt::session_params> params(bool table) const;
};

/// To somebody who sits there: strangers are asked now, which may take so many seconds.
void sayPatience(Output& err, double seconds);

} // namespace weir
