// Landlock, Linux's rules that a process makes for itself.

#include "platform/confinement.h"
#include "platform/posix_calls.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace weir {

namespace {

/// Reading and running stay free: they are not among what the rules are asked to handle.
constexpr quint64 kWrites = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE
    | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK
    | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
// Not in the headers of every system that this is built on.
constexpr quint64 kRefer = 1ull << 13, kTruncate = 1ull << 14;

tl::unexpected<Error> unsupported(const char* call)
{
    return failure(Code::Unsupported, QStringLiteral("landlock: %1").arg(QLatin1StringView(call)), errno);
}

} // namespace

Result<void> confineWrites(const QStringList& folders)
{
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return unsupported("version");
    landlock_ruleset_attr rules = {};
    rules.handled_access_fs = kWrites | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0);
    const Descriptor set(int(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0)));
    if (!set)
        return unsupported("rules");
    for (const QString& folder : folders + QStringList{QStringLiteral("/dev")}) {
        const Descriptor below(uninterrupted([&] { return ::open(native(folder).constData(), O_PATH | O_CLOEXEC); }));
        if (!below)
            continue; // what is not there can't be written to
        landlock_path_beneath_attr rule = {};
        rule.allowed_access = folder == u"/dev" ? LANDLOCK_ACCESS_FS_WRITE_FILE : rules.handled_access_fs;
        rule.parent_fd = below.get();
        if (::syscall(SYS_landlock_add_rule, set.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
            return unsupported("rule");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::syscall(SYS_landlock_restrict_self, set.get(), 0) != 0)
        return unsupported("restrict");
    return {};
}

} // namespace weir
