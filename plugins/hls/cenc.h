#pragma once
// Common Encryption of fragmented MP4, scheme cbcs, with one key that is known (ISO/IEC 23001-7): what METHOD=SAMPLE-AES means
// there. The initialization segment is read once and says how the fragments are to be opened. Pure; any thread. Hostile bytes.

#include <weir/result.h>

#include <QByteArray>
#include <QStringList>

#include <vector>

namespace weir {

struct CencInit {
    /// One kind of sample that a track has.
    struct Entry {
        quint32 track = 0;
        quint32 index = 1; ///< of the description, from 1
        bool isProtected = false;
        int ivSize = 0;          ///< of each sample's own; 0: `constantIv`
        QByteArray constantIv;   ///< empty: the playlist's
        int crypt = 0, skip = 0; ///< blocks; both 0: all
    };
    std::vector<Entry> entries;
    QStringList systems; ///< DRM that its header names; empty: none
};

/// Takes the marks of protection off an initialization segment; its length stays. EncryptionUnsupported: another scheme.
Result<CencInit> openCencInit(QByteArray& init);

/// Decrypts the samples of all fragments and takes the marks off; the length stays. KeyDamaged, EncryptionUnsupported,
/// SegmentDamaged.
Result<void> decryptCbcs(QByteArray& segment, const CencInit& init, QByteArrayView key, QByteArrayView iv);

} // namespace weir
