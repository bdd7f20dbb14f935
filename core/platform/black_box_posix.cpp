#include "platform/black_box.h"
#include "platform/posix_calls.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace weir {
namespace {

constexpr int kSlots = 1023;
constexpr std::size_t kNameBytes = 48;
constexpr quint64 kMagic = 0x31786f4262726957; // "WirbBox1"
constexpr qint64 kFree = 0, kTaken = -1;

struct Slot {
    std::atomic<qint64> task;
    char plugin[kNameBytes];
    char unused[8];
};
static_assert(sizeof(Slot) == 64 && std::atomic<qint64>::is_always_lock_free);

// Another one after each start of the machine.
QByteArray bootId()
{
    QFile file(QStringLiteral("/proc/sys/kernel/random/boot_id"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().left(40) : QByteArray();
}

} // namespace

struct BlackBox::Layout {
    quint64 magic;
    std::atomic<quint32> alive; ///< 1 from open() to markClean()
    char boot[44];
    char unused[8];
    Slot slots[kSlots];
};

Result<std::unique_ptr<BlackBox>> BlackBox::open(const QString& path)
{
    static_assert(sizeof(Layout) == 64 * (kSlots + 1));
    Descriptor fd(
        uninterrupted([&] { return ::open(native(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }));
    if (!fd)
        return diskFailure("open", path, errno);
    struct stat info = {};
    if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return diskFailure("open", path, errno);
    // Really allocated: a page that can't be written later would be a SIGBUS.
    const int full = ::posix_fallocate(fd.get(), 0, sizeof(Layout));
    if (full != 0)
        return diskFailure("make room in", path, full);
    void* memory = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED)
        return diskFailure("map", path, errno);

    auto* layout = static_cast<Layout*>(memory);
    std::unique_ptr<BlackBox> box(new BlackBox(layout));
    const QByteArray boot = bootId();
    const bool known = info.st_size >= qint64(sizeof(Layout)) && layout->magic == kMagic;
    box->endedCleanly_ = !known || layout->alive.load() != 1;
    if (!box->endedCleanly_ && boot == QByteArray(layout->boot, qsizetype(::strnlen(layout->boot, sizeof layout->boot))))
        for (const Slot& slot : layout->slots)
            if (const qint64 task = slot.task.load(); task > 0)
                box->lastLife_.push_back({task, QByteArray(slot.plugin, qsizetype(::strnlen(slot.plugin, kNameBytes)))});

    std::memset(memory, 0, sizeof(Layout));
    std::memcpy(layout->boot, boot.constData(), std::size_t(boot.size()));
    layout->alive.store(1);
    layout->magic = kMagic;
    return box;
}

BlackBox::~BlackBox() { ::munmap(layout_, sizeof(Layout)); }

int BlackBox::enter(qint64 task, QByteArrayView plugin)
{
    // Begins at the task's own place, so that threads seldom meet.
    const int first = int(quint64(task) % kSlots);
    for (int i = 0; i < kSlots; ++i) {
        const int index = (first + i) % kSlots;
        Slot& slot = layout_->slots[index];
        qint64 expected = kFree;
        if (slot.task.load(std::memory_order_relaxed) != kFree
            || !slot.task.compare_exchange_strong(expected, kTaken, std::memory_order_relaxed))
            continue;
        const std::size_t size = std::min(std::size_t(plugin.size()), kNameBytes);
        std::memset(slot.plugin, 0, kNameBytes);
        std::memcpy(slot.plugin, plugin.data(), size);
        slot.task.store(task, std::memory_order_release);
        return index;
    }
    return -1;
}

void BlackBox::leave(int slot)
{
    if (slot >= 0)
        layout_->slots[slot].task.store(kFree, std::memory_order_release);
}

void BlackBox::markClean()
{
    for (Slot& slot : layout_->slots)
        slot.task.store(kFree, std::memory_order_relaxed);
    layout_->alive.store(0, std::memory_order_release);
}

} // namespace weir
