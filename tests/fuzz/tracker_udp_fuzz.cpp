// builds with: plugins/bt/tools/udp_tracker.cpp
// Any datagram as a request to the tracker over UDP, and as a reply of one.

#include "check.h"

#include "bt/tools/udp_tracker.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArray bytes(data, qsizetype(size));
    if (const auto request = readUdpRequest(bytes)) {
        if (request->action == UdpAction::Announce) {
            const AnnounceRequest& asked = request->announce;
            WEIR_CHECK(asked.hash.size() == 20 && asked.peerId.size() == 20 && asked.wanted >= -1);
            WEIR_CHECK(asked.left >= 0 && asked.uploaded >= 0 && asked.downloaded >= 0);
            WEIR_CHECK(asked.port || asked.event == AnnounceEvent::Stopped);
            const auto again = readUdpRequest(udpAnnounceRequest(request->connection, request->transaction, asked));
            WEIR_CHECK(again && again->announce == asked);
        }
        WEIR_CHECK(request->scrape.size() <= kMostUdpScraped);
    } else {
        WEIR_CHECK(!request.error().detail.isEmpty());
    }
    const quint32 transaction = udpTransaction(bytes).value_or(0);
    (void)readUdpConnection(bytes, transaction);
    for (const bool six : {false, true})
        if (const auto reply = readUdpAnnounceReply(bytes, transaction, six))
            WEIR_CHECK(reply->seeds >= 0 && reply->leechers >= 0 && reply->peers.size() <= bytes.size() / (six ? 18 : 6));
    (void)readUdpScrapeReply(bytes, transaction, {QByteArray(20, 'a'), QByteArray(20, 'b')});
    return 0;
}
