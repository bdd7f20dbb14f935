// weir: started by a person it is the command line, started by a browser (an origin argument) it would be the bridge.

#include "cli.h"
#include "verbs.h"

#include <clocale>
#include <csignal>
#include <cstring>

#include <unistd.h>

namespace {

constexpr weir::Cli::VerbMaker kVerbs[] = {weir::getVerbs, weir::listVerbs, weir::taskVerbs, weir::choiceVerbs,
    weir::historyVerbs, weir::configVerbs, weir::pluginVerbs, weir::daemonVerbs, weir::explainVerbs};

/// Chromium names the extension's origin; Firefox the manifest's path and the extension's id.
bool startedByBrowser(int argc, char** argv)
{
    if (argc < 2)
        return false;
    if (std::strncmp(argv[1], "chrome-extension://", 19) == 0 || std::strncmp(argv[1], "moz-extension://", 16) == 0)
        return true;
    const std::size_t length = std::strlen(argv[1]);
    return argc >= 3 && argv[1][0] == '/' && length > 5 && std::strcmp(argv[1] + length - 5, ".json") == 0
        && std::strchr(argv[2], '@');
}

} // namespace

int main(int argc, char** argv)
{
    std::setlocale(LC_ALL, "");
    std::signal(SIGPIPE, SIG_IGN);
    weir::DescriptorOutput out(STDOUT_FILENO), err(STDERR_FILENO);
    weir::Cli cli(out, err, kVerbs);
    if (startedByBrowser(argc, argv)) {
        cli.printError({weir::Code::Unsupported, QStringLiteral("the browser bridge is not in this version")});
        return 1;
    }
    return cli.run(argc, argv);
}
