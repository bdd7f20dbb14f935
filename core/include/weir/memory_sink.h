#pragma once
// A small reply as one QByteArray: playlists, checksum files, pieces. The task owns it; read it once the fetch has ended.

#include <weir/fetch.h>

namespace weir {
inline namespace abi1 {

class MemorySink final : public FetchSink {
public:
    explicit MemorySink(qint64 most) : most_(most) {}

    Result<void> begin(const FetchHead& head) override
    {
        const qint64 coming = head.ranged || head.encoded ? 0 : head.totalSize;
        if (coming > most_)
            return tooBig();
        if (coming > 0)
            bytes_.reserve(qsizetype(coming)); // growing by doubling would take up to twice as much
        return {};
    }
    /// RangeWrong where bytes are missing between two calls; FileTooBigForLimit.
    Result<void> bytes(qint64 offset, std::span<const char> data) override
    {
        if (bytes_.isEmpty())
            first_ = offset;
        else if (offset != first_ + bytes_.size())
            return failure(
                Code::RangeWrong, QStringLiteral("byte %1 came where %2 was due").arg(offset).arg(first_ + bytes_.size()));
        if (bytes_.size() + qint64(data.size()) > most_)
            return tooBig();
        bytes_.append(data.data(), qsizetype(data.size()));
        return {};
    }

    const QByteArray& bytes() const { return bytes_; }
    QByteArray take() { return std::exchange(bytes_, {}); }
    qint64 offset() const { return first_; } ///< of the first byte

private:
    Result<void> tooBig() const { return failure(Code::FileTooBigForLimit, QStringLiteral("more than %1 bytes").arg(most_)); }

    const qint64 most_;
    qint64 first_ = 0;
    QByteArray bytes_;
};

} // namespace abi1
} // namespace weir
