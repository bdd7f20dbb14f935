// Metalinks through the real daemon: what they name comes from several servers, proven by their hashes.
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/plain_http_server.h"

#include <QCryptographicHash>
#include <QFile>
#include <QJsonArray>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (3 << 20) + 5;
constexpr qint64 kPiece = 1 << 20;

QByteArray sha(QByteArrayView bytes)
{
    return QCryptographicHash::hash(bytes.toByteArray(), QCryptographicHash::Sha256).toHex();
}

class Metalinks : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString(); }

    QByteArray file(const QByteArray& name, qint64 size, const QList<QUrl>& urls) const
    {
        QByteArray text = "<file name=\"" + name + "\"><size>" + QByteArray::number(size) + "</size><hash type=\"sha-256\">"
            + sha(bytes) + "</hash><pieces type=\"sha-256\" length=\"" + QByteArray::number(kPiece) + "\">";
        for (qint64 at = 0; at < bytes.size(); at += kPiece)
            text += "<hash>" + sha(QByteArrayView(bytes).sliced(at, std::min(kPiece, bytes.size() - at))) + "</hash>";
        text += "</pieces>";
        for (const QUrl& url : urls)
            text += "<url priority=\"1\">" + url.toEncoded() + "</url>";
        return text + "</file>";
    }
    static QByteArray metalink(const QByteArray& files)
    {
        return "<?xml version=\"1.0\"?>\n<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">" + files + "</metalink>";
    }
    QJsonObject ended(const QByteArray& text, const char* state, const QJsonObject& options = {})
    {
        document = text;
        const auto peer = daemon.client();
        return peer->untilState(
            daemon.addTask(*peer, origin.url("/about"), {{"options", options}}), QString::fromLatin1(state));
    }

    const QByteArray bytes = content(5, 0, kSize), wrong = content(6, 0, kSize);
    QByteArray document;
    PlainHttpServer origin{[this](const PlainRequest& request, Connection& to) {
        if (request.target == "/about")
            return PlainHttpServer::reply(to, 200, document, {"Content-Type: text/plain"});
        return PlainHttpServer::serveFile(request, to, request.target == "/wrong" ? wrong : bytes);
    }};
    PlainHttpServer mirror{
        [this](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, bytes); }};
    DaemonProcess daemon;
};

TEST_F(Metalinks, TheFileThatItNamesIsThere)
{
    const auto task = ended(metalink(file("dir/film.bin", kSize, {origin.url("/a"), mirror.url("/b")})), "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"kind"].toString(), "metalink");
    EXPECT_EQ(task[u"name"].toString(), "film.bin");
    EXPECT_EQ(task[u"verified"].toString(), "verified");
    QFile out(task[u"path"].toString());
    ASSERT_TRUE(out.open(QIODevice::ReadOnly)) << task[u"path"].toString().toStdString();
    EXPECT_EQ(out.readAll(), bytes);
}

TEST_F(Metalinks, AnotherFileIsNotTakenForIt)
{
    const auto task = ended(metalink(file("film.bin", kSize + 1, {origin.url("/a")})), "failed");
    EXPECT_EQ(task[u"error"].toObject()[u"code"].toString(), "DifferentContent");
}

TEST_F(Metalinks, OfSeveralFilesOneIsNamed)
{
    const QByteArray both = metalink(file("one", kSize, {origin.url("/wrong")}) + file("two", kSize, {origin.url("/b")}));
    EXPECT_EQ(ended(both, "failed")[u"error"].toObject()[u"code"].toString(), "BadChoice");
    EXPECT_EQ(ended(both, "done", {{"files", "2"}})[u"name"].toString(), "two");
}

} // namespace
