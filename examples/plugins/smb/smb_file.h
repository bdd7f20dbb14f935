#pragma once
// A file on a server, opened for reading: libsmbclient behind a Result. Blocks; each object belongs to one thread. All of them
// wait for each other, since the library is not safe for several at a time.

#include <weir/fetch.h>
#include <weir/result.h>

#include <span>

struct _SMBCCTX;
struct _SMBCFILE;

class SmbFile {
public:
    struct Facts {
        qint64 size = 0;
        qint64 modified = 0; ///< seconds since 1970
    };
    static weir::Result<std::unique_ptr<SmbFile>> open(const QUrl& url, const weir::Credentials& login);
    ~SmbFile();
    SmbFile(const SmbFile&) = delete;
    SmbFile& operator=(const SmbFile&) = delete;

    weir::Result<Facts> facts();
    weir::Result<void> seek(qint64 offset);
    /// 0: the end.
    weir::Result<std::size_t> read(std::span<char> into);

private:
    SmbFile(QUrl url, weir::Credentials login) : url_(std::move(url)), login_(std::move(login)) {}
    weir::Result<void> open();
    tl::unexpected<weir::Error> refused(const char* doing) const;

    const QUrl url_; ///< without user and password
    const weir::Credentials login_;
    _SMBCCTX* context_ = nullptr;
    _SMBCFILE* file_ = nullptr;
};
