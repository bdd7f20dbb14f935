#include "metalink/metalink.h"

#include <QXmlStreamReader>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMostFiles = 1000, kMostSources = 256, kMostHashes = 16, kMostPieceLists = 4;
constexpr qsizetype kMostPieces = 500'000; // of the whole document
constexpr qsizetype kMostText = 64 << 10;
constexpr qint64 kMostSize = qint64(1) << 60;
constexpr int kWorst = 999'999;

class Parser {
public:
    Parser(QByteArrayView text, const QUrl& base) : base_(base) { reader_.addData(text.toByteArray()); }

    Result<QList<MetalinkFile>> parse();

private:
    bool nextChild();
    bool is(const char* name) const { return reader_.name() == QLatin1String(name); }
    QString attribute(const char* name) const { return reader_.attributes().value(QLatin1String(name)).trimmed().toString(); }
    QString content();
    void file();
    void fileParts(MetalinkFile& file, int depth);
    void filePart(MetalinkFile& file, int depth);
    void hash(MetalinkFile& file);
    void pieces(MetalinkFile& file);
    void source(MetalinkFile& file);
    qint64 number(const QString& text);
    double percent(const QString& text);
    QByteArray hex(const QByteArray& algorithm);

    QXmlStreamReader reader_;
    const QUrl base_;
    QList<MetalinkFile> files_;
    qsizetype pieceCount_ = 0;
};

// "sha256", "SHA-256" -> "sha-256"; empty: not one that is known.
QByteArray algorithmOf(const QString& given)
{
    QByteArray plain = given.toLower().toLatin1();
    plain.replace('-', "").replace('_', "");
    for (const char* known : {"sha-512", "sha-384", "sha-256", "sha-1", "md5"})
        if (plain == QByteArray(known).replace('-', ""))
            return known;
    return {};
}

qsizetype hexDigits(const QByteArray& algorithm)
{
    if (algorithm == "md5")
        return 32;
    if (algorithm == "sha-1")
        return 40;
    return algorithm.mid(4).toInt() / 4;
}

// Folders in a name are the publisher's wish; a download is one file in the user's.
QString lastPart(const QString& name) { return name.section(u'/', -1).section(u'\\', -1).trimmed(); }

bool Parser::nextChild()
{
    while (!reader_.atEnd()) {
        switch (reader_.readNext()) {
        case QXmlStreamReader::StartElement: return true;
        case QXmlStreamReader::EndElement: return false;
        case QXmlStreamReader::DTD: reader_.raiseError(QStringLiteral("a document type is not accepted")); break;
        case QXmlStreamReader::EntityReference: reader_.raiseError(QStringLiteral("entities are not accepted")); break;
        default: break;
        }
    }
    return false;
}

QString Parser::content()
{
    const QString text = reader_.readElementText(QXmlStreamReader::SkipChildElements).trimmed();
    if (text.size() > kMostText)
        reader_.raiseError(QStringLiteral("a text is too long"));
    return text;
}

qint64 Parser::number(const QString& text)
{
    bool ok = false;
    const qint64 value = text.toLongLong(&ok);
    if (!ok || value < 0 || value > kMostSize)
        reader_.raiseError(QStringLiteral("not a usable number"));
    return value;
}

double Parser::percent(const QString& text)
{
    bool ok = false;
    const double value = text.toDouble(&ok);
    if (!ok || !(value >= 0 && value <= 100))
        reader_.raiseError(QStringLiteral("not a percentage"));
    return value;
}

// Empty: not a hash of that kind.
QByteArray Parser::hex(const QByteArray& algorithm)
{
    const QByteArray text = content().toLower().toLatin1();
    const bool right = text.size() == hexDigits(algorithm)
        && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (!right)
        reader_.raiseError(QStringLiteral("not a %1 hash").arg(QString::fromLatin1(algorithm)));
    return text;
}

void Parser::hash(MetalinkFile& file)
{
    const QByteArray algorithm = algorithmOf(attribute("type"));
    if (algorithm.isEmpty() || file.hashes.size() >= kMostHashes)
        return reader_.skipCurrentElement();
    if (const QByteArray value = hex(algorithm); !reader_.hasError())
        file.hashes.append({algorithm, value});
}

