#include "e2e/torrent_lab.h"

#include "support/content.h"
#include "support/files.h"

#include <libtorrent/create_torrent.hpp>
#include <libtorrent/hex.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include <gtest/gtest.h>

#include <atomic>

namespace weir::test {

namespace {

void writeContent(const QString& path, const LabFile& file)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile out(path);
    if (!out.open(QIODevice::WriteOnly))
        qFatal("%s can't be written", qPrintable(path));
    for (qint64 at = 0; at < file.size; at += 1 << 20)
        out.write(content(file.seed, at, std::min<qint64>(1 << 20, file.size - at)));
}

QString nextAddress()
{
    static std::atomic<int> number{1};
    return QStringLiteral("127.0.%1.%2").arg(1 + number / 200).arg(1 + number++ % 200);
}

lt::tcp::endpoint endpoint(const QString& text)
{
    return {lt::make_address(text.section(u':', 0, 0).toStdString()), text.section(u':', 1).toUShort()};
}

} // namespace

QUrl LabTorrent::magnet(const QList<QString>& peers) const
{
    const QString kind = info.size() == 40 ? QStringLiteral("btih") : QStringLiteral("btmh");
    QString text = QStringLiteral("magnet:?xt=urn:%1:%2&dn=%3").arg(kind, QString::fromLatin1(info), name);
    for (const QString& peer : peers)
        text += QStringLiteral("&x.pe=") + peer;
    return QUrl(text);
}

qint64 LabTorrent::size() const
{
    qint64 sum = 0;
    for (const LabFile& file : files)
        sum += file.size;
    return sum;
}

LabTorrent makeTorrent(const QString& folder, const QString& name, const QList<LabFile>& files, const LabWishes& wishes)
{
    lt::file_storage storage;
    for (const LabFile& file : files) {
        const QString path = file.path.isEmpty() ? name : name + u'/' + file.path;
        writeContent(folder + u'/' + path, file);
        storage.add_file(path.toStdString(), file.size);
    }
    const lt::create_flags_t format = wishes.onlyV2 ? lt::create_torrent::v2_only
        : wishes.hybrid                             ? lt::create_flags_t{}
                                                    : lt::create_torrent::v1_only;
    lt::create_torrent creator(storage, wishes.pieceSize, format);
    creator.set_priv(wishes.isPrivate);
    for (const QString& tracker : wishes.trackers)
        creator.add_tracker(tracker.toStdString());
    for (const QString& seed : wishes.webSeeds)
        creator.add_url_seed(seed.toStdString());
    lt::set_piece_hashes(creator, folder.toStdString());
    LabTorrent torrent{.name = name, .files = files};
    lt::bencode(std::back_inserter(torrent.bytes), creator.generate());
    const lt::torrent_info info(lt::span<const char>(torrent.bytes.constData(), torrent.bytes.size()), lt::from_span);
    const lt::info_hash_t hashes = info.info_hashes();
    torrent.info = wishes.onlyV2 ? "1220" + QByteArray::fromStdString(lt::aux::to_hex(hashes.v2))
                                 : QByteArray::fromStdString(lt::aux::to_hex(hashes.v1));
    return torrent;
}

struct LabPeer::Parts {
    QString host;
    std::unique_ptr<lt::session> session;
    lt::torrent_handle torrent;
};

LabPeer::LabPeer(const LabTorrent& torrent, const QString& folder, bool whole, int bytesPerSecond)
    : parts_(std::make_unique<Parts>())
{
    parts_->host = nextAddress();
    lt::session_params params;
    lt::settings_pack& pack = params.settings;
    pack.set_str(lt::settings_pack::listen_interfaces, parts_->host.toStdString() + ":0");
    pack.set_str(lt::settings_pack::outgoing_interfaces, parts_->host.toStdString());
    for (const int off : {lt::settings_pack::enable_dht, lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp,
             lt::settings_pack::enable_natpmp, lt::settings_pack::enable_incoming_utp, lt::settings_pack::enable_outgoing_utp})
        pack.set_bool(off, false);
    parts_->session = std::make_unique<lt::session>(std::move(params));
    lt::add_torrent_params add;
    add.ti = std::make_shared<lt::torrent_info>(
        lt::span<const char>(torrent.bytes.constData(), torrent.bytes.size()), lt::from_span);
    // It finds nobody by itself.
    add.flags = lt::torrent_flags::override_trackers | lt::torrent_flags::override_web_seeds;
    if (whole)
        add.flags |= lt::torrent_flags::seed_mode;
    add.save_path = folder.toStdString();
    add.upload_limit = bytesPerSecond;
    parts_->torrent = parts_->session->add_torrent(std::move(add));
}

LabPeer::~LabPeer() = default;

QString LabPeer::address() const { return QStringLiteral("%1:%2").arg(parts_->host).arg(parts_->session->listen_port()); }
qint64 LabPeer::sent() const { return parts_->torrent.status().total_payload_upload; }
bool LabPeer::finished() const { return parts_->torrent.status().is_seeding; }
void LabPeer::connectTo(quint16 port) { parts_->torrent.connect_peer(endpoint(QStringLiteral("127.0.0.1:%1").arg(port))); }

QByteArray trackerReply(const QList<QString>& peers)
{
    QByteArray compact;
    for (const QString& peer : peers) {
        const lt::tcp::endpoint where = endpoint(peer);
        const auto bytes = where.address().to_v4().to_bytes();
        compact.append(reinterpret_cast<const char*>(bytes.data()), 4);
        compact.append(char(where.port() >> 8)).append(char(where.port() & 0xff));
    }
    return "d8:intervali1800e5:peers" + QByteArray::number(compact.size()) + ':' + compact + 'e';
}

qint64 addTorrent(DaemonProcess& daemon, RpcPeer& peer, const LabTorrent& torrent, const QJsonObject& more)
{
    const QString path = daemon.path(torrent.name + ".torrent");
    EXPECT_TRUE(writeFile(path, torrent.bytes));
    return daemon.addTask(peer, QUrl::fromLocalFile(path), more);
}

QJsonObject settingsWithoutStrangers(quint16 port, const QJsonObject& more)
{
    QJsonObject settings{{"bt.dht.enabled", false}, {"bt.dht.bootstrap", ""}, {"bt.lsd", false}, {"bt.portMapping", false},
        {"bt.utp", false}, {"bt.ports", QString::number(port)}, {"bt.seedRatio", "0"}};
    for (auto each = more.begin(); each != more.end(); ++each)
        settings.insert(each.key(), each.value());
    return settings;
}

} // namespace weir::test
