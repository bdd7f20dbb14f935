#pragma once
// Counts the frames of AAC, MPEG audio, AC-3 and Opus as streams carry them, by their own headers: the second way of counting,
// beside libavformat's. Pure but for its state; any one thread.

#include <QByteArray>

namespace weir {

enum class AudioFrames : quint8 {
    Adts,
    Mpeg,
    Ac3,
    Eac3, ///< a frame is one syncframe; those that depend on another are not counted
    Loas, ///< AAC in LATM (ISO 14496-3)
    Opus, ///< access units of transport streams
};

/// Length of the frame that begins with `header` (at least kAudioHeader bytes); 0: none begins there.
int audioFrameSize(AudioFrames kind, QByteArrayView header);
inline constexpr qsizetype kAudioHeader = 7;

class AudioFrameCounter {
public:
    explicit AudioFrameCounter(AudioFrames kind) : kind_(kind) {}
    /// Bytes as they come; a frame may be cut anywhere.
    void add(QByteArrayView bytes);
    /// What comes next does not go on with what came before.
    void restart();
    /// Of which all bytes came.
    qint64 frames() const { return frames_; }

private:
    const AudioFrames kind_;
    QByteArray header_;
    void begin(QByteArrayView header, qsizetype size);

    qsizetype left_ = 0; ///< of the present frame
    bool counts_ = true; ///< the present frame
    qint64 frames_ = 0;
};

} // namespace weir
