#include "swf_file.h"

#include <QUrl>
#include <QtEndian>

#include <lzma.h>

namespace {

using namespace weir;

constexpr qsizetype kMostBytes = 64 << 20;
constexpr qsizetype kMostUrls = 10'000;
constexpr qsizetype kHeader = 8; // signature, version, size of the whole when expanded

enum Tag : int { End = 0, DoAction = 12, ImportAssets = 57, DoInitAction = 59, ImportAssets2 = 71, DoAbc = 82 };
enum Action : int { GetUrl = 0x83, ConstantPool = 0x88, Push = 0x96 };

tl::unexpected<Error> damaged(const char* what) { return failure(Code::InputUnreadable, QString::fromLatin1(what)); }

/// Reads on and never beyond the end; after the first attempt to, all it gives is 0 and `bad` is set.
class Reader {
public:
    explicit Reader(QByteArrayView bytes) : bytes_(bytes) {}

    bool bad = false;
    bool atEnd() const { return bad || at_ >= bytes_.size(); }
    QByteArrayView take(qsizetype count)
    {
        if (bad || count < 0 || count > bytes_.size() - at_) {
            bad = true;
            return {};
        }
        at_ += count;
        return bytes_.sliced(at_ - count, count);
    }
    template <typename Number> Number number()
    {
        const QByteArrayView raw = take(sizeof(Number));
        return bad ? Number(0) : qFromLittleEndian<Number>(raw.data());
    }
    /// The 30 bits in groups of seven that ActionScript 3 counts with.
    quint32 variable()
    {
        quint32 value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            const auto byte = number<quint8>();
            value |= quint32(byte & 0x7f) << std::min(shift, 31);
            if (!(byte & 0x80))
                break;
        }
        return value;
    }
    QByteArrayView text()
    {
        const qsizetype end = bytes_.indexOf('\0', at_);
        const QByteArrayView found = take(end < 0 ? -1 : end - at_);
        take(1);
        return found;
    }

private:
    QByteArrayView bytes_;
    qsizetype at_ = 0;
};

class Urls {
public:
    void offer(QByteArrayView text)
    {
        if (found_.size() >= kMostUrls || text.size() > 8000)
            return;
        const QUrl url(QString::fromUtf8(text.toByteArray().trimmed()), QUrl::StrictMode);
        static const QStringList schemes{"http", "https", "ftp", "rtmp", "rtmpe", "rtmpt"};
        const QString address = url.toString(QUrl::FullyEncoded);
        if (url.isValid() && !url.host().isEmpty() && schemes.contains(url.scheme()) && !found_.contains(address))
            found_.append(address);
    }
    QStringList take() { return std::move(found_); }

private:
    QStringList found_;
};

/// ActionScript 1 and 2: the pool of constants, what is pushed, and the oldest instruction for addresses.
void readActions(QByteArrayView code, Urls& urls)
{
    Reader actions(code);
    while (!actions.atEnd()) {
        const int action = actions.number<quint8>();
        if (action < 0x80)
            continue;
        Reader operands(actions.take(actions.number<quint16>()));
        if (action == GetUrl) {
            urls.offer(operands.text());
        } else if (action == ConstantPool) {
            for (int left = operands.number<quint16>(); left > 0 && !operands.atEnd(); --left)
                urls.offer(operands.text());
        } else if (action == Push) {
            while (!operands.atEnd()) {
                static constexpr qsizetype kSizes[] = {0, 4, 0, 0, 1, 1, 8, 4, 1, 2};
                const auto type = operands.number<quint8>();
                if (type == 0)
                    urls.offer(operands.text());
                else
                    operands.take(type < std::size(kSizes) ? kSizes[type] : -1);
            }
        }
    }
}

/// ActionScript 3 (ActionScript Virtual Machine 2 Overview, section 4.3): numbers first, then the strings.
void readAbc(QByteArrayView block, Urls& urls)
{
    Reader abc(block);
    abc.take(4); // flags
    abc.text();  // name
    abc.take(4); // version
    for (int pool = 0; pool < 2; ++pool)
        for (quint32 left = abc.variable(); left > 1 && !abc.atEnd(); --left)
            abc.variable();
    if (const quint32 doubles = abc.variable(); doubles > 1)
        abc.take(qsizetype(doubles - 1) * 8);
    for (quint32 left = abc.variable(); left > 1 && !abc.atEnd(); --left)
        urls.offer(abc.take(qsizetype(abc.variable())));
}

