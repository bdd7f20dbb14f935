#include "hls/cenc.h"

#include "hls/decrypt.h"
#include "hls/stream_text.h"
#include "media/mp4_boxes.h"

#include <QUuid>

#include <algorithm>
#include <functional>
#include <optional>

namespace weir {

namespace {

constexpr qsizetype kVideoEntry = 78, kAudioEntry = 28; ///< fields of a sample entry in front of its boxes
constexpr quint32 kMostSamples = 1 << 20;
constexpr char kCommonSystem[] = "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b"; ///< stands for no system in particular

tl::unexpected<Error> damaged(const char* what) { return failure(Code::SegmentDamaged, QString::fromLatin1(what)); }
tl::unexpected<Error> unsupported(const QString& what) { return failure(Code::EncryptionUnsupported, what); }

/// Places of a box in the whole segment.
struct Place {
    qsizetype begin = 0, body = 0, end = 0;
};

/// The boxes one after the other in a stretch; the walk ends at the first that makes no sense.
template <class Use> Result<void> eachBox(const QByteArray& bytes, qsizetype at, qsizetype end, Use use)
{
    while (end - at >= 8) {
        const auto size = mp4BoxSize(QByteArrayView(bytes).sliced(at, std::min<qsizetype>(end - at, 16)));
        const qint64 whole = size && size->whole == 0 ? end - at : size ? size->whole : 0;
        if (whole < 8 || whole > end - at)
            return damaged("a box does not fit into the one around it");
        const Place place{at, at + qsizetype(size->header), at + qsizetype(whole)};
        if (auto ok = use(bytes.sliced(at + 4, 4), place); !ok)
            return ok;
        at = place.end;
    }
    return {};
}

template <class T> T numberAt(const QByteArray& bytes, qsizetype at, qsizetype end)
{
    return bigEndian<T>(QByteArrayView(bytes).first(std::min(end, bytes.size())), at);
}

void rename(QByteArray& bytes, const Place& place, QByteArrayView name)
{
    std::copy_n(name.data(), 4, bytes.begin() + place.begin + 4);
}

Result<void> readEncryption(const QByteArray& init, const Place& place, CencInit::Entry& entry)
{
    const auto byte = [&](qsizetype i) { return numberAt<quint8>(init, place.body + i, place.end); };
    const int version = byte(0);
    entry.crypt = version > 0 ? byte(5) >> 4 : 0;
    entry.skip = version > 0 ? byte(5) & 0xf : 0;
    entry.isProtected = byte(6) != 0;
    entry.ivSize = byte(7);
    if (place.end - place.body < 24 || (entry.ivSize != 0 && entry.ivSize != 8 && entry.ivSize != 16))
        return damaged("tenc makes no sense");
    if (entry.isProtected && entry.ivSize == 0) {
        const qsizetype size = byte(24);
        if ((size != 8 && size != 16) || place.end - place.body < 25 + size)
            return damaged("tenc has no IV");
        entry.constantIv = init.sliced(place.body + 25, size).leftJustified(kAesBlock, '\0');
    }
    return {};
}

/// sinf: what the samples are behind their protection. It becomes free space.
Result<QByteArray> openProtection(QByteArray& init, const Place& sinf, CencInit::Entry& entry)
{
    QByteArray original, scheme;
    std::optional<Place> tenc;
    auto read = eachBox(init, sinf.body, sinf.end, [&](const QByteArray& type, const Place& place) -> Result<void> {
        if (type == "frma" && place.end - place.body >= 4)
            original = init.sliced(place.body, 4);
        else if (type == "schm" && place.end - place.body >= 8)
            scheme = init.sliced(place.body + 4, 4);
        else if (type == "schi")
            return eachBox(init, place.body, place.end, [&](const QByteArray& inner, const Place& at) -> Result<void> {
                if (inner == "tenc")
                    tenc = at;
                return {};
            });
        return {};
    });
    if (!read)
        return failure(read.error());
    if (scheme != "cbcs")
        return unsupported(QStringLiteral("Common Encryption, scheme ") + QString::fromLatin1(scheme));
    if (!tenc || original.isEmpty())
        return damaged("sinf lacks tenc or frma");
    if (auto ok = readEncryption(init, *tenc, entry); !ok)
        return failure(ok.error());
    rename(init, sinf, "free");
    return original;
}

Result<void> openEntries(QByteArray& init, const Place& stsd, quint32 track, CencInit& found)
{
    quint32 index = 0;
    return eachBox(init, stsd.body + 8, stsd.end, [&](const QByteArray& type, const Place& place) -> Result<void> {
        CencInit::Entry entry{.track = track, .index = ++index};
        const qsizetype fields = type == "encv" ? kVideoEntry : type == "enca" ? kAudioEntry : -1;
        if (fields < 0 || place.end - place.body < fields) {
            found.entries.push_back(entry);
            return {};
        }
        QByteArray original;
        auto ok = eachBox(init, place.body + fields, place.end, [&](const QByteArray& inner, const Place& at) -> Result<void> {
            if (inner != "sinf" || !original.isEmpty())
                return {};
            auto opened = openProtection(init, at, entry);
            if (!opened)
                return failure(opened.error());
            original = *opened;
            return {};
        });
        if (!ok)
            return ok;
        if (original.isEmpty())
            return damaged("a protected track without sinf");
        rename(init, place, original);
        found.entries.push_back(entry);
        return {};
    });
}

Result<void> openTrack(QByteArray& init, const Place& trak, CencInit& found)
{
    quint32 id = 0;
    const std::function<Result<void>(const Place&)> walk = [&](const Place& around) {
        return eachBox(init, around.body, around.end, [&](const QByteArray& type, const Place& place) -> Result<void> {
            if (type == "tkhd") {
                const bool large = numberAt<quint8>(init, place.body, place.end) == 1;
                id = numberAt<quint32>(init, place.body + (large ? 20 : 12), place.end);
            } else if (type == "stsd") {
                return openEntries(init, place, id, found);
            } else if (type == "mdia" || type == "minf" || type == "stbl") {
                return walk(place);
            }
            return {};
        });
    };
    return walk(trak);
}

struct Subsample {
    quint16 clear = 0;
    quint32 protectedBytes = 0;
};
struct Sample {
    quint32 size = 0;
    QByteArray iv;
    std::vector<Subsample> parts; ///< empty: the whole is protected
};

/// One traf: which samples it has, where, and how they are protected.
class TrackFragment {
public:
    TrackFragment(QByteArray& segment, const Place& moof, const CencInit& init)
        : segment_(segment),
          moof_(moof),
          init_(init),
          base_(moof.begin)
    {}

