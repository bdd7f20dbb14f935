#include "base/file_name.h"

#include <QTextBoundaryFinder>

#include <algorithm>
#include <array>

namespace weir {

namespace {

constexpr qsizetype kMaxExtension = 16;
constexpr int kMaxDepth = 64;

struct MimeExtension {
    const char* mime;
    const char* extension;
};
// text/plain is missing on purpose: servers say it of everything they don't know.
constexpr MimeExtension kExtensions[] = {
    {"application/epub+zip", "epub"},
    {"application/gzip", "gz"},
    {"application/java-archive", "jar"},
    {"application/json", "json"},
    {"application/msword", "doc"},
    {"application/pdf", "pdf"},
    {"application/vnd.android.package-archive", "apk"},
    {"application/vnd.debian.binary-package", "deb"},
    {"application/vnd.rar", "rar"},
    {"application/x-7z-compressed", "7z"},
    {"application/x-bittorrent", "torrent"},
    {"application/x-bzip2", "bz2"},
    {"application/x-iso9660-image", "iso"},
    {"application/x-msdownload", "exe"},
    {"application/x-rar-compressed", "rar"},
    {"application/x-tar", "tar"},
    {"application/x-xz", "xz"},
    {"application/xhtml+xml", "html"},
    {"application/xml", "xml"},
    {"application/zip", "zip"},
    {"application/zstd", "zst"},
    {"audio/aac", "aac"},
    {"audio/flac", "flac"},
    {"audio/mp4", "m4a"},
    {"audio/mpeg", "mp3"},
    {"audio/ogg", "ogg"},
    {"audio/opus", "opus"},
    {"audio/wav", "wav"},
    {"audio/webm", "weba"},
    {"audio/x-wav", "wav"},
    {"font/woff2", "woff2"},
    {"image/avif", "avif"},
    {"image/bmp", "bmp"},
    {"image/gif", "gif"},
    {"image/jpeg", "jpg"},
    {"image/png", "png"},
    {"image/svg+xml", "svg"},
    {"image/tiff", "tif"},
    {"image/webp", "webp"},
    {"text/css", "css"},
    {"text/csv", "csv"},
    {"text/html", "html"},
    {"text/javascript", "js"},
    {"text/vtt", "vtt"},
    {"text/xml", "xml"},
    {"video/mp2t", "ts"},
    {"video/mp4", "mp4"},
    {"video/mpeg", "mpg"},
    {"video/ogg", "ogv"},
    {"video/quicktime", "mov"},
    {"video/webm", "webm"},
    {"video/x-flv", "flv"},
    {"video/x-matroska", "mkv"},
    {"video/x-ms-wmv", "wmv"},
    {"video/x-msvideo", "avi"},
};

/// Direction overrides make "exe.pdf" of "fdp.exe"; the others are invisible and only good for look-alikes.
bool isInvisible(char16_t c)
{
    return c == 0x00ad || c == 0x061c || c == 0x180e || (c >= 0x200b && c <= 0x200f && c != 0x200d)
        || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb)
        || c >= 0xfffe;
}

bool isForbidden(char16_t c) { return QStringView(u"/\\<>:\"|?*").contains(QChar(c)); }

/// A megabyte of name must not cost a second; the end is kept for its extension.
QString shortened(const QString& text) { return text.size() <= 4096 ? text : text.first(2048) + text.last(64); }

QString cleaned(const QString& text)
{
    QString out;
    out.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (c.isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            // Tag characters (U+E0000 and up) are invisible text.
            if (QChar::surrogateToUcs4(c, text[i + 1]) >> 12 != 0xe0)
                out.append(c).append(text[i + 1]);
            ++i;
        } else if (c.isSurrogate() || isInvisible(c.unicode())) {
            continue;
        } else if (c.isSpace()) {
            out.append(u' ');
        } else if (c.category() == QChar::Other_Control || isForbidden(c.unicode())) {
            out.append(u'_');
        } else {
            out.append(c);
        }
    }
    return out;
}

bool isDotOrSpace(QChar c) { return c == u'.' || c == u' '; }

QString trimmedDots(QString name)
{
    const auto front = std::find_if_not(name.begin(), name.end(), isDotOrSpace);
    name.remove(0, front - name.begin());
    while (!name.isEmpty() && isDotOrSpace(name.back()))
        name.chop(1);
    return name;
}

qsizetype utf8Size(QStringView text) { return text.toUtf8().size(); }

/// The longest beginning of at most `bytes`, cut where a reader sees a character end; at a code point if one alone is longer.
QString cut(const QString& text, qsizetype bytes)
{
    if (utf8Size(text) <= bytes)
        return text;
    qsizetype fits = 0, used = 0;
    while (fits < text.size()) {
        const qsizetype step = text[fits].isHighSurrogate() ? 2 : 1;
        used += utf8Size(QStringView(text).sliced(fits, std::min(step, text.size() - fits)));
        if (used > bytes)
            break;
        fits += step;
    }
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, text);
    finder.setPosition(fits);
    const qsizetype whole = finder.isAtBoundary() ? fits : finder.toPreviousBoundary();
    return text.first(whole > 0 ? whole : fits);
}

