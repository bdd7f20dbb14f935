// What the plugin decides without a network: names, settings, when sharing ends, what it keeps, where pieces are.
#include "bt/bt_errors.h"
#include "bt/bt_place.h"
#include "bt/bt_report.h"
#include "bt/bt_resume.h"
#include "bt/bt_settings.h"
#include "bt/bt_source.h"
#include "bt/check_throttle.h"
#include "bt/piece_hashes.h"
#include "bt/piece_map.h"
#include "bt/piece_order.h"

#include <libtorrent/create_torrent.hpp>
#include <libtorrent/hasher.hpp>

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace weir {
namespace {

QByteArray text(const QByteArray& value) { return QByteArray::number(value.size()) + ':' + value; }

/// A torrent of empty files of those paths, and one of five bytes.
QByteArray torrentOf(const QList<QList<QByteArray>>& paths, const QByteArray& name = "Album")
{
    QByteArray files;
    for (const auto& parts : paths) {
        QByteArray list;
        for (const QByteArray& part : parts)
            list += text(part);
        files += "d6:lengthi0e4:pathl" + list + "ee";
    }
    files += "d6:lengthi5e4:pathl4:realee";
    return "d4:infod5:filesl" + files + "e4:name" + text(name) + "12:piece lengthi16384e6:pieces20:"
        + QByteArray::fromHex("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d") + "ee"; // of "hello"
}

TEST(BtPlace, HostileNamesStayInside)
{
    const auto params =
        parseTorrent(torrentOf({{"..", "..", "escaped"}, {"/etc", "passwd"}, {QByteArray("nul\0l", 5)}, {QByteArray(300, 'x')},
            {QByteArray(200, 'y').append(".flac")}, {"same"}, {"same"}, {"same", "below"}, {"SAME"}, {"con\ntrol"},
            {"\xe2\x80\xae"
             "right"},
            {"a\\b"}}));
    ASSERT_TRUE(params) << describe(params.error()).toStdString();
    QSet<QString> seen;
    const auto files = torrentFiles(*params->ti);
    EXPECT_EQ(files.size(), 13u);
    for (const TorrentFile& file : files) {
        EXPECT_FALSE(file.path.startsWith(u'/')) << file.path.toStdString();
        EXPECT_FALSE(file.path.contains(u'\\'));
        for (const QString& part : file.path.split(u'/')) {
            EXPECT_FALSE(part.isEmpty() || part == u"." || part == u"..") << file.path.toStdString();
            EXPECT_LE(part.toUtf8().size(), 255);
            for (const QChar c : part)
                EXPECT_TRUE(c.category() != QChar::Other_Control && c.category() != QChar::Other_Format);
        }
        EXPECT_FALSE(seen.contains(file.path.toLower())) << file.path.toStdString();
        seen.insert(file.path.toLower());
    }
    for (const QString& path : std::as_const(seen))
        for (const QString& other : std::as_const(seen))
            EXPECT_FALSE(other.startsWith(path + u'/')) << "a file where " << other.toStdString() << " needs a folder";
}

TEST(BtPlace, TheFinalNameIsNeverAStrangers)
{
    const QTemporaryDir home;
    const TorrentPlace place(home.path(), QStringLiteral("film"), true);
    const auto params = parseTorrent(torrentOf({}, "film"));
    ASSERT_TRUE(params);
    const std::vector<TorrentFile> files{{QStringLiteral("film"), 5, lt::file_index_t(0)}};
    const auto write = [](const QString& path, const char* bytes) {
        QFile file(path);
        return file.open(QIODevice::WriteOnly) && file.write(bytes) > 0;
    };
    ASSERT_TRUE(write(place.part(), "mine!") && write(place.final(), "other"));
    ASSERT_FALSE(place.finish(files));
    EXPECT_EQ(place.finish(files).error().code, Code::DiskFileExists);
    ASSERT_TRUE(QFile::remove(place.final()));
    const QByteArray before = place.identity(false);
    ASSERT_TRUE(place.finish(files));
    EXPECT_EQ(place.identity(true), before);
    EXPECT_TRUE(place.identity(false).isEmpty());
}

TEST(BtSource, WhatIsNoTorrentSaysWhy)
{
    EXPECT_EQ(parseTorrent("").error().code, Code::TorrentUnreadable);
    EXPECT_EQ(parseTorrent("d8:announce3:abc").error().code, Code::TorrentUnreadable);
    EXPECT_EQ(parseTorrent("d4:infod4:name1:aee").error().code, Code::TorrentBad);
    EXPECT_EQ(parseTorrent("i5e").error().code, Code::TorrentBad);
    EXPECT_EQ(parseTorrent(QByteArray(5000, 'l')).error().code, Code::TorrentUnreadable);
    EXPECT_EQ(parseTorrent(QByteArray(kMostTorrentBytes + 1, 'd')).error().code, Code::TorrentTooBig);
    EXPECT_EQ(parseMagnet(QUrl("magnet:?xt=urn:btih:short")).error().code, Code::MagnetBad);
    EXPECT_EQ(parseMagnet(QUrl("magnet:?dn=x")).error().code, Code::MagnetBad);
}

TEST(BtSource, AMagnetKeepsItsParameters)
{
    const auto params =
        parseMagnet(QUrl("magnet:?xt=urn:btih:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d&dn=Film&tr=http%3A%2F%2Ft%2Fannounce"
                         "&ws=http%3A%2F%2Fw%2Ffilm&x.pe=127.0.0.9:77&so=0,2-3"));
    ASSERT_TRUE(params);
    EXPECT_EQ(params->name, "Film");
    EXPECT_EQ(params->trackers.size(), 1u);
    EXPECT_EQ(params->url_seeds.size(), 1u);
    ASSERT_EQ(params->peers.size(), 1u);
    EXPECT_EQ(params->peers[0].port(), 77);
    ASSERT_EQ(params->file_priorities.size(), 4u);
    EXPECT_EQ(params->file_priorities[1], lt::dont_download);
}

TEST(BtSource, ForPrivateTorrentsOnlyTheirOwnTrackers)
{
    const QJsonObject section{{"trackers", QJsonArray{"http://common/announce"}}};
    auto open = parseTorrent(torrentOf({}));
    auto secret = parseTorrent(torrentOf({}).chopped(2) + "7:privatei1eee");
    ASSERT_TRUE(open && secret);
    addTrackers(*secret, {}, section);
    EXPECT_TRUE(secret->trackers.empty());
    addTrackers(*open, {}, section);
    EXPECT_EQ(open->trackers.size(), 1u);
    addTrackers(*open, {{"trackers", QJsonArray{"http://mine/announce", "http://common/announce"}}}, section);
    EXPECT_EQ(open->trackers.size(), 2u);
    EXPECT_EQ(open->tracker_tiers.size(), open->trackers.size());
}

TEST(BtPlace, PaddingBehindTheOnlyFileMakesNoFolder)
{
    lt::file_storage storage;
    storage.add_file("film.bin", 100'000);
    lt::create_torrent creator(storage, 65'536, lt::create_torrent::v2_only);
    for (const lt::piece_index_t::diff_type piece : {0, 1})
        creator.set_hash2(lt::file_index_t(0), piece, lt::hasher256("piece", 5).final());
    QByteArray bytes;
    lt::bencode(std::back_inserter(bytes), creator.generate());
    const auto params = parseTorrent(bytes);
    ASSERT_TRUE(params) << describe(params.error()).toStdString();
    EXPECT_TRUE(isSingleFile(*params->ti));
    const auto files = torrentFiles(*params->ti);
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].path, "film.bin");
    EXPECT_EQ(files[0].size, 100'000);
}

TEST(BtSettings, AProxyThatCanNotCarryItAllIsRefused)
{
    const auto with = [](const char* url) {
        return sessionSettings({}, ProxyConfig{.url = QUrl(QString::fromLatin1(url))}, {.utpOut = true});
    };
    for (const char* url : {"https://p:1", "socks4://p:1", "socks4a://p:1"})
        EXPECT_EQ(with(url).error().code, Code::SwarmProxyUnusable) << url;
    const auto http = with("http://p:1");
    ASSERT_TRUE(http);
    for (const int udp :
        {lt::settings_pack::enable_dht, lt::settings_pack::enable_outgoing_utp, lt::settings_pack::enable_incoming_utp,
            lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp, lt::settings_pack::enable_natpmp})
        EXPECT_FALSE(http->get_bool(udp)) << udp;
    const auto socks = with("socks5h://p:1");
    ASSERT_TRUE(socks);
    EXPECT_TRUE(socks->get_bool(lt::settings_pack::enable_dht));
    EXPECT_FALSE(socks->get_bool(lt::settings_pack::enable_lsd));
    EXPECT_TRUE(socks->get_bool(lt::settings_pack::proxy_peer_connections));
    EXPECT_TRUE(socks->get_bool(lt::settings_pack::proxy_hostnames));
}

// Their names would be asked for past the proxy.
TEST(BtSettings, BehindAProxyEntrancesAreAddresses)
{
    const QJsonObject section{{"dht.bootstrap", QJsonArray{"dht.example:6881", "203.0.113.7:6881", "[2001:db8::1]:6881"}}};
    const auto nodes = [&](const ProxyConfig& proxy) {
        return sessionSettings(section, proxy, {})->get_str(lt::settings_pack::dht_bootstrap_nodes);
    };
    EXPECT_EQ(nodes({}), "dht.example:6881,203.0.113.7:6881,[2001:db8::1]:6881");
    EXPECT_EQ(nodes({.url = QUrl(QStringLiteral("socks5h://p:1"))}), "203.0.113.7:6881,[2001:db8::1]:6881");
}

TEST(BtSettings, PortsAndAddress)
{
    const auto pack = sessionSettings({{"ports", "7000-7005"}}, ProxyConfig{.bindTo = QStringLiteral("tun0")}, {});
    ASSERT_TRUE(pack);
    EXPECT_EQ(pack->get_str(lt::settings_pack::listen_interfaces), "tun0:7000");
    EXPECT_EQ(pack->get_str(lt::settings_pack::outgoing_interfaces), "tun0");
    EXPECT_EQ(pack->get_int(lt::settings_pack::max_retry_port_bind), 5);
    EXPECT_FALSE(pack->get_bool(lt::settings_pack::listen_system_port_fallback)) << "a port that nobody opened";
    EXPECT_EQ(pack->get_int(lt::settings_pack::num_outgoing_ports), 0);
    const auto narrow = sessionSettings({{"ports", "8000"}, {"outgoingPorts", "8001-9000"}}, {}, {});
    ASSERT_TRUE(narrow);
    EXPECT_EQ(narrow->get_int(lt::settings_pack::max_retry_port_bind), 0);
    EXPECT_EQ(narrow->get_int(lt::settings_pack::outgoing_port), 8001);
    EXPECT_EQ(narrow->get_int(lt::settings_pack::num_outgoing_ports), 1000);
}

TEST(BtSettings, UploadSlots)
{
    const auto slots = [](const QJsonObject& section) {
        return sessionSettings(section, {}, {})->get_int(lt::settings_pack::unchoke_slots_limit);
    };
    EXPECT_EQ(slots({}), 20);
    EXPECT_EQ(slots({{"uploadSlots", 3}}), 3);
    EXPECT_EQ(slots({{"uploadSlots", 0}}), -1);
}

TEST(BtSettings, SharingEnds)
{
    using std::chrono::seconds;
    const QJsonObject section{{"seedRatio", 1.5}, {"seedTime", 0}, {"seedIdle", 60'000}};
    const ShareLimits limits = shareLimits(section, {});
    EXPECT_FALSE(limits.none());
    EXPECT_FALSE(sharedEnough({149, 100, seconds(1'000'000), seconds(59)}, limits));
    EXPECT_TRUE(sharedEnough({150, 100, seconds(0), seconds(0)}, limits));
    EXPECT_TRUE(sharedEnough({0, 100, seconds(0), seconds(60)}, limits));
    EXPECT_TRUE(shareLimits(section, {{"seedRatio", 0}}).none());
    EXPECT_TRUE(shareLimits(section, {{"seedTime", 0}}).none());
    EXPECT_FALSE(shareLimits({{"seedRatio", QJsonValue()}}, {}).ratio.has_value());
}

TEST(BtSettings, PasskeysAreNotShown)
{
    EXPECT_EQ(maskedTracker("https://t.example:8443/abc123/announce?passkey=x"), "https://t.example:8443");
    EXPECT_EQ(maskedTracker("udp://t.example:6969"), "udp://t.example:6969");
    EXPECT_EQ(maskedTracker("http://user:secret@t.example/announce"), "http://t.example");
}

TEST(BtResume, WhatIsKeptComesBackWithoutPeers)
{
    BtState state;
    state.params = *parseTorrent(torrentOf({}));
    state.params.peers = {lt::tcp::endpoint(lt::make_address("192.0.2.7"), 6881)};
    state.params.total_uploaded = 77;
    state.name = QStringLiteral("Album (1)");
    state.identity = "1:2";
    state.webSeeds = {QStringLiteral("http://w/")};
    state.whole = true;
    const QByteArray bytes = state.toBytes();
    const auto back = BtState::fromBytes(bytes);
    ASSERT_TRUE(back) << describe(back.error()).toStdString();
    EXPECT_EQ(back->name, state.name);
    EXPECT_EQ(back->identity, state.identity);
    EXPECT_EQ(back->webSeeds, state.webSeeds);
    EXPECT_TRUE(back->whole);
    EXPECT_EQ(back->params.total_uploaded, 77);
    EXPECT_TRUE(back->params.peers.empty());
    ASSERT_TRUE(back->params.ti);
    EXPECT_EQ(back->params.ti->info_hashes(), state.params.ti->info_hashes());
    for (qsizetype cut = 0; cut < bytes.size(); cut += 7)
        EXPECT_FALSE(BtState::fromBytes(bytes.left(cut)));
}

TEST(PieceMap, APieceIsFoundAcrossFiles)
{
    const QByteArray torrent = "d4:infod5:filesld6:lengthi3e4:pathl1:aeed6:lengthi2e4:pathl3:d d1:beee4:name5:Al um12:piece "
                               "lengthi16384e6:pieces20:"
        + QByteArray::fromHex("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d") + "ee";
    const auto params = parseTorrent(torrent);
    ASSERT_TRUE(params) << describe(params.error()).toStdString();
    const auto parts = partsOf(*params->ti, lt::piece_index_t(0), QUrl("http://h/x/"));
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].url.toEncoded(), "http://h/x/Al%20um/a");
    EXPECT_EQ(parts[0].range, (ByteRange{0, 3}));
    EXPECT_EQ(parts[1].url.toEncoded(), "http://h/x/Al%20um/d%20d/b");
    EXPECT_EQ(parts[1].offset, 3);
}

TEST(PieceHashes, OfVersion1AreSha1)
{
    const auto params = parseTorrent(torrentOf({}));
    ASSERT_TRUE(params);
    const PieceHashes hashes(params->ti);
    EXPECT_TRUE(hashes.complete());
    EXPECT_TRUE(hashes.fits(lt::piece_index_t(0), "hello"));
    EXPECT_FALSE(hashes.fits(lt::piece_index_t(0), "hellO"));
    EXPECT_FALSE(hashes.fits(lt::piece_index_t(0), "hell"));
}

lt::sha256_hash sha256(const QByteArray& bytes) { return lt::hasher256(bytes.constData(), int(bytes.size())).final(); }
lt::sha256_hash above(const lt::sha256_hash& left, const lt::sha256_hash& right)
{
    return lt::hasher256(left).update(right).final();
}

TEST(PieceHashes, ARootIsThatOfItsBlocks)
{
    const QByteArray a(16 << 10, 'a'), b(16 << 10, 'b'), c(100, 'c');
    const lt::sha256_hash none;
    EXPECT_EQ(merkleRoot(a, 1), sha256(a));
    EXPECT_EQ(merkleRoot(c, 1), sha256(c));
    EXPECT_EQ(merkleRoot(a + c, 1), above(sha256(a), sha256(c)));
    EXPECT_EQ(merkleRoot(a + b + c, 1), above(above(sha256(a), sha256(b)), above(sha256(c), none)));
    EXPECT_EQ(merkleRoot(c, 4), above(above(sha256(c), none), above(none, none)));
}

TEST(PieceHashes, OfVersion2AreKnownOnceTheirLayerIs)
{
    constexpr int kPiece = 32 << 10;
    const QByteArray small(20'000, 's'), large = QByteArray(kPiece, 'x') + QByteArray(100, 'y');
    const lt::sha256_hash first = merkleRoot(large.first(kPiece), 2), second = merkleRoot(large.sliced(kPiece), 2);
    lt::file_storage storage;
    storage.add_file("Album/large", large.size());
    storage.add_file("Album/small", small.size());
    lt::create_torrent creator(storage, kPiece, lt::create_torrent::v2_only);
    creator.set_hash2(lt::file_index_t(0), lt::piece_index_t::diff_type(0), first);
    creator.set_hash2(lt::file_index_t(0), lt::piece_index_t::diff_type(1), second);
    for (const lt::file_index_t file : creator.files().file_range())
        if (!creator.files().pad_file_at(file) && file != lt::file_index_t(0))
            creator.set_hash2(file, lt::piece_index_t::diff_type(0), merkleRoot(small, 1));
    QByteArray bytes;
    lt::bencode(std::back_inserter(bytes), creator.generate());
    const auto params = parseTorrent(bytes);
    ASSERT_TRUE(params) << describe(params.error()).toStdString();
    PieceHashes hashes(params->ti);
    const auto padded = [&](int piece, const QByteArray& own) {
        return own + QByteArray(params->ti->piece_size(lt::piece_index_t(piece)) - own.size(), '\0');
    };
    // Of a file that is one piece the description itself has the hash.
    EXPECT_FALSE(hashes.complete());
    EXPECT_TRUE(hashes.fits(lt::piece_index_t(2), padded(2, small)));
    EXPECT_FALSE(hashes.knows(lt::piece_index_t(0)));
    EXPECT_FALSE(hashes.fits(lt::piece_index_t(0), large.first(kPiece)));
    hashes.learn({{first, {}}});
    EXPECT_TRUE(hashes.knows(lt::piece_index_t(0)));
    EXPECT_FALSE(hashes.knows(lt::piece_index_t(1)));
    hashes.learn({{first, second}});
    EXPECT_TRUE(hashes.complete());
    EXPECT_TRUE(hashes.fits(lt::piece_index_t(0), large.first(kPiece)));
    EXPECT_TRUE(hashes.fits(lt::piece_index_t(1), padded(1, large.sliced(kPiece))));
    EXPECT_FALSE(hashes.fits(lt::piece_index_t(1), padded(1, QByteArray(100, 'z'))));
    EXPECT_FALSE(hashes.fits(lt::piece_index_t(1), "short"));
}

/// Three files of four pieces each.
class Urgent : public ::testing::Test {
protected:
    Urgent()
    {
        storage.set_piece_length(16 << 10);
        for (const char* name : {"x/a", "x/b", "x/c"})
            storage.add_file(name, 4 * storage.piece_length());
        storage.set_num_pieces(12);
        for (int i = 0; i < 3; ++i)
            files.push_back({QString::number(i), 4 * storage.piece_length(), lt::file_index_t(i)});
        have.resize(12, false);
    }
    std::vector<int> pieces(PieceOrder order)
    {
        std::vector<int> numbers;
        for (const lt::piece_index_t piece : urgentPieces(order, storage, files, priorities, have))
            numbers.push_back(int(piece));
        return numbers;
    }
    lt::file_storage storage;
    std::vector<TorrentFile> files;
    FilePriorities priorities;
    lt::typed_bitfield<lt::piece_index_t> have;
};

TEST_F(Urgent, EachOrderHasItsOwn)
{
    EXPECT_EQ(pieces(PieceOrder::Rarest), std::vector<int>());
    EXPECT_EQ(pieces(PieceOrder::Sequential), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
    EXPECT_EQ(pieces(PieceOrder::Ends), (std::vector<int>{0, 3, 4, 7, 8, 11}));
    EXPECT_EQ(pieces(PieceOrder::Playback), (std::vector<int>{0, 3, 4, 7, 8, 11, 1, 2, 5, 6, 9, 10}));
}

TEST_F(Urgent, NothingThatIsThereOrUnwanted)
{
    priorities = {lt::default_priority, lt::dont_download, lt::default_priority};
    have.set_bit(lt::piece_index_t(0));
    have.set_bit(lt::piece_index_t(9));
    EXPECT_EQ(pieces(PieceOrder::Ends), (std::vector<int>{3, 8, 11}));
    EXPECT_EQ(pieces(PieceOrder::Playback), (std::vector<int>{3, 8, 11, 1, 2, 10}));
}

TEST_F(Urgent, ManyFilesHaveABound)
{
    lt::file_storage many;
    many.set_piece_length(16 << 10);
    files.clear();
    for (int i = 0; i < 1000; ++i) {
        many.add_file("x/" + std::to_string(i), 2 * many.piece_length());
        files.push_back({QString::number(i), 2 * many.piece_length(), lt::file_index_t(i)});
    }
    many.set_num_pieces(2000);
    have = {};
    EXPECT_EQ(urgentPieces(PieceOrder::Ends, many, files, {}, have).size(), 64u);
}

TEST(PieceOrder, OptionsNameIt)
{
    EXPECT_EQ(pieceOrder({}), PieceOrder::Rarest);
    EXPECT_EQ(pieceOrder({{"sequential", true}}), PieceOrder::Sequential);
    EXPECT_EQ(pieceOrder({{"order", "playback"}}), PieceOrder::Playback);
    EXPECT_EQ(pieceOrder({{"order", "ends"}, {"sequential", true}}), PieceOrder::Ends);
}

TEST(CheckThrottle, BytesHaveTheirTime)
{
    const TimePoint begin{};
    EXPECT_EQ(dueAt(0, 100, begin), begin);
    EXPECT_EQ(dueAt(250, 100, begin) - begin, std::chrono::milliseconds(2500));
}

TEST(BtReport, NotAnnouncedIsNotUnreachable)
{
    Swarm::Facts facts;
    facts.status.list_peers = 0;
    facts.trackers["http://t"].error = Error{Code::TrackerRefused, QStringLiteral("http://t: unregistered")};
    EXPECT_TRUE(swarmTrouble(facts, BtPhase::Download, true).contains("not announced"));
    facts.trackers["http://t"] = {.answered = true, .asked = true, .peers = 3};
    EXPECT_TRUE(swarmTrouble(facts, BtPhase::Download, true).contains("no peer can be reached"));
    facts.trackers["http://t"].peers = 0;
    EXPECT_TRUE(swarmTrouble(facts, BtPhase::Download, true).contains("nobody else"));
    facts.status.download_payload_rate = 5;
    EXPECT_TRUE(swarmTrouble(facts, BtPhase::Download, true).isEmpty());
}

TEST(BtReport, APieceMapSaysWhatIsThere)
{
    lt::typed_bitfield<lt::piece_index_t> have;
    EXPECT_EQ(pieceMap(have), QString());
    have.resize(4, false);
    have.set_bit(lt::piece_index_t(1));
    EXPECT_EQ(pieceMap(have), QStringLiteral(".#.."));
    have.resize(5120, false);
    for (int piece = 0; piece < 15; ++piece)
        have.set_bit(lt::piece_index_t(piece));
    const QString map = pieceMap(have);
    EXPECT_EQ(map.size(), 512);
    EXPECT_TRUE(map.startsWith("#5.")) << map.toStdString();
}

} // namespace
} // namespace weir
