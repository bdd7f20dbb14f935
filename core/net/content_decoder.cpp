#include "net/content_decoder.h"

#include <zlib.h>

#include <array>

namespace weir {

namespace {

constexpr int kDetect = 15 + 32; // gzip or zlib, by the header
constexpr int kRaw = -15;        // "deflate" as some servers send it: without the zlib header
constexpr unsigned char kGzipMagic = 0x1f;

bool isZlibOrGzip(std::span<const char> coded)
{
    const auto first = static_cast<unsigned char>(coded[0]);
    return first == kGzipMagic || (first & 0x0f) == Z_DEFLATED;
}

} // namespace

ContentDecoder::ContentDecoder() : stream_(std::make_unique<z_stream_s>()) {}

ContentDecoder::~ContentDecoder()
{
    if (open_)
        inflateEnd(stream_.get());
}

void ContentDecoder::begin(std::span<const char> coded)
{
    const int bits = isZlibOrGzip(coded) ? kDetect : kRaw;
    if (open_)
        inflateReset2(stream_.get(), bits);
    else
        open_ = inflateInit2(stream_.get(), bits) == Z_OK;
    whole_ = false;
}

Result<void> ContentDecoder::decode(std::span<const char> coded, const Taker& taker)
{
    while (!coded.empty()) {
        if (whole_)
            begin(coded); // gzip streams may follow each other (RFC 1952 section 2.2)
        if (!open_)
            return failure(Code::OutOfMemory, QStringLiteral("content coding"));
        if (auto done = inflateAll(coded, taker); !done)
            return done;
        coded = coded.last(stream_->avail_in);
    }
    return {};
}

Result<void> ContentDecoder::inflateAll(std::span<const char> coded, const Taker& taker)
{
    std::array<char, 32 << 10> plain;
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
    stream_->avail_in = uInt(coded.size());
    do {
        stream_->next_out = reinterpret_cast<Bytef*>(plain.data());
        stream_->avail_out = uInt(plain.size());
        const int state = inflate(stream_.get(), Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
            return failure(Code::BadContentEncoding, QString::fromLatin1(stream_->msg ? stream_->msg : "damaged"));
        const std::size_t size = plain.size() - stream_->avail_out;
        if (size > 0)
            if (auto taken = taker({plain.data(), size}); !taken)
                return taken;
        whole_ = state == Z_STREAM_END;
    } while (!whole_ && stream_->avail_out == 0);
    return {};
}

} // namespace weir
