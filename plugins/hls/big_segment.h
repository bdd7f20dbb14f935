#pragma once
// A segment that is too large for memory, fetched as ranges that come out in their order. The capture task owns it and calls
// it on its thread.

#include "hls/resource_fetches.h"

#include <deque>

namespace weir {

class BigSegment {
public:
    /// `had`: so many of its first bytes are there from an earlier run.
    BigSegment(Resource media, qint64 had);

    /// Keeps some ranges on their way.
    void ask(ResourceFetches& fetches);
    /// True: it was one of these ranges, and is taken.
    bool take(ResourceFetches::Fetched& fetched);
    /// The bytes that come next, if they are here; an error is the end.
    std::optional<Result<QByteArray>> next();
    bool finished() const { return end_ >= 0 && at_ >= end_ && ranges_.empty(); }
    qint64 inMemory() const;

private:
    struct Range {
        quint64 fetch = 0;
        qint64 begin = 0, size = 0;
        std::optional<Result<QByteArray>> bytes;
    };

    const QList<QUrl> urls_;
    qint64 at_ = 0, end_ = -1; ///< of what is to be asked for; -1: the first reply will say
    std::deque<Range> ranges_;
};

} // namespace weir
