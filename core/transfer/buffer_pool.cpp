#include "transfer/buffer_pool.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// Fresh memory costs a page fault per 4 KiB, so some is kept; not so much that an idle daemon would be a large one.
constexpr qint64 kMostKept = 4 << 20;
// Up to so many users each size is good; more of them fall out of the processor's cache anyway.
constexpr std::array<int, BufferPool::kSizes.size()> kMostUsers{4, 64, 256, 1 << 30};

std::size_t sizeClass(std::size_t size)
{
    return std::size_t(std::find(BufferPool::kSizes.begin(), BufferPool::kSizes.end(), size) - BufferPool::kSizes.begin());
}

} // namespace

BufferPool::Buffer::~Buffer()
{
    if (pool_)
        pool_->takeBack(std::move(data_), size_);
}

void BufferPool::Buffer::swap(Buffer& other) noexcept
{
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
}

std::size_t BufferPool::fairSize(int users) const
{
    for (std::size_t i = 0; i < kSizes.size(); ++i)
        if (users <= kMostUsers[i] && qint64(kSizes[i]) * users <= budget_ / 2)
            return kSizes[i];
    return kSizes.back();
}

BufferPool::Buffer BufferPool::acquire()
{
    Buffer buffer;
    const std::lock_guard lock(mutex_);
    for (std::size_t i = sizeClass(fairSize(users_ + 1)); i < kSizes.size(); ++i) {
        const qint64 size = qint64(kSizes[i]);
        if (inUse_ + size > budget_)
            continue;
        if (free_[i].empty()) {
            buffer.data_.reset(new char[kSizes[i]]);
        } else {
            buffer.data_ = std::move(free_[i].back());
            free_[i].pop_back();
            kept_ -= size;
        }
        buffer.pool_ = this;
        buffer.size_ = kSizes[i];
        inUse_ += size;
        ++users_;
        break;
    }
    return buffer;
}

bool BufferPool::tooLarge(std::size_t size) const
{
    const std::lock_guard lock(mutex_);
    return size > fairSize(users_);
}

void BufferPool::setBudget(qint64 bytes)
{
    const std::lock_guard lock(mutex_);
    budget_ = bytes;
}

qint64 BufferPool::bytesInUse() const
{
    const std::lock_guard lock(mutex_);
    return inUse_;
}

int BufferPool::buffersInUse() const
{
    const std::lock_guard lock(mutex_);
    return users_;
}

qint64 BufferPool::bytesKept() const
{
    const std::lock_guard lock(mutex_);
    return kept_;
}

void BufferPool::takeBack(std::unique_ptr<char[]> data, std::size_t size)
{
    const std::lock_guard lock(mutex_);
    inUse_ -= qint64(size);
    --users_;
    if (kept_ + qint64(size) > kMostKept || inUse_ + kept_ + qint64(size) > budget_)
        return;
    kept_ += qint64(size);
    free_[sizeClass(size)].push_back(std::move(data));
}

} // namespace weir
