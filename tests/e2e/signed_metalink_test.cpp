// Signed metalinks from end to end: weir share signs, a daemon that trusts certain keys takes only what they have signed, and
// minisign itself reads and writes the same files.
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/files.h"
#include "support/plain_http_server.h"
#include "support/weir_command.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (1 << 20) + 77;

class SignedMetalinks : public ::testing::Test {
protected:
    void SetUp() override
    {
        writeFile(at("www/fw.bin"), bytes);
        ASSERT_EQ(minisign({"-G", "-W", "-p", at("own.pub"), "-s", at("own.key")}), 0);
        ASSERT_EQ(minisign({"-G", "-W", "-p", at("other.pub"), "-s", at("other.key")}), 0);
    }
    void begin(QJsonObject more = {})
    {
        more["metalink.trustedKeys"] = QJsonArray{QString::fromLatin1(fileBytes(at("own.pub")).split('\n').at(1))};
        daemon.writeConfig(settingsWithoutStrangers(freePort(), more));
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    QString at(const QString& below) const { return daemon.path(below); }
    static int minisign(const QStringList& arguments, const QByteArray& input = {})
    {
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QStringLiteral("minisign"), arguments);
        process.write(input);
        const Ran ran = finished(process);
        if (ran.status != 0)
            std::fputs(ran.out.constData(), stderr);
        return ran.status;
    }
    int share(const QStringList& more = {})
    {
        return runWeir(QStringList{"share", at("www/fw.bin"), "--origin", origin.url("/").toString()} + more).status;
    }
    /// The bytes that a download of the address brought.
    QByteArray fetched(const QUrl& url)
    {
        const QJsonObject task = peer->untilState(daemon.addTask(*peer, url), "done");
        EXPECT_FALSE(task.isEmpty()) << url.toString().toStdString();
        return fileBytes(task[u"path"].toString());
    }
    /// The error that it ended with.
    QString refused(const QUrl& url)
    {
        const QJsonObject task = peer->untilState(daemon.addTask(*peer, url), "failed");
        return task[u"error"].toObject()[u"code"].toString();
    }

    const QByteArray bytes = content(7, 0, kSize);
    PlainHttpServer origin{[this](const PlainRequest& request, Connection& to) {
        const QString path = at("www") + QUrl::fromPercentEncoding(request.target);
        return QFile::exists(path) ? PlainHttpServer::serveFile(request, to, fileBytes(path))
                                   : PlainHttpServer::reply(to, 404, "no");
    }};
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
};

TEST_F(SignedMetalinks, OfShareAreTakenHereAndByMinisign)
{
    ASSERT_EQ(share({"--sign", at("own.key"), "--product", "camera", "--release", "1.4.2"}), 0);
    EXPECT_EQ(minisign({"-V", "-p", at("own.pub"), "-m", at("www/fw.bin.meta4")}), 0);
    begin();
    EXPECT_EQ(fetched(origin.url("/fw.bin.meta4")), bytes);
    // An older one is not, though it is as well signed.
    ASSERT_EQ(share({"--sign", at("own.key"), "--product", "camera", "--release", "1.4.1"}), 0);
    EXPECT_EQ(refused(origin.url("/fw.bin.meta4")), "VersionRefused");
}

TEST_F(SignedMetalinks, OfMinisignAreTaken)
{
    ASSERT_EQ(share(), 0);
    ASSERT_EQ(minisign({"-S", "-s", at("own.key"), "-m", at("www/fw.bin.meta4"), "-t", "by hand"}), 0);
    begin();
    const QUrl local = QUrl::fromLocalFile(at("www/fw.bin.meta4"));
    for (const QUrl& url : {local, origin.url("/fw.bin.meta4"), QUrl("metalink+" + origin.url("/fw.bin.meta4").toString())})
        EXPECT_EQ(fetched(url), bytes) << url.toString().toStdString();
}

TEST_F(SignedMetalinks, OthersAreRefused)
{
    ASSERT_EQ(share(), 0);
    begin();
    const QUrl url = origin.url("/fw.bin.meta4");
    const QString signature = at("www/fw.bin.meta4.minisig");
    EXPECT_EQ(refused(url), "SignatureMissing");
    writeFile(signature, QByteArray(1 << 20, 'x'));
    EXPECT_EQ(refused(url), "SignatureBad");
    ASSERT_EQ(minisign({"-S", "-s", at("other.key"), "-m", at("www/fw.bin.meta4")}), 0);
    EXPECT_EQ(refused(url), "SignatureUntrusted");
    // The signature of another document.
    writeFile(at("x"), "x");
    ASSERT_EQ(minisign({"-S", "-s", at("own.key"), "-m", at("x"), "-x", signature}), 0);
    EXPECT_EQ(refused(url), "SignatureBad");
    // Whoever asks for a metalink gets nothing else, whatever the server says that it is.
    writeFile(at("www/fw.bin.meta4"), bytes);
    EXPECT_EQ(refused(QUrl("metalink+" + url.toString())), "InputUnreadable");
    EXPECT_FALSE(QFile::exists(at("downloads/fw.bin")));
}

// The signed hash counts, whatever else lies at the origin.
TEST_F(SignedMetalinks, OtherBytesAreRefused)
{
    ASSERT_EQ(share({"--sign", at("own.key")}), 0);
    QFile::remove(at("www/fw.bin.torrent"));
    writeFile(at("www/fw.bin"), content(8, 0, kSize));
    begin({{"retry.attempts", 1}});
    EXPECT_NE(refused(origin.url("/fw.bin.meta4")), "");
    EXPECT_FALSE(QFile::exists(at("downloads/fw.bin")));
}

TEST_F(SignedMetalinks, AKeyMayHaveAPassword)
{
    const QByteArray password = "correct horse";
    ASSERT_EQ(minisign({"-G", "-f", "-p", at("own.pub"), "-s", at("own.key")}, password + '\n' + password + '\n'), 0);
    EXPECT_EQ(share({"--sign", at("own.key")}), 28);
    EXPECT_FALSE(QFile::exists(at("www/fw.bin.meta4")));
    writeFile(at("password"), password + '\n');
    ASSERT_EQ(share({"--sign", at("own.key"), "--sign-password", at("password")}), 0);
    EXPECT_EQ(minisign({"-V", "-p", at("own.pub"), "-m", at("www/fw.bin.meta4")}), 0);
}

} // namespace
