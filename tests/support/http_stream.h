#pragma once
// One accepted connection, plain or TLS, as blocking reads and writes. Its thread owns it; interrupt() may be called from
// any other and makes every call fail from then on.

#include <QByteArray>

#include <mutex>
#include <span>

struct ssl_ctx_st;
struct ssl_st;

namespace weir::test {

class HttpStream {
public:
    explicit HttpStream(int socket) : socket_(socket) {}
    ~HttpStream(); ///< closes with FIN if nobody has closed it yet
    HttpStream(const HttpStream&) = delete;
    HttpStream& operator=(const HttpStream&) = delete;

    bool startTls(ssl_ctx_st* context);
    /// Appends what has come; false: the connection has ended.
    bool read(QByteArray& into);
    bool write(std::span<const char> data);
    void close(bool reset);
    void interrupt();
    /// The other side has closed or reset it.
    bool peerIsGone() const;

private:
    std::mutex mutex_; ///< of closing
    int socket_;
    ssl_st* tls_ = nullptr;
};

} // namespace weir::test
