#include "hls/mpd_xml.h"

#include "hls/m3u8_text.h"
#include "hls/stream_text.h"

#include <algorithm>

namespace weir::mpd {

namespace {

constexpr qsizetype kMaxText = 4096;
constexpr qint64 kMaxTime = qint64(1) << 60;
constexpr double kMaxSeconds = 1e11;

} // namespace

void Xml::fail(Code code, const QString& reason)
{
    if (error_)
        return;
    error_ = Error{code, atLine(url_, reader_.lineNumber(), reason), 0, {}};
    reader_.raiseError(reason);
}

bool Xml::nextChild()
{
    while (!reader_.atEnd()) {
        switch (reader_.readNext()) {
        case QXmlStreamReader::StartElement:
            if (reader_.qualifiedName().size() > 1000)
                fail(Code::BadPlaylist, QStringLiteral("an element's name is too long"));
            return !error_;
        case QXmlStreamReader::EndElement: return false;
        case QXmlStreamReader::DTD: fail(Code::BadPlaylist, QStringLiteral("a document type is not accepted")); break;
        case QXmlStreamReader::EntityReference: fail(Code::BadPlaylist, QStringLiteral("entities are not accepted")); break;
        default: break;
        }
    }
    return false;
}

QString Xml::text(const char* name) const { return reader_.attributes().value(QLatin1String(name)).trimmed().toString(); }

std::optional<qint64> Xml::number(const char* name)
{
    if (!reader_.attributes().hasAttribute(QLatin1String(name)))
        return std::nullopt;
    const auto value = parseNumber(text(name).toLatin1());
    if (!value || *value > kMaxTime)
        fail(Code::BadPlaylist, QStringLiteral("%1 is not a usable number").arg(QLatin1String(name)));
    return value;
}

std::optional<double> Xml::seconds(const char* name)
{
    if (!reader_.attributes().hasAttribute(QLatin1String(name)))
        return std::nullopt;
    const auto value = parseIsoDuration(text(name).toLatin1());
    if (!value || *value > kMaxSeconds)
        fail(Code::BadPlaylist, QStringLiteral("%1 is not a duration").arg(QLatin1String(name)));
    return value;
}

std::optional<double> Xml::decimal(const char* name)
{
    const QString value = text(name);
    if (value.isEmpty())
        return std::nullopt;
    return value.compare(u"INF", Qt::CaseInsensitive) == 0 ? std::optional(kMaxSeconds) : parseDecimal(value.toLatin1());
}

/// "0-719": both ends belong to it.
std::optional<ByteRange> Xml::range(const char* name)
{
    const QString value = text(name);
    if (value.isEmpty())
        return std::nullopt;
    const QByteArray bytes = value.toLatin1();
    const qsizetype dash = bytes.indexOf('-');
    const auto first = parseNumber(QByteArrayView(bytes).first(std::max<qsizetype>(dash, 0)));
    const bool open = dash == bytes.size() - 1;
    const auto last = open ? std::optional<qint64>(-2) : parseNumber(QByteArrayView(bytes).sliced(dash + 1));
    if (!first || !last || *first > kMaxTime || *last > kMaxTime || (!open && *last < *first)) {
        fail(Code::BadPlaylist, QStringLiteral("%1 is not a byte range").arg(QLatin1String(name)));
        return std::nullopt;
    }
    return ByteRange{*first, open ? -1 : *last + 1};
}

std::optional<std::chrono::system_clock::time_point> Xml::date(const char* name)
{
    if (!reader_.attributes().hasAttribute(QLatin1String(name)))
        return std::nullopt;
    const auto value = parseDateTime(text(name).toLatin1());
    if (!value)
        fail(Code::BadPlaylist, QStringLiteral("%1 is not a date").arg(QLatin1String(name)));
    return value;
}

QString Xml::link() const
{
    return reader_.attributes().value(QLatin1String("http://www.w3.org/1999/xlink"), QLatin1String("href")).toString();
}

QString Xml::readText()
{
    QString text;
    while (!reader_.atEnd()) {
        const auto token = reader_.readNext();
        if (token == QXmlStreamReader::Characters && text.size() < kMaxText)
            text += reader_.text();
        else if (token == QXmlStreamReader::StartElement)
            reader_.skipCurrentElement();
        else if (token == QXmlStreamReader::EndElement)
            break;
        else if (token == QXmlStreamReader::EntityReference)
            fail(Code::BadPlaylist, QStringLiteral("entities are not accepted"));
    }
    return text.left(kMaxText).trimmed();
}

void Xml::finish()
{
    while (!error_ && !reader_.atEnd())
        reader_.readNext();
}

std::optional<Error> Xml::error() const
{
    if (error_ || !reader_.hasError())
        return error_;
    return Error{Code::BadPlaylist, atLine(url_, line(), reader_.errorString()), 0, {}};
}

} // namespace weir::mpd
