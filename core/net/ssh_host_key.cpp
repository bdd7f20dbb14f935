#include "net/ssh_host_key.h"

#include <QCryptographicHash>
#include <QDir>

namespace weir {

namespace {

/// libcurl gives a key in base64 when its length is 0.
QByteArray rawKey(const curl_khkey* key)
{
    if (!key || !key->key)
        return {};
    return key->len == 0 ? QByteArray::fromBase64(key->key) : QByteArray(key->key, qsizetype(key->len));
}

} // namespace

QString sshFingerprint(const QByteArray& key)
{
    const QByteArray digest = QCryptographicHash::hash(key, QCryptographicHash::Sha256);
    return QStringLiteral("SHA256:") + QString::fromLatin1(digest.toBase64(QByteArray::OmitTrailingEquals));
}

void SshHostKey::watch(CURL* easy, bool acceptUnknown)
{
    acceptUnknown_ = acceptUnknown;
    // Without a file libcurl would check nothing.
    const QByteArray file = QDir::toNativeSeparators(QDir::homePath() + QStringLiteral("/.ssh/known_hosts")).toLocal8Bit();
    curl_easy_setopt(easy, CURLOPT_SSH_KNOWNHOSTS, file.constData());
    curl_easy_setopt(easy, CURLOPT_SSH_KEYFUNCTION, &SshHostKey::onKey);
    curl_easy_setopt(easy, CURLOPT_SSH_KEYDATA, this);
    if (acceptUnknown)
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L); // no stricter fetch may go on with an unchecked connection
}

int SshHostKey::onKey(CURL*, const curl_khkey*, const curl_khkey* found, curl_khmatch match, void* self)
{
    auto& key = *static_cast<SshHostKey*>(self);
    if (match == CURLKHMATCH_OK || (match == CURLKHMATCH_MISSING && key.acceptUnknown_))
        return CURLKHSTAT_FINE;
    key.refusal_ = Error{match == CURLKHMATCH_MISSING ? Code::SshHostUnknown : Code::SshHostChanged,
        QStringLiteral("its fingerprint is ") + sshFingerprint(rawKey(found)), CURLE_PEER_FAILED_VERIFICATION};
    return CURLKHSTAT_REJECT;
}

} // namespace weir
