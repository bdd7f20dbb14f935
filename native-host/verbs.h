#pragma once
// The verbs of weir itself, by noun; each makes what a Cli owns.

#include "cli.h"

namespace weir {

std::unique_ptr<Verbs> getVerbs(Cli& cli);
std::unique_ptr<Verbs> listVerbs(Cli& cli);
std::unique_ptr<Verbs> historyVerbs(Cli& cli);
std::unique_ptr<Verbs> taskVerbs(Cli& cli);
std::unique_ptr<Verbs> choiceVerbs(Cli& cli);
std::unique_ptr<Verbs> configVerbs(Cli& cli);
std::unique_ptr<Verbs> pluginVerbs(Cli& cli);
std::unique_ptr<Verbs> daemonVerbs(Cli& cli);
std::unique_ptr<Verbs> browserVerbs(Cli& cli);
std::unique_ptr<Verbs> privacyVerbs(Cli& cli);
std::unique_ptr<Verbs> explainVerbs(Cli& cli);

/// In the order of the help.
inline constexpr Cli::VerbMaker kOwnVerbs[] = {getVerbs, listVerbs, taskVerbs, choiceVerbs, historyVerbs, configVerbs,
    pluginVerbs, daemonVerbs, browserVerbs, privacyVerbs, explainVerbs};

} // namespace weir
