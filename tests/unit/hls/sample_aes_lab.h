#pragma once
// Encrypts as a packager for HLS does with METHOD=SAMPLE-AES, for tests: written from Apple's description of the format and
// sharing nothing with the code that decrypts.

#include <QByteArray>

namespace weir::lab {

/// A transport stream of H.264 and AAC, AC-3 or E-AC-3 whose samples are encrypted.
QByteArray sampleAesTs(const QByteArray& plain, const QByteArray& key, const QByteArray& iv);
/// Frames of AAC (ADTS), AC-3 or E-AC-3 one after the other.
QByteArray sampleAesFrames(const QByteArray& plain, const QByteArray& key, const QByteArray& iv);

} // namespace weir::lab
