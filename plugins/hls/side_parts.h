#pragma once
// What segments need besides their own bytes: keys and init segments. Each is fetched once, and kept while a segment that is
// coming needs it. The capture owns it and calls it on its thread; it borrows the capture's fetches.

#include "hls/resource_fetches.h"

#include <functional>

namespace weir {

/// What opens an AES-128 or SAMPLE-AES segment.
struct Opening {
    QByteArray key, iv;
};

class SideParts {
public:
    explicit SideParts(ResourceFetches& fetches) : fetches_(fetches) {}

    /// Asks for what is not there yet.
    void want(const Segment& segment);
    /// Everything of it has come, or failed for good.
    bool has(const Segment& segment);
    /// True: it was one of these.
    bool take(ResourceFetches::Fetched& fetched);
    /// Drops the oldest ones beyond a few, but none that a segment needs.
    void forget(const std::function<bool(const std::function<bool(const Segment&)>&)>& anySegment);

    /// Of a segment that has() one.
    const Result<QByteArray>& init(const Segment& segment) { return *part(*segment.init, kMostInit).bytes; }
    /// Errors: KeyUnavailable, KeyDamaged.
    Result<Opening> opening(const SegmentKey& key, qint64 number);
    /// AES-128 over the whole of `bytes`. Errors: those of opening(), DecryptFailed.
    Result<void> decryptWhole(QByteArray& bytes, const SegmentKey& key, qint64 number);

private:
    static constexpr qint64 kMostInit = 16 << 20;
    static constexpr qint64 kMostKey = 4096;

    struct Part {
        Resource resource;
        quint64 fetch = 0;
        std::optional<Result<QByteArray>> bytes;
    };
    Part& part(const Resource& resource, qint64 most);
    Part& keyPart(const SegmentKey& key) { return part({{key.url}, {}}, kMostKey); }

    ResourceFetches& fetches_;
    std::list<Part> parts_;
};

} // namespace weir
