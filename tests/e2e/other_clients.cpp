#include "e2e/other_clients.h"

#include "support/daemon_process.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

namespace weir::test {

namespace {

// None of them looks for anybody but by the tracker.
class Transmission final : public OtherClient {
public:
    using OtherClient::OtherClient;
    bool start(const ClientWish& wish) override
    {
        const QJsonObject settings{{"dht-enabled", false}, {"lpd-enabled", false}, {"pex-enabled", false},
            {"utp-enabled", false}, {"port-forwarding-enabled", false}, {"encryption", wish.wire == Wire::Encrypted ? 2 : 1},
            {"download-dir", wish.folder}, {"rename-partial-files", true}, {"rpc-whitelist-enabled", false},
            {"rpc-host-whitelist-enabled", false}, {"peer-port", 51413}};
        write(QStringLiteral("settings.json"), QJsonDocument(settings).toJson());
        launch(QStringLiteral("transmission-daemon"), {"-f", "-g", home_.path()});
        const auto remote = [&](const QStringList& what) {
            return ask(QStringLiteral("transmission-remote"), QStringList{"127.0.0.1:9091"} + what);
        };
        return eventually([&] { return process_.state() == QProcess::NotRunning || remote({"-si"}); })
            && remote({"-w", wish.folder, "-a", wish.source});
    }
};

class QBittorrent final : public OtherClient {
public:
    using OtherClient::OtherClient;
    bool start(const ClientWish& wish) override
    {
        const QByteArray protocol = wish.wire == Wire::Utp ? "UTP" : "TCP";
        const QByteArray encryption = wish.wire == Wire::Encrypted ? "1" : "0";
        write(QStringLiteral("qBittorrent/config/qBittorrent.conf"),
            "[LegalNotice]\nAccepted=true\n[BitTorrent]\nSession\\DHTEnabled=false\nSession\\LSDEnabled=false\n"
            "Session\\PeXEnabled=false\nSession\\Port=6999\nSession\\BTProtocol="
                + protocol + "\nSession\\Encryption=" + encryption
                + "\n[Network]\nPortForwardingEnabled=false\n[Preferences]\nWebUI\\LocalHostAuth=false\nWebUI\\Port=8099\n"
                  "WebUI\\HostHeaderValidation=false\n");
        launch(QStringLiteral("qbittorrent-nox"), {QStringLiteral("--profile=") + home_.path()});
        const auto web = [&](const QString& what, const QStringList& form) {
            QStringList words{"-sS", "--fail", "-o", "/dev/null", QStringLiteral("http://127.0.0.1:8099/api/v2/") + what};
            for (const QString& field : form)
                words << QStringLiteral("-F") << field;
            return ask(QStringLiteral("curl"), words);
        };
        const bool magnet = wish.source.startsWith(u"magnet:");
        return eventually([&] { return process_.state() == QProcess::NotRunning || web("app/version", {}); })
            && web("torrents/add",
                {(magnet ? QStringLiteral("urls=") : QStringLiteral("torrents=@")) + wish.source,
                    QStringLiteral("savepath=") + wish.folder, QStringLiteral("autoTMM=false")});
    }
};

class Aria2 final : public OtherClient {
public:
    using OtherClient::OtherClient;
    bool start(const ClientWish& wish) override
    {
        QStringList words{"--no-conf", "--enable-dht=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
            "--file-allocation=none", "--listen-port=6981", "--summary-interval=0", "-d", wish.folder};
        words += wish.seeds ? QStringList{"--check-integrity=true", "--seed-ratio=0.0"} : QStringList{"--seed-time=0"};
        if (wish.wire == Wire::Encrypted)
            words << "--bt-force-encryption=true";
        launch(QStringLiteral("aria2c"), words << wish.source);
        return process_.state() == QProcess::Running;
    }
};

} // namespace

OtherClient::~OtherClient()
{
    process_.terminate();
    if (process_.state() != QProcess::NotRunning && !process_.waitForFinished(3000)) {
        process_.kill();
        process_.waitForFinished();
    }
}

void OtherClient::launch(const QString& program, const QStringList& arguments)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("HOME"), home_.path());
    process_.setProcessEnvironment(environment);
    process_.setProcessChannelMode(QProcess::MergedChannels);
    process_.setStandardInputFile(QProcess::nullDevice());
    process_.start(prefix_.first(), prefix_.mid(1) + QStringList{program} + arguments);
    process_.waitForStarted();
}

bool OtherClient::ask(const QString& program, const QStringList& arguments) const
{
    QProcess process;
    process.start(prefix_.first(), prefix_.mid(1) + QStringList{program} + arguments);
    return process.waitForFinished() && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
}

bool OtherClient::write(const QString& below, const QByteArray& text) const
{
    QFile file(home_.filePath(below));
    QDir().mkpath(QFileInfo(file).path());
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

std::unique_ptr<OtherClient> makeClient(Client client, const NetLab& lab, const QString& machine)
{
    switch (client) {
    case Client::Transmission: return std::make_unique<Transmission>(lab, machine);
    case Client::QBittorrent: return std::make_unique<QBittorrent>(lab, machine);
    case Client::Aria2: return std::make_unique<Aria2>(lab, machine);
    }
    return nullptr;
}

OpenTracker::OpenTracker(const NetLab& lab, const QString& machine) : prefix_(lab.on(machine)), address_(lab.address(machine))
{}

OpenTracker::~OpenTracker()
{
    process_.kill();
    process_.waitForFinished();
}

bool OpenTracker::start(const QList<QByteArray>& hashes)
{
    QFile list(home_.filePath(QStringLiteral("whitelist")));
    if (!list.open(QIODevice::WriteOnly))
        return false;
    for (const QByteArray& hash : hashes)
        list.write(hash.left(20).toHex() + '\n');
    list.close();
    // It reads as nobody.
    QFile::setPermissions(home_.path(), QFile::permissions(home_.path()) | QFile::ReadOther | QFile::ExeOther);
    list.setPermissions(list.permissions() | QFile::ReadOther);
    process_.setProcessChannelMode(QProcess::MergedChannels);
    process_.start(prefix_.first(),
        prefix_.mid(1)
            + QStringList{"opentracker", "-i", address_, "-p", "6969", "-P", "6969", "-u", "nobody", "-d", home_.path(), "-w",
                "whitelist"});
    return process_.waitForStarted();
}

} // namespace weir::test
