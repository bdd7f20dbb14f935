#pragma once
// A file that a metalink names, from all its servers at once, proven by its hashes; where the machine trusts certain keys only,
// signed by one of them and when it is its turn. The task's thread.

#include "metalink/machine_memory.h"
#include "metalink/metalink_state.h"
#include "metalink/release_rules.h"

#include <weir/task.h>

namespace weir {

/// What the document says of the file, in the words of other adapters. Pure.
DescribedFile describedFile(const MetalinkFile& file);
/// What the segmented download of that file is asked for: `spec` of the metalink's own task with the file's addresses and
/// hashes. Cookies and passwords are for the metalink's own host only. Pure.
TaskSpec specOf(const MetalinkFile& file, const TaskSpec& spec);

class MetalinkTask final : public DownloadTask {
public:
    /// Both are the adapter's: a task's own services have no plugin's settings.
    MetalinkTask(const Services& plugin, MachineMemory& memory) : plugin_(plugin), memory_(memory) {}
    Result<void> run(TaskContext& ctx) override;

private:
    struct Reading {
        MetalinkState state;
        MetalinkFile file;
    };
    static Result<Reading> read(TaskContext& ctx, Result<MetalinkState> state, const ReleaseRules& rules);
    Result<Reading> awaitTurn(TaskContext& ctx, const ReleaseRules& rules);
    Result<bool> isDue(const MetalinkFile& file, const QString& product, const ReleaseRules& rules);

    const Services& plugin_;
    MachineMemory& memory_;
};

} // namespace weir