/// Shortens the stem so that all of stem + middle + extension has at most `bytes`.
QString fitted(const QString& name, const QString& middle, qsizetype bytes)
{
    const qsizetype dot = extensionStart(name);
    const QString tail = middle + name.sliced(dot);
    QString stem = name.first(dot);
    if (utf8Size(stem) + utf8Size(tail) > bytes) {
        stem = cut(stem, std::max<qsizetype>(bytes - utf8Size(tail), 1));
        while (stem.size() > 1 && isDotOrSpace(stem.back()))
            stem.chop(1);
    }
    return stem + tail;
}

/// Windows takes these for devices, whatever extension follows.
bool isDeviceName(const QString& name)
{
    const QString stem = name.section(u'.', 0, 0).trimmed().toUpper();
    static constexpr std::array<const char16_t*, 6> kDevices{u"CON", u"PRN", u"AUX", u"NUL", u"CONIN$", u"CONOUT$"};
    if (std::any_of(kDevices.begin(), kDevices.end(), [&](const char16_t* device) { return stem == QStringView(device); }))
        return true;
    return stem.size() == 4 && (stem.startsWith(u"COM") || stem.startsWith(u"LPT"))
        && QStringView(u"0123456789\u00b9\u00b2\u00b3").contains(stem[3]);
}

bool isCompression(QStringView extension)
{
    static constexpr std::array<const char16_t*, 9> kOuter{u"gz", u"bz2", u"xz", u"zst", u"lz", u"lz4", u"lzma", u"z", u"br"};
    return std::any_of(kOuter.begin(), kOuter.end(),
        [&](const char16_t* outer) { return extension.compare(QStringView(outer), Qt::CaseInsensitive) == 0; });
}

} // namespace

qsizetype extensionStart(const QString& name)
{
    const qsizetype dot = name.lastIndexOf(u'.');
    if (dot <= 0 || name.size() - dot - 1 > kMaxExtension || dot == name.size() - 1)
        return name.size();
    const QStringView extension = QStringView(name).sliced(dot + 1);
    const auto plain = [](QChar c) { return c.unicode() < 0x80 && (c.isLetterOrNumber() || c == u'_' || c == u'-'); };
    if (!std::all_of(extension.begin(), extension.end(), plain))
        return name.size();
    if (dot > 4 && isCompression(extension)
        && QStringView(name).first(dot).endsWith(QLatin1StringView(".tar"), Qt::CaseInsensitive))
        return dot - 4;
    return dot;
}

QString extensionForMime(QByteArrayView mime)
{
    const qsizetype semicolon = mime.indexOf(';');
    const QByteArray type = mime.first(semicolon < 0 ? mime.size() : semicolon).trimmed().toByteArray().toLower();
    const auto found = std::find_if(
        std::begin(kExtensions), std::end(kExtensions), [&](const MimeExtension& row) { return type == row.mime; });
    return found == std::end(kExtensions) ? QString() : QString::fromLatin1(found->extension);
}

QString safeName(const QString& suggested, QByteArrayView mime)
{
    QString name = trimmedDots(cleaned(shortened(suggested)));
    if (name.isEmpty())
        name = QStringLiteral("download");
    const QStringView extension = QStringView(name).sliced(extensionStart(name));
    const bool named = std::any_of(extension.begin(), extension.end(), [](QChar c) { return c.isLetter(); });
    if (const QString fromMime = extensionForMime(mime); !named && !fromMime.isEmpty())
        name += u'.' + fromMime;
    if (isDeviceName(name))
        name.prepend(u'_');
    name = fitted(name, {}, kMaxNameBytes);
    // "con", many spaces, more: the cut can leave a device name.
    return isDeviceName(name) ? u'_' + name : name;
}

QString nameFromTitle(const QString& title, QByteArrayView mime)
{
    const QString extension = extensionForMime(mime);
    const QString name = trimmedDots(cleaned(shortened(title)));
    if (extension.isEmpty() || name.endsWith(u'.' + extension, Qt::CaseInsensitive))
        return safeName(name, mime);
    return safeName((name.isEmpty() ? QStringLiteral("download") : name) + u'.' + extension);
}

Result<QString> safeRelativePath(const QString& path)
{
    const QString slashed = QString(path).replace(u'\\', u'/');
    const bool drive = slashed.size() >= 3 && slashed[1] == u':' && slashed[2] == u'/' && slashed[0].isLetter();
    if (slashed.startsWith(u'/') || drive)
        return failure(Code::PathEscapes, path.left(300));
    QStringList parts;
    for (const QString& part : slashed.split(u'/', Qt::SkipEmptyParts)) {
        if (part.trimmed() == QLatin1StringView(".."))
            return failure(Code::PathEscapes, path.left(300));
        if (part != QLatin1StringView("."))
            parts.append(safeName(part));
    }
    if (parts.isEmpty() || parts.size() > kMaxDepth)
        return failure(Code::NameUnusable, QStringLiteral("\"%1\" has %2 parts").arg(path.left(300)).arg(parts.size()));
    return parts.join(u'/');
}

QString numbered(const QString& name, int n)
{
    if (n < 1)
        return name;
    constexpr qsizetype kRoomForNumber = 6;
    return fitted(name, QStringLiteral(" (%1)").arg(n), kMaxNameBytes + kRoomForNumber);
}

} // namespace weir
