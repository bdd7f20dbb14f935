// builds with: plugins/bt/tools/bencode.cpp
// builds with: plugins/bt/tools/http_request.cpp
// builds with: plugins/bt/tools/http_tracker.cpp
// builds with: plugins/bt/tools/swarm_table.cpp
// Any bytes as a request to the tracker over HTTP, and as a tracker's reply: what the server answers is correct bencode, and
// the table stays within its limits.

#include "check.h"

#include "bt/tools/bencode.h"
#include "bt/tools/http_request.h"
#include "bt/tools/http_tracker.h"
#include "bt/tools/swarm_table.h"

using namespace weir;

namespace {

void serve(SwarmTable& table, QByteArrayView query)
{
    const QHostAddress from(QStringLiteral("10.0.0.1"));
    if (const auto request = readAnnounceQuery(query)) {
        WEIR_CHECK(request->hash.size() == 20 && request->peerId.size() == 20);
        WEIR_CHECK(request->left >= 0 && request->uploaded >= 0 && request->downloaded >= 0);
        const auto reply = table.announce(*request, from, TimePoint());
        const QByteArray body = reply ? announceReplyBody(*reply, *request) : failureBody(reply.error().detail);
        BencodeRemarks remarks;
        WEIR_CHECK(readBencode(body, {}, &remarks) && remarks.isEmpty());
        if (reply)
            WEIR_CHECK(readAnnounceReply(body));
    } else {
        WEIR_CHECK(!request.error().detail.isEmpty());
    }
    if (const auto hashes = readScrapeQuery(query))
        WEIR_CHECK(readScrapeReply(scrapeReplyBody(table.scrape(*hashes))));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArray bytes(data, qsizetype(size));
    SwarmTable table({.torrents = 2, .peersEach = 2, .peersTotal = 3, .believeAddresses = true});
    if (const auto request = readHttpRequest(bytes); request && *request) {
        WEIR_CHECK((*request)->path.startsWith('/') && !(*request)->path.contains('?'));
        serve(table, (*request)->query);
    }
    for (const QByteArray& line : bytes.split('\n'))
        serve(table, "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=1&" + line);
    WEIR_CHECK(table.swarms().size() <= 2);
    for (const auto& [hash, swarm] : table.swarms())
        WEIR_CHECK(hash.size() == 20 && swarm.peers.size() <= 2);
    (void)readAnnounceReply(bytes);
    (void)readScrapeReply(bytes);
    return 0;
}
