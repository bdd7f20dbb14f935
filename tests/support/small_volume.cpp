#include "support/small_volume.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace weir::test {

QString smallVolume(const QString& place, const char* options, bool readOnly)
{
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
        || ::mount("tmpfs", qPrintable(place), "tmpfs", readOnly ? MS_RDONLY : 0, options) != 0)
        return {};
    return place;
}

void unmount(const QString& volume)
{
    if (!volume.isEmpty())
        ::umount2(qPrintable(volume), MNT_DETACH);
}

} // namespace weir::test
