#include "rpc/frame.h"

#include <QtEndian>

namespace weir {

namespace {
constexpr qsizetype kHeader = sizeof(quint32);
constexpr qsizetype kCompactFrom = 64 << 10;
} // namespace

QByteArray frame(QByteArrayView json)
{
    QByteArray out(kHeader + json.size(), Qt::Uninitialized);
    qToLittleEndian(quint32(json.size()), out.data());
    std::copy(json.begin(), json.end(), out.begin() + kHeader);
    return out;
}

Result<std::optional<QByteArray>> FrameReader::next()
{
    const qsizetype here = buffer_.size() - consumed_;
    if (here < kHeader)
        return std::nullopt;
    const auto length = qFromLittleEndian<quint32>(buffer_.constData() + consumed_);
    if (length == 0 || length > maxFrame_)
        return failure(Code::RpcFrameTooBig, QStringLiteral("%1 bytes announced, 1 to %2 allowed").arg(length).arg(maxFrame_));
    const qsizetype whole = kHeader + qsizetype(length);
    if (here < whole) {
        if (consumed_ > 0) {
            buffer_.remove(0, consumed_);
            consumed_ = 0;
        }
        // Growing by doubling would take up to twice the frame. Reserved memory that is never written to costs no page.
        if (whole > kCompactFrom)
            buffer_.reserve(whole);
        return std::nullopt;
    }
    QByteArray message(buffer_.constData() + consumed_ + kHeader, length);
    consumed_ += whole;
    if (consumed_ == buffer_.size()) {
        if (buffer_.capacity() > kCompactFrom)
            buffer_ = {};
        else
            buffer_.resize(0);
        consumed_ = 0;
    } else if (consumed_ > kCompactFrom) {
        buffer_.remove(0, consumed_);
        consumed_ = 0;
    }
    return message;
}

} // namespace weir
