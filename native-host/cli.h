#pragma once
// The command line: CLI11 parses, one verb runs, its error becomes a sentence and an exit status. Verbs live in cli_<noun>.cpp,
// each a Verbs object that the Cli owns; main.cpp names them. Single thread; outputs are borrowed.

#include "rpc_client.h"
#include "task_view.h"
#include "terminal.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <span>

namespace weir {

class Cli;

/// Verbs of one noun: the variables that their options fill.
class Verbs {
public:
    virtual ~Verbs() = default;
};

class Cli {
public:
    using VerbMaker = std::unique_ptr<Verbs> (*)(Cli&);
    Cli(Output& out, Output& err, std::span<const VerbMaker> verbs);

    int run(int argc, const char* const* argv);

    using Body = std::function<Result<int>()>;
    /// A verb below `parent` (the root if null). Without a body it only groups others.
    CLI::App* verb(CLI::App* parent, const char* name, const char* help, Body body = {});
    CLI::App& root() { return app_; }

    /// The daemon; started if it does not run.
    Result<RpcClient*> daemon();
    /// DaemonNotRunning if it does not run.
    Result<RpcClient*> runningDaemon();
    /// After ConnectionLost.
    void forgetDaemon() { client_.reset(); }

    Output& out() { return out_; }
    Output& err() { return err_; }
    bool json() const { return json_; }
    void printJson(const QJsonValue& value);
    void printError(const Error& error);

private:
    Result<int> parseAndRun(int argc, const char* const* argv);
    Result<int> refused(const CLI::ParseError& fault);
    Result<int> unknownVerb(const QString& word, const std::vector<std::string>& arguments);
    CLI::App* deepest();

    Output& out_;
    Output& err_;
    CLI::App app_;
    bool json_ = false;
    Body chosen_;
    std::optional<RpcClient> client_;
    std::vector<std::unique_ptr<Verbs>> verbs_;
};

} // namespace weir