void Parser::pieces(MetalinkFile& file)
{
    MetalinkPieces list{.algorithm = algorithmOf(attribute("type")), .length = number(attribute("length")), .hashes = {}};
    if (list.algorithm.isEmpty() || list.length <= 0 || file.pieces.size() >= kMostPieceLists)
        return reader_.skipCurrentElement();
    while (nextChild()) {
        if (!is("hash")) {
            reader_.skipCurrentElement();
            continue;
        }
        // Version 3 numbers them: another order would be a list of lies.
        const QString place = attribute("piece");
        if (++pieceCount_ > kMostPieces || (!place.isEmpty() && number(place) != list.hashes.size()))
            reader_.raiseError(QStringLiteral("a piece too many, or out of order"));
        list.hashes.append(hex(list.algorithm));
    }
    if (!reader_.hasError() && !list.hashes.isEmpty())
        file.pieces.append(std::move(list));
}

void Parser::source(MetalinkFile& file)
{
    const bool meta = is("metaurl");
    const bool torrent = meta ? attribute("mediatype") == u"torrent" : attribute("type") == u"bittorrent";
    int priority = kWorst;
    if (const QString wish = attribute("priority"); !wish.isEmpty())
        priority = int(std::clamp<qint64>(number(wish), 1, kWorst));
    else if (const QString preference = attribute("preference"); !preference.isEmpty())
        priority = 101 - int(std::min<qint64>(number(preference), 100));
    const QUrl url = base_.resolved(QUrl(content(), QUrl::StrictMode));
    auto& list = torrent ? file.torrents : file.sources;
    const bool known = std::any_of(list.begin(), list.end(), [&](const MetalinkSource& each) { return each.url == url; });
    // A description of another kind than a torrent is of no use, and neither is a file of this machine.
    if ((meta && !torrent) || known || list.size() >= kMostSources || !url.isValid() || url.host().isEmpty()
        || url.isLocalFile())
        return;
    list.append({url, priority});
}

void Parser::filePart(MetalinkFile& file, int depth)
{
    if (is("size"))
        file.size = number(content());
    else if (is("hash"))
        hash(file);
    else if (is("pieces"))
        pieces(file);
    else if (is("url") || is("metaurl"))
        source(file);
    else if (depth == 0 && is("identity"))
        file.identity = content();
    else if (depth == 0 && is("version"))
        file.version = content();
    else if (depth == 0 && is("rollout") && reader_.namespaceUri() == QLatin1String(kWeirNamespace))
        file.rollout = percent(content());
    else if (depth == 0 && (is("verification") || is("resources")))
        fileParts(file, depth + 1);
    else
        reader_.skipCurrentElement();
}

void Parser::fileParts(MetalinkFile& file, int depth)
{
    while (nextChild())
        filePart(file, depth);
}

void Parser::file()
{
    MetalinkFile file;
    file.name = lastPart(attribute("name"));
    fileParts(file, 0);
    const auto better = [](const MetalinkSource& a, const MetalinkSource& b) { return a.priority < b.priority; };
    std::stable_sort(file.sources.begin(), file.sources.end(), better);
    std::stable_sort(file.torrents.begin(), file.torrents.end(), better);
    if (file.sources.isEmpty() && file.torrents.isEmpty())
        return;
    if (files_.size() >= kMostFiles)
        reader_.raiseError(QStringLiteral("too many files"));
    else
        files_.append(std::move(file));
}

Result<QList<MetalinkFile>> Parser::parse()
{
    if (nextChild() && !is("metalink"))
        reader_.raiseError(QStringLiteral("it is no metalink"));
    while (nextChild()) {
        if (is("file"))
            file();
        else if (is("files"))
            while (nextChild())
                is("file") ? file() : reader_.skipCurrentElement();
        else
            reader_.skipCurrentElement();
    }
    while (!reader_.atEnd())
        if (reader_.readNext() == QXmlStreamReader::DTD)
            reader_.raiseError(QStringLiteral("a document type is not accepted"));
    if (reader_.hasError())
        return failure(Code::InputUnreadable,
            QStringLiteral("metalink, line %1: %2").arg(reader_.lineNumber()).arg(reader_.errorString()));
    if (files_.isEmpty())
        return failure(Code::InputUnreadable, QStringLiteral("the metalink names no file that can be had"));
    return std::move(files_);
}

} // namespace

Result<QList<MetalinkFile>> parseMetalink(QByteArrayView text, const QUrl& base)
{
    if (text.size() > kMostMetalinkBytes)
        return failure(Code::InputUnreadable, QStringLiteral("the metalink is larger than 16 MiB"));
    return Parser(text, base).parse();
}

bool opensLikeMetalink(QByteArrayView first4k)
{
    const qsizetype at = first4k.indexOf("<metalink");
    if (at < 0)
        return false;
    // Only a declaration and comments may stand before it.
    const QByteArrayView before = first4k.first(at);
    return before.trimmed().isEmpty() || before.contains("<?xml") || before.contains("<!--");
}

} // namespace weir
