#include "transfer/identity.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>

namespace weir {

namespace {

bool isPage(QByteArrayView mime) { return mime == "text/html" || mime == "application/xhtml+xml"; }

// Addresses that end like this are programs or pages: HTML is a proper answer.
bool mayBePage(const QString& path)
{
    static const QSet<QString> pages{
        "html", "htm", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "jsf", "cgi", "pl", "do", "action", "mht"};
    const QString last = path.section('/', -1);
    const qsizetype dot = last.lastIndexOf('.');
    if (dot <= 0)
        return true;
    const QString extension = last.mid(dot + 1).toLower();
    // "v1.2" or "example.com" are no file types: those have two to five letters or digits, with a letter.
    const bool looksLikeType = extension.size() >= 2 && extension.size() <= 5
        && std::any_of(extension.begin(), extension.end(), [](QChar c) { return c.isLetter(); })
        && std::all_of(extension.begin(), extension.end(), [](QChar c) { return c.unicode() < 128 && c.isLetterOrNumber(); });
    return !looksLikeType || pages.contains(extension);
}

} // namespace

Identity Identity::of(const FetchHead& head)
{
    Identity identity;
    identity.size = head.totalSize;
    identity.validator = head.validator;
    identity.mime = head.mime;
    identity.digests = head.digests;
    identity.ranges = !head.encoded;
    identity.vouched = head.rangesVouched;
    return identity;
}

QByteArray Identity::toBytes() const
{
    QJsonArray list;
    for (const ExpectedDigest& digest : digests)
        list.append(QString::fromLatin1(digest.algorithm + '=' + digest.value.toHex()));
    return QJsonDocument(QJsonObject{{"name", name}, {"size", size}, {"validator", QString::fromUtf8(validator)},
                             {"mime", QString::fromUtf8(mime)}, {"ranges", ranges}, {"vouched", vouched},
                             {"conditional", conditional}, {"digests", list}})
        .toJson(QJsonDocument::Compact);
}

Identity Identity::fromBytes(const QByteArray& state)
{
    Identity identity;
    const QJsonObject object = QJsonDocument::fromJson(state).object();
    identity.name = object["name"].toString();
    identity.size = object["size"].toInteger(-1);
    identity.validator = object["validator"].toString().toUtf8();
    identity.mime = object["mime"].toString().toUtf8();
    identity.ranges = object["ranges"].toBool(true);
    identity.vouched = object["vouched"].toBool(true);
    identity.conditional = object["conditional"].toBool(true);
    for (const QJsonValue& value : object["digests"].toArray()) {
        const QByteArray text = value.toString().toLatin1();
        const qsizetype equals = text.indexOf('=');
        if (equals > 0)
            identity.digests.append({text.left(equals), QByteArray::fromHex(text.mid(equals + 1))});
    }
    return identity;
}

bool isPageInsteadOfFile(const FetchHead& head, const QUrl& asked, QByteArrayView expected)
{
    if (!isPage(head.mime))
        return false;
    if (!expected.isEmpty())
        return !isPage(expected);
    if (!head.fileName.isEmpty())
        return !mayBePage(head.fileName);
    return !mayBePage(asked.path());
}

} // namespace weir
