#include "hls/m3u8_keys.h"

#include "hls/stream_text.h"

#include <algorithm>
#include <cctype>

namespace weir {

namespace {

constexpr qsizetype kMaxFormats = 32;

tl::unexpected<Error> bad(const char* reason) { return failure(Code::BadPlaylist, QString::fromLatin1(reason)); }

/// "0x" and up to 32 hexadecimal digits as 16 bytes.
Result<QByteArray> parseIv(const QByteArray& text)
{
    const QByteArray digits = text.mid(2);
    const bool hex = text.startsWith("0x") || text.startsWith("0X");
    const bool clean =
        std::all_of(digits.begin(), digits.end(), [](char c) { return std::isxdigit(static_cast<unsigned char>(c)); });
    if (!hex || !clean || digits.isEmpty() || digits.size() > 32)
        return bad("IV is not a 128-bit number");
    return QByteArray::fromHex(digits.rightJustified(32, '0'));
}

} // namespace

Result<void> M3u8Keys::read(const Attributes& tag, const QUrl& base)
{
    const QByteArray method = tag.value("METHOD");
    if (method.isEmpty())
        return bad("EXT-X-KEY without METHOD");
    if (method == "NONE") {
        inForce_.clear();
        decide();
        return {};
    }
    const QByteArray uri = tag.value("URI");
    InForce key{tag.has("KEYFORMAT") ? tag.value("KEYFORMAT") : QByteArray("identity"), method, nullptr, {}};
    if (key.format != "identity")
        key.system = drmSystemName(QString::fromUtf8(key.format));
    else if (uri.startsWith("skd:"))
        key.system = QStringLiteral("FairPlay");
    else if (method == "AES-128" || method == "SAMPLE-AES") {
        const QByteArray written = method + '\n' + uri + '\n' + tag.value("IV");
        key.key = seen_.value(written);
        if (!key.key) {
            SegmentKey made{
                method == "AES-128" ? SegmentKey::Method::Aes128 : SegmentKey::Method::SampleAes, resolvedUrl(base, uri), {}};
            if (uri.isEmpty() || made.url.isEmpty())
                return bad("the key's URI is not an address");
            if (tag.has("IV")) {
                auto iv = parseIv(tag.value("IV"));
                if (!iv)
                    return failure(iv.error());
                made.iv = *iv;
            }
            key.key = std::make_shared<const SegmentKey>(std::move(made));
            seen_.insert(written, key.key);
        }
    }
    const auto same =
        std::find_if(inForce_.begin(), inForce_.end(), [&](const InForce& each) { return each.format == key.format; });
    if (same != inForce_.end())
        *same = std::move(key);
    else if (inForce_.size() < kMaxFormats)
        inForce_.append(std::move(key));
    else
        return bad("too many key formats");
    decide();
    return {};
}

void M3u8Keys::decide()
{
    usable_ = nullptr;
    drm_.clear();
    unknownMethod_.clear();
    for (const InForce& each : std::as_const(inForce_)) {
        if (each.key && !usable_)
            usable_ = each.key;
        else if (!each.system.isEmpty() && !drm_.contains(each.system))
            drm_.append(each.system);
        else if (each.system.isEmpty() && !each.key)
            unknownMethod_ = each.method;
    }
    // A stream whose samples are encrypted for a DRM system stays that system's, whatever else stands beside.
    if (usable_ && usable_->method == SegmentKey::Method::Aes128)
        drm_.clear();
    if (usable_ || !drm_.isEmpty())
        unknownMethod_.clear();
}

} // namespace weir
