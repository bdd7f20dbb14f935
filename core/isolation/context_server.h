#pragma once
// Answers in the daemon what a task in a worker asks of its context. What it is told is not trusted. One thread at a time: the
// task's, later perhaps one that waits for the end of its sharing. Borrows the context.

#include "isolation/messages.h"

namespace weir {

class ContextServer {
public:
    /// `endSharing` is given to TaskContext::detach().
    ContextServer(TaskContext& context, std::function<void()> endSharing)
        : context_(context),
          endSharing_(std::move(endSharing))
    {}

    struct Answer {
        QCborMap reply;
        int descriptor = -1; ///< to be passed along; stays ours
    };
    /// Nothing: nobody waits for an answer. PluginAnswerBad: a message that no worker of ours sends.
    Result<std::optional<Answer>> handle(const QCborMap& message);

    /// What run() returned, once it has.
    const std::optional<Result<void>>& ended() const { return ended_; }
    bool detached() const { return detached_; } ///< it goes on without its thread
    /// What leave() was told.
    const std::optional<Result<void>>& left() const { return left_; }

private:
    using Handler = std::optional<Answer> (ContextServer::*)(const QCborMap&);
    struct Call {
        const char* name;
        Handler handler;
    };
    static const Call kCalls[];

    std::optional<Answer> describe(const QCborMap& message);
    std::optional<Answer> open(const QCborMap& message);
    std::optional<Answer> complete(const QCborMap& message);
    std::optional<Answer> belongsToOther(const QCborMap& message);
    std::optional<Answer> describedBy(const QCborMap& message);
    std::optional<Answer> handOver(const QCborMap& message);
    std::optional<Answer> takeConnection(const QCborMap& message);
    std::optional<Answer> truncate(const QCborMap& message);
    std::optional<Answer> releaseConnection(const QCborMap& message);
    std::optional<Answer> busy(const QCborMap& message);
    std::optional<Answer> multiplexes(const QCborMap& message);
    std::optional<Answer> save(const QCborMap& message);
    std::optional<Answer> report(const QCborMap& message);
    std::optional<Answer> verified(const QCborMap& message);
    std::optional<Answer> gaps(const QCborMap& message);
    std::optional<Answer> log(const QCborMap& message);
    std::optional<Answer> wrote(const QCborMap& message);
    std::optional<Answer> forgot(const QCborMap& message);
    std::optional<Answer> charged(const QCborMap& message);
    std::optional<Answer> detach(const QCborMap& message);
    std::optional<Answer> leave(const QCborMap& message);
    std::optional<Answer> end(const QCborMap& message);

    OutputFile* fileIn(const QCborMap& message) const;

    TaskContext& context_;
    const std::function<void()> endSharing_;
    std::vector<OutputFile*> files_; ///< by the numbers that the worker knows them by; empty again after complete()
    std::optional<Error> fault_;     ///< what the worker wrote can't be counted
    int connections_ = 0;            ///< that it took
    std::optional<Result<void>> ended_, left_;
    bool detached_ = false;
};

} // namespace weir
