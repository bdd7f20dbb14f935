#include "bt/bt_resume.h"

#include "bt/bt_errors.h"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/read_resume_data.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/write_resume_data.hpp>

namespace weir {

QByteArray BtState::toBytes() const
{
    lt::add_torrent_params kept = params;
    kept.peers.clear();
    kept.banned_peers.clear();
    lt::entry all = lt::write_resume_data(kept);
    lt::entry& own = all["weir"];
    own["name"] = name.toStdString();
    own["identity"] = identity.toStdString();
    own["whole"] = lt::entry::integer_type(whole);
    QByteArray bytes;
    lt::entry::list_type& seeds = own["webSeeds"].list();
    for (const QString& url : webSeeds)
        seeds.emplace_back(url.toStdString());
    lt::entry::dictionary_type& hashes = own["digests"].dict();
    for (const ExpectedDigest& digest : digests)
        hashes[digest.algorithm.toStdString()] = digest.value.toStdString();
    lt::bencode(std::back_inserter(bytes), all);
    return bytes;
}

Result<BtState> BtState::fromBytes(QByteArrayView bytes)
{
    lt::error_code error;
    const lt::bdecode_node all = lt::bdecode(lt::span<const char>(bytes.data(), bytes.size()), error, nullptr, 100, 10'000'000);
    if (error || all.type() != lt::bdecode_node::dict_t)
        return failure(torrentError(error, QStringLiteral("saved state")));
    BtState state;
    state.params = lt::read_resume_data(all, error);
    if (error)
        return failure(torrentError(error, QStringLiteral("saved state")));
    const lt::bdecode_node own = all.dict_find_dict("weir");
    if (!own || !state.params.ti)
        return failure(Code::TorrentBad, QStringLiteral("saved state"));
    const auto text = [&](const char* key) {
        const lt::string_view value = own.dict_find_string_value(key);
        return QByteArray(value.data(), qsizetype(value.size()));
    };
    state.name = QString::fromUtf8(text("name"));
    state.identity = text("identity");
    if (const lt::bdecode_node seeds = own.dict_find_list("webSeeds"))
        for (int i = 0; i < seeds.list_size(); ++i) {
            const lt::string_view url = seeds.list_string_value_at(i);
            state.webSeeds.append(QString::fromUtf8(url.data(), qsizetype(url.size())));
        }
    if (const lt::bdecode_node hashes = own.dict_find_dict("digests"))
        for (int i = 0; i < hashes.dict_size(); ++i) {
            const auto [algorithm, value] = hashes.dict_at(i);
            const lt::string_view raw = value.string_value();
            state.digests.append(
                {QByteArray(algorithm.data(), qsizetype(algorithm.size())), QByteArray(raw.data(), qsizetype(raw.size()))});
        }
    state.whole = own.dict_find_int_value("whole") != 0;
    return state;
}

} // namespace weir
