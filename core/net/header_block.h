#pragma once
// The header lines of a reply as libcurl hands them over, one by one: of several replies in a row (informational, redirects,
// authentication) it holds the last. Used on the shard's thread; a plain value. The lines are hostile: size and number are
// capped.

#include <weir/fetch.h>

namespace weir {

class HeaderBlock {
public:
    enum class Line : quint8 { Begin, Field, End, TooLarge };

    /// One line with or without its line break. A status line begins a new block.
    Line add(QByteArrayView line);

    int status() const { return status_; }              ///< 0: no status line was seen
    const Headers& headers() const { return headers_; } ///< without a status line: the lines, under empty names

private:
    static constexpr qsizetype kMaxBytes = 128 << 10;
    static constexpr qsizetype kMaxFields = 1000;

    Headers headers_;
    int status_ = 0;
    qsizetype bytes_ = 0;
};

} // namespace weir
