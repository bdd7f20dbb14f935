#include "hls/segment_template.h"

#include "hls/stream_text.h"

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kMaxWidth = 40;

tl::unexpected<Error> bad(const char* reason, QByteArrayView what)
{
    return failure(
        Code::BadPlaylist, QString::fromLatin1(reason) + QString::fromUtf8(what.first(std::min<qsizetype>(what.size(), 200))));
}

/// "%05d" is 5; no format at all is 1. nullopt: another format.
std::optional<int> widthOf(QByteArrayView format)
{
    if (format.isEmpty())
        return 1;
    if (format.startsWith("%0") && format.endsWith('d'))
        if (const auto width = format.size() == 3 ? std::optional<qint64>(1) : parseNumber(format.sliced(2, format.size() - 3));
            width && *width <= kMaxWidth)
            return int(*width);
    return format == "%d" ? std::optional(1) : std::nullopt;
}

QByteArray padded(qint64 value, int width) { return QByteArray::number(value).rightJustified(width, '0'); }

} // namespace

Result<SegmentTemplate> SegmentTemplate::parse(QByteArrayView text, QByteArrayView representation, qint64 bandwidth)
{
    SegmentTemplate made;
    Part part;
    while (!text.isEmpty()) {
        const qsizetype begin = text.indexOf('$');
        part.before += begin < 0 ? text : text.first(begin);
        if (begin < 0)
            break;
        const qsizetype end = text.indexOf('$', begin + 1);
        if (end < 0)
            return bad("a $ without its partner in ", text);
        const QByteArrayView inside = text.sliced(begin + 1, end - begin - 1);
        text = text.sliced(end + 1);
        const qsizetype percent = inside.indexOf('%');
        const QByteArrayView name = percent < 0 ? inside : inside.first(percent);
        const auto width = widthOf(percent < 0 ? QByteArrayView() : inside.sliced(percent));
        if (!width)
            return bad("not a format: ", inside);
        if (inside.isEmpty())
            part.before += '$';
        else if (inside == "RepresentationID")
            part.before += representation;
        else if (name == "Bandwidth")
            part.before += padded(bandwidth, *width);
        else if (name == "Number" || name == "Time") {
            part.what = name == "Number" ? What::Number : What::Time;
            part.width = *width;
            made.parts_.push_back(std::exchange(part, {}));
        } else
            return bad("an unknown name between dollar signs: ", inside);
    }
    made.parts_.push_back(std::move(part));
    return made;
}

QByteArray SegmentTemplate::filled(qint64 number, qint64 time) const
{
    QByteArray text;
    for (const Part& part : parts_) {
        text += part.before;
        if (part.what != What::Nothing)
            text += padded(part.what == What::Number ? number : time, part.width);
    }
    return text;
}

bool SegmentTemplate::varies() const
{
    return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.what != What::Nothing; });
}

} // namespace weir
