#include "transfer/file_sink.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir {

FileSink::FileSink(OutputFile& file, BufferPool& pool, ByteRange range, Begin begin)
    : file_(file),
      pool_(pool),
      range_(range),
      begin_(std::move(begin)),
      limit_(range.end < 0 ? kNoLimit : range.end),
      position_(range.begin)
{}

Result<void> FileSink::begin(const FetchHead& head) { return begin_ ? begin_(head) : Result<void>{}; }

Result<void> FileSink::bytes(qint64 offset, std::span<const char> data)
{
    const qint64 position = position_.load(std::memory_order_relaxed);
    if (offset != position) {
        failed_ = true;
        return failure(Code::RangeWrong,
            QStringLiteral("%1: byte %2 came where %3 was due").arg(file_.finalPath()).arg(offset).arg(position));
    }
    const qint64 room = std::max<qint64>(limit() - position, 0);
    const bool cut = qint64(data.size()) > room;
    if (auto ok = gather(cut ? data.first(std::size_t(room)) : data); !ok)
        return ok;
    if (cut)
        return failure(Code::Cancelled, QStringLiteral("range was cut"));
    return {};
}

Result<void> FileSink::flush()
{
    if (used_ == 0)
        buffer_ = {};
    return write();
}

Result<void> FileSink::end()
{
    auto written = write();
    buffer_ = {};
    return written;
}

Result<void> FileSink::gather(std::span<const char> data)
{
    while (!data.empty()) {
        if (used_ == 0 && (!buffer_ || pool_.tooLarge(buffer_.size()))) {
            buffer_ = {};
            buffer_ = pool_.acquire();
        }
        const qint64 position = position_.load(std::memory_order_relaxed);
        if (!buffer_) {
            // The budget is used up: as it comes, which costs time but no memory.
            auto ok = file_.write(position, data);
            failed_ = !ok;
            if (ok)
                position_.store(position + qint64(data.size()), std::memory_order_relaxed);
            return ok;
        }
        // A first piece ends at a multiple of the buffer's size, so that all later ones are aligned.
        const std::size_t whole = buffer_.size() - std::size_t((position - qint64(used_)) % qint64(buffer_.size()));
        const std::size_t now = std::min(data.size(), whole - used_);
        std::memcpy(buffer_.data() + used_, data.data(), now);
        used_ += now;
        data = data.subspan(now);
        position_.store(position + qint64(now), std::memory_order_relaxed);
        if (used_ == whole)
            if (auto ok = write(); !ok)
                return ok;
    }
    return {};
}

Result<void> FileSink::write()
{
    const std::size_t used = std::exchange(used_, 0);
    // After a failed write the same bytes would fail again; after a wrong offset what is gathered may belong elsewhere too.
    if (used == 0 || failed_)
        return {};
    auto ok = file_.write(position_.load(std::memory_order_relaxed) - qint64(used), {buffer_.data(), used});
    failed_ = !ok;
    return ok;
}

} // namespace weir
