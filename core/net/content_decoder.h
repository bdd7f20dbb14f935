#pragma once
// Undoes a gzip or deflate coding (RFC 9110 section 8.4.1) that a server applied although nobody asked for one, and knows
// whether the coded stream came to its own end: a length that cuts it off must not pass for a whole file. One thread.

#include <weir/result.h>

#include <functional>
#include <memory>
#include <span>

struct z_stream_s;

namespace weir {

class ContentDecoder {
public:
    using Taker = std::function<Result<void>(std::span<const char>)>;
    ContentDecoder();
    ~ContentDecoder();

    /// Hands on what `coded` holds, in pieces. Errors: BadContentEncoding, and those of `taker`.
    Result<void> decode(std::span<const char> coded, const Taker& taker);
    /// The last coded stream has ended with its check sum; also true while nothing has come.
    bool whole() const { return whole_; }

private:
    Result<void> inflateAll(std::span<const char> coded, const Taker& taker);
    void begin(std::span<const char> coded);

    std::unique_ptr<z_stream_s> stream_;
    bool open_ = false, whole_ = true;
};

} // namespace weir
