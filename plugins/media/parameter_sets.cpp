#include "media/parameter_sets.h"

#include <QtEndian>

#include <cstring>

namespace weir {

namespace {

QByteArrayView extradata(const AVCodecParameters& parameters)
{
    return {parameters.extradata, parameters.extradata ? parameters.extradata_size : 0};
}

bool hasSets(const AVCodecParameters& parameters)
{
    return parameters.codec_id == AV_CODEC_ID_H264 || parameters.codec_id == AV_CODEC_ID_HEVC;
}

/// Takes `count` NAL units off `data` and writes them with lengths of four bytes.
bool appendUnits(QByteArray& out, QByteArrayView& data, int count)
{
    for (; count > 0; --count) {
        if (data.size() < 2)
            return false;
        const qsizetype size = qFromBigEndian<quint16>(data.data());
        if (data.size() - 2 < size)
            return false;
        char length[4];
        qToBigEndian(quint32(size), length);
        out.append(length, 4).append(data.data() + 2, size);
        data = data.sliced(2 + size);
    }
    return true;
}

QByteArray setsOfAvcC(QByteArrayView data)
{
    if (data.size() < 7 || (data[4] & 3) != 3)
        return {};
    QByteArray out;
    const int sequenceSets = data[5] & 0x1f;
    data = data.sliced(6);
    if (!appendUnits(out, data, sequenceSets) || data.isEmpty())
        return {};
    const int pictureSets = quint8(data[0]);
    data = data.sliced(1);
    return appendUnits(out, data, pictureSets) ? out : QByteArray();
}

QByteArray setsOfHvcC(QByteArrayView data)
{
    if (data.size() < 23 || (data[21] & 3) != 3)
        return {};
    QByteArray out;
    int arrays = quint8(data[22]);
    for (data = data.sliced(23); arrays > 0; --arrays) {
        if (data.size() < 3)
            return {};
        const int units = qFromBigEndian<quint16>(data.data() + 1);
        data = data.sliced(3);
        if (!appendUnits(out, data, units))
            return {};
    }
    return out;
}

} // namespace

bool hasLengths(const AVCodecParameters& parameters)
{
    return hasSets(parameters) && parameters.extradata_size > 0 && parameters.extradata[0] == 1;
}

bool goesOn(const AVCodecParameters& opened, const AVCodecParameters& now)
{
    if (opened.codec_id != now.codec_id)
        return false;
    if (opened.codec_type == AVMEDIA_TYPE_AUDIO)
        return opened.sample_rate == now.sample_rate && opened.ch_layout.nb_channels == now.ch_layout.nb_channels;
    return hasLengths(opened) == hasLengths(now);
}

QByteArray inBandSets(const AVCodecParameters& parameters)
{
    if (!hasLengths(parameters))
        return {};
    return parameters.codec_id == AV_CODEC_ID_H264 ? setsOfAvcC(extradata(parameters)) : setsOfHvcC(extradata(parameters));
}

bool putInFront(AVPacket& packet, const QByteArray& sets)
{
    const int size = packet.size;
    if (av_grow_packet(&packet, int(sets.size())) < 0)
        return false;
    std::memmove(packet.data + sets.size(), packet.data, std::size_t(size));
    std::memcpy(packet.data, sets.constData(), std::size_t(sets.size()));
    return true;
}

} // namespace weir
