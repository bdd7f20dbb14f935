#pragma once
// EXT-X-KEY: which key opens the segments that follow. Several keys may be in force at once, one per KEYFORMAT; they are
// alternatives. Pure; owned by the reader of one playlist.

#include "hls/m3u8_text.h"
#include "hls/stream_model.h"

namespace weir {

class M3u8Keys {
public:
    Result<void> read(const Attributes& tag, const QUrl& base);

    /// The one that can be used; null: in the clear, or not to be opened.
    const std::shared_ptr<const SegmentKey>& usable() const { return usable_; }
    /// Systems that could open what nothing else opens; empty if there is a usable key or none is needed.
    const QStringList& drm() const { return drm_; }
    /// A method that is neither DRM nor known, if that is all there is.
    const QByteArray& unknownMethod() const { return unknownMethod_; }

private:
    struct InForce {
        QByteArray format, method;
        std::shared_ptr<const SegmentKey> key; ///< null: `system` or an unknown method
        QString system;
    };
    void decide();

    QList<InForce> inForce_;
    QHash<QByteArray, std::shared_ptr<const SegmentKey>> seen_; ///< equal keys are shared
    std::shared_ptr<const SegmentKey> usable_;
    QStringList drm_;
    QByteArray unknownMethod_;
};

} // namespace weir