    Result<void> read(const Place& traf)
    {
        auto boxes = eachBox(segment_, traf.body, traf.end, [this](const QByteArray& type, const Place& place) -> Result<void> {
            if (type == "tfhd")
                return readHeader(place);
            if (type == "trun")
                return readRun(place);
            if (type == "senc") {
                protection_ = place;
            } else if (type == "sgpd" && segment_.mid(place.body + 4, 4) == "seig") {
                return unsupported(QStringLiteral("keys that change inside of a track"));
            }
            if (type == "senc" || type == "saiz" || type == "saio")
                rename(segment_, place, "free");
            return {};
        });
        if (!boxes || !entry_ || !entry_->isProtected)
            return boxes;
        return readProtection();
    }

    Result<void> decrypt(BlockDecryptor& blocks, QByteArrayView fallbackIv)
    {
        if (!entry_ || !entry_->isProtected)
            return {};
        std::size_t next = 0;
        for (const Run& run : runs_) {
            qint64 at = run.offset;
            for (quint32 i = 0; i < run.samples; ++i, ++next) {
                const Sample& sample = samples_[next];
                if (at < 0 || at > segment_.size() || sample.size > segment_.size() - at)
                    return damaged("a sample lies outside of the segment");
                const QByteArrayView iv = !sample.iv.isEmpty() ? QByteArrayView(sample.iv)
                    : !entry_->constantIv.isEmpty()            ? QByteArrayView(entry_->constantIv)
                                                               : fallbackIv;
                if (auto ok = decryptSample(segment_.data() + at, sample, blocks, iv); !ok)
                    return ok;
                at += sample.size;
            }
        }
        return {};
    }

private:
    struct Run {
        qint64 offset = 0;
        quint32 samples = 0;
    };

