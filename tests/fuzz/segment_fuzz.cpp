// builds with: plugins/media/audio_frames.cpp
// builds with: plugins/hls/cenc.cpp
// builds with: plugins/hls/decrypt.cpp
// builds with: plugins/media/mp4_boxes.cpp
// builds with: plugins/hls/sample_aes.cpp
// builds with: plugins/media/sniff.cpp
// builds with: plugins/hls/stream_text.cpp
// links: OpenSSL::Crypto
// Any bytes as a segment: what it is, and what opens it. Opening never changes a length.

#include "check.h"

#include "hls/cenc.h"
#include "hls/sample_aes.h"
#include "media/sniff.h"

#include <cmath>

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView all(data, qsizetype(size));
    const Sniffed sniffed = sniff(all.first(std::min(all.size(), kSniffBytes)));
    WEIR_CHECK(!sniffed.garbage || (sniffed.packing == Packing::Unknown && !sniffed.what.isEmpty()));
    WEIR_CHECK(id3Size(all) >= 0);
    if (const auto time = id3Timestamp(all))
        WEIR_CHECK(*time >= 0 && *time < 95'444);

    const QByteArray key(16, 'k'), iv(16, 'i');
    QByteArray bytes = all.toByteArray();
    (void)decryptSampleAesTs(bytes, key, iv);
    WEIR_CHECK(bytes.size() == all.size());
    bytes = all.toByteArray();
    (void)decryptSampleAesAudio(bytes, key, iv);
    WEIR_CHECK(bytes.size() == all.size());
    // The first half as the header of the second.
    QByteArray header = all.first(all.size() / 2).toByteArray();
    const auto init = openCencInit(header);
    WEIR_CHECK(header.size() == all.size() / 2);
    if (!init)
        return 0;
    bytes = all.sliced(all.size() / 2).toByteArray();
    const qsizetype length = bytes.size();
    (void)decryptCbcs(bytes, *init, key, iv);
    WEIR_CHECK(bytes.size() == length);
    return 0;
}
