// The main() of a verb that is a program of its own: libexec/weir/weir-VERB. It parses and speaks as weir itself does.

#include "tool_verbs.h"

#include "cli.h"

#include <QCoreApplication>

#include <clocale>
#include <csignal>

#include <unistd.h>

int main(int argc, char** argv)
{
    std::setlocale(LC_ALL, "");
    std::signal(SIGPIPE, SIG_IGN);
    QCoreApplication application(argc, argv);
    weir::DescriptorOutput out(STDOUT_FILENO), err(STDERR_FILENO);
    constexpr weir::Cli::VerbMaker kVerbs[] = {weir::toolVerbs};
    weir::Cli cli(out, err, kVerbs);
    std::vector<const char*> words{"weir", WEIR_VERB};
    words.insert(words.end(), argv + 1, argv + argc);
    return cli.run(int(words.size()), words.data());
}
