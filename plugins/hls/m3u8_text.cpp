#include "hls/m3u8_text.h"

#include "hls/stream_text.h"

#include <weir/lines.h>

#include <QUrlQuery>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMaxAttributes = 200;
// Variables may hold others: without a limit each line could double what the last one made.
constexpr qsizetype kMaxSubstituted = 64 << 10;
constexpr qsizetype kMaxVariables = 1000;
constexpr qint64 kMaxOffset = qint64(1) << 60;

tl::unexpected<Error> bad(const char* reason) { return failure(Code::BadPlaylist, QString::fromLatin1(reason)); }
tl::unexpected<Error> bad(const char* reason, QByteArrayView what)
{
    return failure(
        Code::BadPlaylist, QString::fromLatin1(reason) + QString::fromUtf8(what.first(std::min<qsizetype>(what.size(), 200))));
}

} // namespace

M3u8Lines::M3u8Lines(QByteArrayView text) : rest_(text)
{
    if (rest_.startsWith("\xef\xbb\xbf"))
        rest_ = rest_.sliced(3);
}

bool M3u8Lines::next()
{
    while (!rest_.isEmpty()) {
        const QByteArrayView line = takeLine(rest_).trimmed();
        ++number_;
        tag_ = line.startsWith("#EXT");
        if (line.isEmpty() || (line[0] == '#' && !tag_))
            continue;
        if (!tag_) {
            name_ = {};
            value_ = line;
            return true;
        }
        const qsizetype colon = line.indexOf(':');
        name_ = colon < 0 ? line.sliced(1) : line.sliced(1, colon - 1);
        value_ = colon < 0 ? QByteArrayView() : line.sliced(colon + 1);
        return true;
    }
    return false;
}

Result<QByteArray> substituted(QByteArrayView text, const Variables& variables)
{
    qsizetype at = text.indexOf("{$");
    if (at < 0)
        return text.toByteArray();
    QByteArray out;
    qsizetype from = 0;
    for (; at >= 0; at = text.indexOf("{$", from)) {
        const qsizetype end = text.indexOf('}', at);
        if (end < 0)
            break;
        const auto found = variables.constFind(text.sliced(at + 2, end - at - 2).toByteArray());
        if (found == variables.constEnd())
            return bad("nothing defines the variable ", text.sliced(at + 2, end - at - 2));
        out += text.sliced(from, at - from);
        out += *found;
        if (out.size() > kMaxSubstituted)
            return bad("variables make the line too long");
        from = end + 1;
    }
    out += text.sliced(from);
    return out;
}

Result<Attributes> Attributes::parse(QByteArrayView list, const Variables& variables)
{
    Attributes attributes;
    list = list.trimmed();
    while (!list.isEmpty()) {
        const qsizetype equals = list.indexOf('=');
        if (equals < 0)
            return bad("an attribute has no value: ", list);
        const QByteArrayView name = list.first(equals).trimmed();
        list = list.sliced(equals + 1).trimmed();
        QByteArrayView value;
        if (list.startsWith('"')) {
            const qsizetype quote = list.indexOf('"', 1);
            if (quote < 0)
                return bad("a quote is not closed in the attribute ", name);
            value = list.sliced(1, quote - 1);
            list = list.sliced(quote + 1);
            const qsizetype comma = list.indexOf(',');
            list = comma < 0 ? QByteArrayView() : list.sliced(comma);
        } else {
            const qsizetype comma = list.indexOf(',');
            value = (comma < 0 ? list : list.first(comma)).trimmed();
            list = comma < 0 ? QByteArrayView() : list.sliced(comma);
        }
        if (list.startsWith(','))
            list = list.sliced(1).trimmed();
        if (attributes.list_.size() >= kMaxAttributes)
            return bad("too many attributes");
        auto text = substituted(value, variables);
        if (!text)
            return failure(text.error());
        // The first of two with one name counts, as for a map that keeps what it has.
        if (!attributes.has(name))
            attributes.list_.append({name, text->isNull() ? QByteArray("") : *text});
    }
    return attributes;
}

bool Attributes::has(QByteArrayView name) const
{
    return std::any_of(list_.begin(), list_.end(), [&](const auto& each) { return each.first == name; });
}

QByteArray Attributes::value(QByteArrayView name) const
{
    for (const auto& [key, value] : list_)
        if (key == name)
            return value;
    return {};
}

std::optional<qint64> Attributes::number(QByteArrayView name) const { return parseNumber(value(name)); }
std::optional<double> Attributes::decimal(QByteArrayView name) const { return parseDecimal(value(name)); }

Result<void> define(const Attributes& definition, const QUrl& url, const Variables* imported, Variables& variables)
{
    QByteArray name, value;
    if (definition.has("NAME")) {
        name = definition.value("NAME");
        if (!definition.has("VALUE"))
            return bad("no VALUE for the variable ", name);
        value = definition.value("VALUE");
    } else if (definition.has("IMPORT")) {
        name = definition.value("IMPORT");
        if (!imported)
            return bad("a master playlist can't import the variable ", name);
        const auto found = imported->constFind(name);
        if (found == imported->constEnd())
            return bad("the master playlist does not define the variable ", name);
        value = *found;
    } else if (definition.has("QUERYPARAM")) {
        name = definition.value("QUERYPARAM");
        const QUrlQuery query(url);
        if (!query.hasQueryItem(QString::fromUtf8(name)))
            return bad("the playlist's address has no parameter ", name);
        value = query.queryItemValue(QString::fromUtf8(name), QUrl::FullyDecoded).toUtf8();
    }
    if (name.isEmpty())
        return bad("EXT-X-DEFINE without a name");
    if (variables.contains(name))
        return bad("defined twice: the variable ", name);
    if (variables.size() >= kMaxVariables)
        return bad("too many variables");
    variables.insert(name, value);
    return {};
}

Result<PlaylistRange> parsePlaylistRange(QByteArrayView text)
{
    text = text.trimmed();
    const qsizetype at = text.indexOf('@');
    const auto length = parseNumber(at < 0 ? text : text.first(at));
    const auto offset = at < 0 ? std::optional<qint64>(-1) : parseNumber(text.sliced(at + 1));
    if (!length || !offset || *length == 0 || *length > kMaxOffset || *offset > kMaxOffset)
        return bad("not a byte range: ", text);
    return PlaylistRange{*length, *offset};
}

QString atLine(const QUrl& url, qint64 line, const QString& reason)
{
    return QStringLiteral("%1 line %2: %3").arg(url.toDisplayString()).arg(line).arg(reason);
}

} // namespace weir
