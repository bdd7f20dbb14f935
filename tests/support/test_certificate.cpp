#include "support/test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace weir::test {
namespace {

constexpr long kDay = 24 * 3600;

void addExtension(X509* certificate, int id, const char* value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509* make(EVP_PKEY* key, TestCertificate::Kind kind)
{
    using Kind = TestCertificate::Kind;
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -10 * kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate), kind == Kind::Expired ? -kDay : 10 * kDay);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("weir test"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    addExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    addExtension(certificate, NID_subject_alt_name,
        kind == Kind::OtherHost ? "DNS:elsewhere.example" : "DNS:localhost,IP:127.0.0.1,IP:::1");
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

} // namespace

TestCertificate::TestCertificate(Kind kind)
{
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = make(key, kind);
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, certificate);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    pem_ = QByteArray(text, size);
    BIO_free(memory);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

TestCertificate::~TestCertificate() { SSL_CTX_free(context_); }

void TestCertificate::demandClientCertificate()
{
    // Whose it is does not matter here, only that there is one.
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, [](int, X509_STORE_CTX*) { return 1; });
}

} // namespace weir::test
