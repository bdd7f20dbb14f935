#pragma once
// Where one fetch's bytes meet the file: gathers the small slices that a fetcher brings and writes them in large aligned
// pieces. The task owns it and may look at and move the limit at any time; everything else happens on the fetcher's thread.

#include "transfer/buffer_pool.h"

#include <weir/fetch.h>
#include <weir/output_file.h>

#include <atomic>
#include <limits>

namespace weir {

class FileSink final : public FetchSink {
public:
    using Begin = std::function<Result<void>(const FetchHead&)>;

    /// `file` and `pool` outlive it. `range` may be open at its end. `begin` is asked before the first byte and may refuse.
    FileSink(OutputFile& file, BufferPool& pool, ByteRange range, Begin begin = {});

    Result<void> begin(const FetchHead& head) override;
    /// RangeWrong if `offset` is not where the last bytes ended; Cancelled ("range was cut") at the limit.
    Result<void> bytes(qint64 offset, std::span<const char> data) override;
    /// Gives the buffer back, too, if nothing has come since the last time.
    Result<void> flush() override;
    Result<void> end() override;
    quint64 device() const override { return file_.device(); }

    // Any thread.
    static constexpr qint64 kNoLimit = std::numeric_limits<qint64>::max();
    /// The fetch ends here. Lowering it below position() stops the fetch at its next bytes.
    void setLimit(qint64 end) { limit_.store(end, std::memory_order_relaxed); }
    qint64 limit() const { return limit_.load(std::memory_order_relaxed); }
    qint64 begin() const { return range_.begin; }
    qint64 position() const { return position_.load(std::memory_order_relaxed); } ///< of the next byte to come
    qint64 received() const { return position() - range_.begin; }                 ///< so far, also what is still gathered

private:
    Result<void> gather(std::span<const char> data);
    Result<void> write();

    OutputFile& file_;
    BufferPool& pool_;
    const ByteRange range_;
    const Begin begin_;
    std::atomic<qint64> limit_, position_;
    BufferPool::Buffer buffer_;
    std::size_t used_ = 0;
    bool failed_ = false;
};

} // namespace weir
