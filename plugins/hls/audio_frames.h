#pragma once
// Counts the frames of raw AAC (ADTS), MPEG audio and AC-3 by their own headers: the second way of counting, beside
// libavformat's. Pure but for its state; any one thread.

#include <QByteArray>

namespace weir {

enum class AudioFrames : quint8 {
    Adts,
    Mpeg,
    Ac3,
    Eac3, ///< a frame is one syncframe
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
    qsizetype left_ = 0; ///< of the present frame
    qint64 frames_ = 0;
};

} // namespace weir
