#include "support/http_digest.h"

#include "support/content.h"

#include <QCryptographicHash>

#include <algorithm>

namespace weir::test {
namespace {

QByteArray md5(const QByteArray& text) { return QCryptographicHash::hash(text, QCryptographicHash::Md5).toHex(); }

QByteArray field(const QByteArray& header, const QByteArray& name)
{
    for (QByteArray part : header.mid(header.indexOf(' ') + 1).split(',')) {
        part = part.trimmed();
        if (part.startsWith(name + '='))
            return part.mid(name.size() + 1).replace("\"", "");
    }
    return {};
}

bool digestLogin(const Behaviour& b, const HttpRequest& request, const QByteArray& given)
{
    const QByteArray user = md5(b.user + ":weir:" + b.password);
    const QByteArray what = md5(request.method + ':' + field(given, "uri"));
    return given.startsWith("Digest ") && field(given, "username") == b.user
        && field(given, "response")
        == md5(user + ':' + field(given, "nonce") + ':' + field(given, "nc") + ':' + field(given, "cnonce") + ':'
            + field(given, "qop") + ':' + what);
}

} // namespace

bool loggedIn(const Behaviour& b, const HttpRequest& request)
{
    const QByteArray given = request.header("Authorization");
    switch (b.login) {
    case Behaviour::Login::None: return true;
    case Behaviour::Login::Basic: return given == "Basic " + (b.user + ':' + b.password).toBase64();
    case Behaviour::Login::Bearer: return given == "Bearer " + b.password;
    case Behaviour::Login::Digest: return digestLogin(b, request, given);
    }
    return false;
}

QPair<QByteArray, QByteArray> digestHeader(const Behaviour& b, quint64 seed, qint64 size)
{
    using Digest = Behaviour::Digest;
    QCryptographicHash hash(b.digest == Digest::ContentMd5 ? QCryptographicHash::Md5
            : b.digest == Digest::ReprSha512               ? QCryptographicHash::Sha512
                                                           : QCryptographicHash::Sha256);
    if (b.body)
        hash.addData(*b.body);
    for (qint64 at = 0; !b.body && at < size; at += 1 << 20)
        hash.addData(content(seed, at, std::min<qint64>(1 << 20, size - at)));
    QByteArray value = hash.result();
    if (b.digestWrong)
        value[0] = static_cast<char>(value[0] ^ 1);
    value = value.toBase64();
    switch (b.digest) {
    case Digest::ReprSha256: return {"Repr-Digest", "sha-256=:" + value + ':'};
    case Digest::ReprSha512: return {"Repr-Digest", "sha-512=:" + value + ':'};
    case Digest::DigestSha256: return {"Digest", "SHA-256=" + value};
    default: return {"Content-MD5", value};
    }
}

} // namespace weir::test
