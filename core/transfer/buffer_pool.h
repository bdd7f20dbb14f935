#pragma once
// The memory in which sinks gather small slices before they write: one pool under one budget. Buffers are large while few
// are in use and get smaller as more come. Any thread; the pool outlives its buffers.

#include <QtGlobal>

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace weir {

class BufferPool {
public:
    static constexpr std::array<std::size_t, 4> kSizes{512 << 10, 256 << 10, 64 << 10, 16 << 10};

    /// Goes back to the pool when it dies. Empty: there was no memory left below the budget.
    class Buffer {
    public:
        Buffer() = default;
        Buffer(Buffer&& other) noexcept { swap(other); }
        Buffer& operator=(Buffer&& other) noexcept
        {
            swap(other);
            return *this;
        }
        ~Buffer();
        char* data() const { return data_.get(); }
        std::size_t size() const { return size_; }
        explicit operator bool() const { return size_ > 0; }

    private:
        friend class BufferPool;
        void swap(Buffer& other) noexcept;
        BufferPool* pool_ = nullptr;
        std::unique_ptr<char[]> data_;
        std::size_t size_ = 0;
    };

    explicit BufferPool(qint64 budget = 64 << 20) : budget_(budget) {}

    /// The largest that is fair by now. Never waits.
    Buffer acquire();
    /// True: so many are in use by now that one of `size` takes too much; give it back and acquire again.
    bool tooLarge(std::size_t size) const;
    void setBudget(qint64 bytes); ///< for buffers acquired from now on

    qint64 bytesInUse() const;
    int buffersInUse() const;
    qint64 bytesKept() const; ///< unused ones, kept for the next

private:
    std::size_t fairSize(int users) const;
    void takeBack(std::unique_ptr<char[]> data, std::size_t size);

    mutable std::mutex mutex_;
    qint64 budget_;
    qint64 inUse_ = 0, kept_ = 0;
    int users_ = 0;
    std::array<std::vector<std::unique_ptr<char[]>>, kSizes.size()> free_;
};

} // namespace weir
