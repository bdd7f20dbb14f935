#pragma once
// A key and a self-signed certificate for 127.0.0.1 and localhost, made anew for each server. Any thread.

#include <QByteArray>

#include <memory>

struct ssl_ctx_st;

namespace weir::test {

class TestCertificate {
public:
    enum class Kind { Good, Expired, OtherHost };

    explicit TestCertificate(Kind kind);
    ~TestCertificate();
    TestCertificate(const TestCertificate&) = delete;
    TestCertificate& operator=(const TestCertificate&) = delete;

    /// What a client must trust to trust the server (--cacert).
    QByteArray pem() const { return pem_; }
    ssl_ctx_st* context() const { return context_; }
    /// Clients without one are turned away.
    void demandClientCertificate();

private:
    ssl_ctx_st* context_ = nullptr;
    QByteArray pem_;
};

} // namespace weir::test
