// weir: started by a person it is the command line, started by a browser (an origin argument) the bridge to the daemon.

#include "bridge.h"
#include "verbs.h"

#include <clocale>
#include <csignal>

#include <unistd.h>

int main(int argc, char** argv)
{
    std::setlocale(LC_ALL, "");
    std::signal(SIGPIPE, SIG_IGN);
    if (const auto origin = weir::browserOrigin(argc, argv))
        return weir::runBridge(*origin);
    weir::DescriptorOutput out(STDOUT_FILENO), err(STDERR_FILENO);
    return weir::Cli(out, err, weir::kOwnVerbs).run(argc, argv);
}
