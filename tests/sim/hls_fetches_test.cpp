// The small fetches of a capture in virtual time: who is asked when one of the servers can't be reached.
#include "support/fake_context.h"
#include "support/fake_fetcher.h"

#include "hls/resource_fetches.h"

#include <gtest/gtest.h>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

QUrl at(const QString& host, int number) { return QUrl(QStringLiteral("http://%1/%2.ts").arg(host).arg(number)); }

class HlsFetches : public testing::Test {
protected:
    HlsFetches()
    {
        services.fetcher = &net;
        for (const char* host : {"first", "second"})
            net.add({.host = host, .file = {.seed = 1, .size = 1000}});
    }
    /// Wants `count` resources that both servers have, the first one's address in front; how many of them came.
    int fetchAll(int count)
    {
        for (int i = 0; i < count; ++i)
            fetches.want({.resource = {{at("first", i), at("second", i)}, {}}});
        int came = 0;
        while (fetches.pending() > 0)
            if (const auto fetched = fetches.next(1s); fetched && fetched->bytes)
                ++came;
        return came;
    }

    FakeClock clock;
    FakeServices services{clock};
    FakeFetcher net{clock};
    FakeContext context{
        services, TaskSpec{.url = QUrl("http://first/film.m3u8"), .request = std::make_shared<RequestContext>()}};
    ResourceFetches fetches{context};
};

TEST_F(HlsFetches, AServerThatCantBeReachedIsNotWaitedForAgainAndAgain)
{
    net.source("first").silent = true;
    EXPECT_EQ(fetchAll(600), 600);
    EXPECT_LE(net.statistics("first").requests, 20) << "the ones that were on their way, and a trial now and then";
    EXPECT_TRUE(fetches.outage(at("first", 0)));
    EXPECT_FALSE(fetches.outage(at("second", 0)));
}

TEST_F(HlsFetches, AServerThatIsBackIsAskedAgain)
{
    net.source("first").down = true;
    EXPECT_EQ(fetchAll(20), 20);
    ASSERT_TRUE(fetches.outage(at("first", 0)));
    net.source("first").down = false;
    clock.runFor(60s);
    EXPECT_FALSE(fetches.outage(at("first", 0)));
    const int before = net.statistics("second").requests;
    EXPECT_EQ(fetchAll(20), 20);
    EXPECT_EQ(net.statistics("second").requests, before);
}

TEST_F(HlsFetches, AServersNoIsNoOutage)
{
    net.source("first").failure = 1;
    net.source("first").failureCode = Code::HttpNotFound;
    EXPECT_EQ(fetchAll(20), 20);
    EXPECT_FALSE(fetches.outage(at("first", 0))) << "it answers: another file may be there";
}

} // namespace
} // namespace weir::test