    Result<void> readHeader(const Place& place)
    {
        const quint32 flags = numberAt<quint32>(segment_, place.body, place.end) & 0xffffff;
        const quint32 track = numberAt<quint32>(segment_, place.body + 4, place.end);
        qsizetype at = place.body + 8;
        if (flags & 0x1) {
            // From the beginning of a file that is not here; fragments that stand alone mean their own moof.
            base_ = moof_.begin;
            at += 8;
        }
        quint32 index = 1;
        if (flags & 0x2) {
            index = numberAt<quint32>(segment_, at, place.end);
            at += 4;
        }
        at += flags & 0x8 ? 4 : 0;
        defaultSize_ = flags & 0x10 ? numberAt<quint32>(segment_, at, place.end) : 0;
        const auto entry = std::find_if(init_.entries.begin(), init_.entries.end(),
            [&](const CencInit::Entry& each) { return each.track == track && each.index == index; });
        if (entry != init_.entries.end())
            entry_ = &*entry;
        return {};
    }

    Result<void> readRun(const Place& place)
    {
        const quint32 flags = numberAt<quint32>(segment_, place.body, place.end) & 0xffffff;
        const quint32 count = numberAt<quint32>(segment_, place.body + 4, place.end);
        qsizetype at = place.body + 8;
        Run run{.offset = runEnd_ ? *runEnd_ : base_, .samples = count};
        if (flags & 0x1) {
            run.offset = base_ + numberAt<qint32>(segment_, at, place.end);
            at += 4;
        }
        at += flags & 0x4 ? 4 : 0;
        const qsizetype each =
            (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0) + (flags & 0x400 ? 4 : 0) + (flags & 0x800 ? 4 : 0);
        if (count > kMostSamples || samples_.size() + count > kMostSamples || qint64(each) * count > place.end - at)
            return damaged("trun has more samples than room");
        qint64 end = run.offset;
        for (quint32 i = 0; i < count; ++i, at += each) {
            const quint32 size =
                flags & 0x200 ? numberAt<quint32>(segment_, at + (flags & 0x100 ? 4 : 0), place.end) : defaultSize_;
            samples_.push_back({size, {}, {}});
            end += size;
        }
        runEnd_ = end;
        runs_.push_back(run);
        return {};
    }

    Result<void> readProtection()
    {
        if (!protection_) // with one IV for all, and no clear parts, nothing needs to be said
            return entry_->ivSize == 0 ? Result<void>() : damaged("a fragment without senc");
        const Place& place = *protection_;
        const bool parts = numberAt<quint32>(segment_, place.body, place.end) & 0x2;
        const quint32 count = numberAt<quint32>(segment_, place.body + 4, place.end);
        if (count > samples_.size())
            return damaged("senc has other samples than trun");
        qsizetype at = place.body + 8;
        for (quint32 i = 0; i < count; ++i) {
            Sample& sample = samples_[i];
            if (entry_->ivSize > place.end - at)
                return damaged("senc is cut off");
            if (entry_->ivSize > 0)
                sample.iv = segment_.sliced(at, entry_->ivSize).leftJustified(kAesBlock, '\0');
            at += entry_->ivSize;
            if (!parts)
                continue;
            const int many = numberAt<quint16>(segment_, at, place.end);
            at += 2;
            if (qsizetype(many) * 6 > place.end - at)
                return damaged("senc is cut off");
            for (int part = 0; part < many; ++part, at += 6)
                sample.parts.push_back(
                    {numberAt<quint16>(segment_, at, place.end), numberAt<quint32>(segment_, at + 2, place.end)});
        }
        return {};
    }

