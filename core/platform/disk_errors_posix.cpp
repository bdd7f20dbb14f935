// errno to the catalogue. Two systems' numbers may be one value (EAGAIN, EWOULDBLOCK), so each is named once.

#include "platform/posix_calls.h"

#include <weir/error.h>

#include <cerrno>
#include <cstring>

namespace weir {

Code diskErrorCode(int errnoValue)
{
    switch (errnoValue) {
    case 0: return Code::Ok;
    case ENOSPC: return Code::DiskFull;
    case EDQUOT: return Code::DiskQuota;
    case EROFS: return Code::DiskReadOnly;
    case EACCES:
    case EPERM:
    case ENOKEY:
    case EKEYEXPIRED:
    case EKEYREVOKED:
    case EKEYREJECTED: return Code::DiskPermission;
    case ENOENT: return Code::DiskNoSuchFile;
    case ENOTDIR: return Code::DiskNotADirectory;
    case EISDIR: return Code::DiskIsADirectory;
    case EEXIST:
    case ENOTEMPTY: return Code::DiskFileExists;
    case ENAMETOOLONG: return Code::DiskNameTooLong;
    case EILSEQ: return Code::DiskNameInvalid;
    case EFBIG:
    case EOVERFLOW: return Code::DiskFileTooBig;
    case EIO:
    case EREMOTEIO:
    case EBADMSG:
    case EUCLEAN:
    case EPROTO: return Code::DiskIo;
    case ENODEV:
    case ENXIO:
    case ENOMEDIUM:
    case ENOTCONN:
    case ESHUTDOWN:
    case ECONNABORTED: return Code::DiskGone;
    case EMFILE:
    case ENFILE: return Code::DiskTooManyFiles;
    case EBUSY:
    case ETXTBSY:
    case EAGAIN:
    case EDEADLK:
    case ENOLCK: return Code::DiskBusy;
    case ELOOP: return Code::DiskLoop;
    case EXDEV: return Code::DiskCrossDevice;
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOTTY:
    case ESPIPE:
    case EMLINK: return Code::DiskNotSupported;
    case ESTALE: return Code::DiskStale;
    case ETIMEDOUT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ECONNREFUSED:
    case ECONNRESET: return Code::DiskTimedOut;
    case ENOMEM:
    case ENOBUFS: return Code::OutOfMemory;
    default: return Code::DiskError;
    }
}

tl::unexpected<Error> diskFailure(const char* operation, const QString& path, int errnoValue)
{
    return diskFailure(diskErrorCode(errnoValue), operation, path, errnoValue);
}

tl::unexpected<Error> diskFailure(Code code, const char* operation, const QString& path, int errnoValue)
{
    QString detail = QString::fromLatin1(operation) + u' ' + path;
    if (errnoValue && code == Code::DiskError)
        detail += QStringLiteral(": ") + QString::fromLocal8Bit(::strerror(errnoValue));
    return failure(code, detail, errnoValue);
}

} // namespace weir
