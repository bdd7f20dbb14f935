#include "hls/side_parts.h"

#include "hls/decrypt.h"

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kKeySize = 16;
constexpr std::size_t kKept = 32;

} // namespace

SideParts::Part& SideParts::part(const Resource& resource, qint64 most)
{
    const auto found = std::find_if(parts_.begin(), parts_.end(), [&](const Part& one) { return one.resource == resource; });
    if (found != parts_.end())
        return *found;
    parts_.push_back({resource, fetches_.want({.resource = resource, .most = most, .urgent = true}), {}});
    return parts_.back();
}

void SideParts::want(const Segment& segment)
{
    if (segment.key)
        keyPart(*segment.key);
    if (segment.init)
        part(*segment.init, kMostInit);
    if (segment.init && segment.initKey)
        keyPart(*segment.initKey);
}

bool SideParts::has(const Segment& segment)
{
    if (segment.key && !keyPart(*segment.key).bytes)
        return false;
    if (segment.init && !part(*segment.init, kMostInit).bytes)
        return false;
    return !(segment.init && segment.initKey && !keyPart(*segment.initKey).bytes);
}

bool SideParts::take(ResourceFetches::Fetched& fetched)
{
    const auto found = std::find_if(parts_.begin(), parts_.end(), [&](const Part& one) { return one.fetch == fetched.id; });
    if (found == parts_.end())
        return false;
    found->bytes = std::move(fetched.bytes);
    return true;
}

void SideParts::forget(const std::function<bool(const std::function<bool(const Segment&)>&)>& anySegment)
{
    while (parts_.size() > kKept) {
        const Part& oldest = parts_.front();
        const auto needs = [&](const Segment& segment) {
            const auto isKey = [&](const auto& key) { return key && oldest.resource.urls.front() == key->url; };
            return (segment.init && *segment.init == oldest.resource) || isKey(segment.key) || isKey(segment.initKey);
        };
        if (!oldest.bytes || anySegment(needs))
            return;
        parts_.pop_front();
    }
}

Result<Opening> SideParts::opening(const SegmentKey& key, qint64 number)
{
    const Result<QByteArray>& fetched = *keyPart(key).bytes;
    if (!fetched)
        return failure(Code::KeyUnavailable, describe(fetched.error()), fetched.error().native);
    if (fetched->size() != kKeySize)
        return failure(Code::KeyDamaged, QStringLiteral("%1 has %2 bytes").arg(key.url.toDisplayString()).arg(fetched->size()));
    return Opening{*fetched, key.iv.isEmpty() ? sequenceIv(number) : key.iv};
}

Result<void> SideParts::decryptWhole(QByteArray& bytes, const SegmentKey& key, qint64 number)
{
    const auto with = opening(key, number);
    return with ? decryptAes128(bytes, with->key, with->iv) : tl::unexpected(with.error());
}

} // namespace weir
