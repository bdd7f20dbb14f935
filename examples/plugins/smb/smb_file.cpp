#include "smb_file.h"

#include <fcntl.h>
#include <libsmbclient.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <mutex>

using namespace weir;

namespace {

constexpr int kTimeout = 10'000; // milliseconds, of one call

/// libsmbclient has variables of its own, and what would make them safe for threads is not exported everywhere.
std::mutex oneAtATime;

Code codeOf(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ENODEV: return Code::RemoteFileMissing; // ENODEV: no such share
    case EACCES:
    case EPERM: return Code::LoginRefused;
    case ECONNREFUSED: return Code::ConnectRefused;
    case ETIMEDOUT: return Code::ConnectTimeout;
    case EHOSTUNREACH: return Code::HostUnreachable;
    case ENETUNREACH: return Code::NetworkUnreachable;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE: return Code::ConnectionReset;
    case ENOMEM: return Code::OutOfMemory;
    case EINVAL: return Code::BadUrl;
    default: return Code::ReceiveFailed;
    }
}

void copyText(char* to, int size, const QString& text)
{
    if (size > 0)
        qstrncpy(to, text.toUtf8().constData(), size_t(size));
}

/// "DOMAIN;name" or "DOMAIN\name".
void answerLogin(SMBCCTX* context, const char*, const char*, char* group, int groupSize, char* user, int userSize,
    char* password, int passwordSize)
{
    const auto& login = *static_cast<const Credentials*>(smbc_getOptionUserData(context));
    QString name = login.user;
    for (const QChar between : {u';', u'\\'})
        if (const qsizetype at = name.indexOf(between); at >= 0) {
            copyText(group, groupSize, name.left(at));
            name = name.mid(at + 1);
        }
    copyText(user, userSize, name.isEmpty() ? QStringLiteral("guest") : name);
    copyText(password, passwordSize, login.password);
}

} // namespace

Result<std::unique_ptr<SmbFile>> SmbFile::open(const QUrl& url, const Credentials& login)
{
    std::unique_ptr<SmbFile> file(
        new SmbFile(url.adjusted(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment), login));
    if (auto ok = file->open(); !ok)
        return tl::unexpected(ok.error());
    return file;
}

Result<void> SmbFile::open()
{
    const std::lock_guard lock(oneAtATime);
    context_ = smbc_new_context();
    if (!context_)
        return refused("set up");
    smbc_setDebug(context_, 0);
    smbc_setTimeout(context_, kTimeout);
    smbc_setOptionUserData(context_, const_cast<Credentials*>(&login_));
    smbc_setFunctionAuthDataWithContext(context_, &answerLogin);
    smbc_setOptionNoAutoAnonymousLogin(context_, !login_.user.isEmpty());
    if (!smbc_init_context(context_))
        return refused("set up");
    file_ = smbc_getFunctionOpen(context_)(context_, url_.toEncoded(QUrl::FullyEncoded).constData(), O_RDONLY, 0);
    return file_ ? Result<void>() : refused("open");
}

SmbFile::~SmbFile()
{
    const std::lock_guard lock(oneAtATime);
    if (file_)
        smbc_getFunctionClose(context_)(context_, file_);
    if (context_)
        smbc_free_context(context_, 1);
}

Result<SmbFile::Facts> SmbFile::facts()
{
    const std::lock_guard lock(oneAtATime);
    struct stat status = {};
    if (smbc_getFunctionFstat(context_)(context_, file_, &status) != 0)
        return refused("look at");
    if (!S_ISREG(status.st_mode))
        return failure(Code::RemoteFileMissing, url_.toDisplayString() + QStringLiteral(" is no file"));
    return Facts{status.st_size, status.st_mtime};
}

Result<void> SmbFile::seek(qint64 offset)
{
    const std::lock_guard lock(oneAtATime);
    return smbc_getFunctionLseek(context_)(context_, file_, offset, SEEK_SET) == offset ? Result<void>() : refused("seek in");
}

Result<std::size_t> SmbFile::read(std::span<char> into)
{
    const std::lock_guard lock(oneAtATime);
    const ssize_t got = smbc_getFunctionRead(context_)(context_, file_, into.data(), into.size());
    return got >= 0 ? Result<std::size_t>(std::size_t(got)) : refused("read");
}

tl::unexpected<Error> SmbFile::refused(const char* doing) const
{
    const int number = errno;
    return failure(codeOf(number),
        QStringLiteral("%1 %2: %3")
            .arg(QLatin1String(doing), url_.toDisplayString(), QString::fromLocal8Bit(std::strerror(number))),
        number);
}