    Result<void> decryptSample(char* data, const Sample& sample, BlockDecryptor& blocks, QByteArrayView iv) const
    {
        if (sample.parts.empty())
            return decryptStretch(data, sample.size, blocks, iv);
        qint64 left = sample.size;
        for (const Subsample& part : sample.parts) {
            if (qint64(part.clear) + part.protectedBytes > left)
                return damaged("the parts of a sample are larger than it is");
            if (auto ok = decryptStretch(data + part.clear, part.protectedBytes, blocks, iv); !ok)
                return ok;
            data += part.clear + qint64(part.protectedBytes);
            left -= part.clear + qint64(part.protectedBytes);
        }
        return {};
    }

    /// The chain begins anew in each stretch, and what is less than a block at its end is in the clear.
    Result<void> decryptStretch(char* data, qint64 size, BlockDecryptor& blocks, QByteArrayView iv) const
    {
        if (auto ok = blocks.begin(iv); !ok)
            return ok;
        const qint64 whole = size / kAesBlock, step = entry_->crypt + entry_->skip;
        const qint64 crypt = entry_->skip == 0 || entry_->crypt == 0 ? whole : entry_->crypt;
        for (qint64 block = 0; block < whole; block += crypt == whole ? whole : step) {
            const qint64 many = std::min(crypt, whole - block);
            if (auto ok = blocks.decrypt(data + block * kAesBlock, many * kAesBlock); !ok)
                return ok;
        }
        return {};
    }

    QByteArray& segment_;
    const Place moof_;
    const CencInit& init_;
    const CencInit::Entry* entry_ = nullptr;
    qint64 base_ = 0;
    std::optional<qint64> runEnd_;
    quint32 defaultSize_ = 0;
    std::vector<Run> runs_;
    std::vector<Sample> samples_;
    std::optional<Place> protection_;
};

} // namespace

Result<CencInit> openCencInit(QByteArray& init)
{
    CencInit found;
    auto read = eachBox(init, 0, init.size(), [&](const QByteArray& top, const Place& moov) -> Result<void> {
        if (top != "moov")
            return {};
        return eachBox(init, moov.body, moov.end, [&](const QByteArray& type, const Place& place) -> Result<void> {
            if (type == "trak")
                return openTrack(init, place, found);
            if (type != "pssh" || place.end - place.body < 20)
                return {};
            const QString system =
                QUuid::fromRfc4122(QByteArrayView(init).sliced(place.body + 4, 16)).toString(QUuid::WithoutBraces);
            if (system != QLatin1String(kCommonSystem))
                found.systems.append(drmSystemName(system));
            rename(init, place, "free");
            return {};
        });
    });
    if (!read)
        return failure(read.error());
    return found;
}

Result<void> decryptCbcs(QByteArray& segment, const CencInit& init, QByteArrayView key, QByteArrayView iv)
{
    auto blocks = BlockDecryptor::open(key);
    if (!blocks)
        return failure(blocks.error());
    segment.detach();
    return eachBox(segment, 0, segment.size(), [&](const QByteArray& top, const Place& moof) -> Result<void> {
        if (top != "moof")
            return {};
        return eachBox(segment, moof.body, moof.end, [&](const QByteArray& type, const Place& place) -> Result<void> {
            if (type != "traf")
                return {};
            TrackFragment fragment(segment, moof, init);
            if (auto ok = fragment.read(place); !ok)
                return ok;
            return fragment.decrypt(*blocks, iv);
        });
    });
}

} // namespace weir
