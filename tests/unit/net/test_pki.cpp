#include "unit/net/test_pki.h"

#include <QFile>
#include <QProcess>

namespace weir::test {

namespace {

const QStringList kNewKey{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"};

} // namespace

const TestPki& TestPki::instance()
{
    static const TestPki pki;
    return pki;
}

TestPki::TestPki()
{
    run(QStringList{"req", "-x509"} + kNewKey
        + QStringList{"-keyout", path("ca.key"), "-out", authority(), "-days", "30", "-subj", "/CN=weir test authority"});
    run(QStringList{"req", "-x509"} + kNewKey
        + QStringList{"-keyout", path("self.key"), "-out", path("self.pem"), "-days", "30", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1"});
    issue("good", "DNS:localhost,IP:127.0.0.1", 30);
    issue("expired", "DNS:localhost,IP:127.0.0.1", -1);
    issue("other", "DNS:other.test", 30);
}

void TestPki::run(const QStringList& arguments) const
{
    QProcess openssl;
    openssl.setProgram("openssl");
    openssl.setArguments(arguments);
    openssl.start();
    if (!openssl.waitForFinished(30'000) || openssl.exitCode() != 0)
        qFatal("openssl %s: %s", qPrintable(arguments.join(' ')), openssl.readAllStandardError().constData());
}

void TestPki::issue(const QString& name, const QString& names, int days) const
{
    QFile extensions(path(name + ".ext"));
    if (!extensions.open(QIODevice::WriteOnly))
        qFatal("no temporary file");
    extensions.write("subjectAltName=" + names.toLatin1() + "\n");
    extensions.close();
    run(QStringList{"req"} + kNewKey
        + QStringList{"-keyout", path(name + ".key"), "-out", path(name + ".csr"), "-subj", "/CN=" + name});
    run({"x509", "-req", "-in", path(name + ".csr"), "-CA", authority(), "-CAkey", path("ca.key"), "-CAcreateserial", "-out",
        path(name + ".pem"), "-days", QString::number(days), "-extfile", path(name + ".ext")});
}

} // namespace weir::test