Result<QByteArray> inflateLzma(QByteArrayView body, qsizetype size)
{
    // Size of what follows (4), properties (5), data: the classic header has the expanded size between the last two.
    if (body.size() < 9)
        return damaged("the compressed part is cut off");
    QByteArray packed = body.sliced(4, 5).toByteArray();
    const quint64 expanded = qToLittleEndian(quint64(size));
    packed.append(reinterpret_cast<const char*>(&expanded), sizeof expanded);
    packed.append(body.sliced(9));
    QByteArray out(size, Qt::Uninitialized);
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_alone_decoder(&stream, quint64(kMostBytes) * 2) != LZMA_OK)
        return damaged("LZMA can't be set up");
    stream.next_in = reinterpret_cast<const uint8_t*>(packed.constData());
    stream.avail_in = std::size_t(packed.size());
    stream.next_out = reinterpret_cast<uint8_t*>(out.data());
    stream.avail_out = std::size_t(size);
    const lzma_ret ended = lzma_code(&stream, LZMA_FINISH);
    const bool whole = (ended == LZMA_OK || ended == LZMA_STREAM_END) && stream.avail_out == 0;
    lzma_end(&stream);
    return whole ? Result<QByteArray>(out) : damaged("the compressed part is damaged");
}

Result<QByteArray> inflateZlib(QByteArrayView body, qsizetype size)
{
    QByteArray packed(4, Qt::Uninitialized);
    qToBigEndian(quint32(size), packed.data()); // what qUncompress wants to know first
    packed.append(body);
    QByteArray out = qUncompress(packed);
    return out.size() == size ? Result<QByteArray>(out) : damaged("the compressed part is damaged");
}

} // namespace

Result<QByteArray> expandSwf(const QByteArray& file)
{
    if (file.size() < kHeader || file.mid(1, 2) != "WS" || !QByteArrayView("FCZ").contains(file[0]))
        return damaged("it does not begin like a Flash file");
    const qsizetype size = qsizetype(qFromLittleEndian<quint32>(file.constData() + 4)) - kHeader;
    if (size < 0)
        return damaged("its size makes no sense");
    if (size > kMostBytes)
        return failure(Code::FileTooBigForLimit, QStringLiteral("%1 bytes when expanded").arg(size));
    const QByteArrayView body = QByteArrayView(file).sliced(kHeader);
    const auto expanded = file[0] == 'C' ? inflateZlib(body, size)
        : file[0] == 'Z'                 ? inflateLzma(body, size)
                                         : Result<QByteArray>(body.toByteArray());
    return expanded ? Result<QByteArray>("F" + file.mid(1, kHeader - 1) + *expanded) : expanded;
}

Result<QStringList> urlsInSwf(const QByteArray& expanded)
{
    Reader file(expanded);
    file.take(kHeader);
    // The picture's rectangle: five bits say how wide each of its four numbers is. Then rate and count of frames.
    const int bits = file.number<quint8>() >> 3;
    file.take((5 + 4 * bits + 7) / 8 - 1 + 4);
    Urls urls;
    while (!file.atEnd()) {
        const int head = file.number<quint16>();
        const int tag = head >> 6;
        const qint64 length = (head & 0x3f) == 0x3f ? file.number<quint32>() : head & 0x3f;
        const QByteArrayView body = file.take(length);
        if (tag == End)
            break;
        if (tag == DoAction)
            readActions(body, urls);
        else if (tag == DoInitAction && body.size() > 2)
            readActions(body.sliced(2), urls);
        else if (tag == ImportAssets || tag == ImportAssets2)
            urls.offer(Reader(body).text());
        else if (tag == DoAbc)
            readAbc(body, urls);
    }
    if (file.bad)
        return damaged("a part of it reaches beyond the end");
    return urls.take();
}
