#include "queue/traffic.h"

#include <QJsonArray>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Traffic, AddsByDayAndTellsTheNewsOnce)
{
    Traffic traffic;
    traffic.load({{"2026-11-20", 10, 1}, {"2026-11-21", 20, 2}});
    EXPECT_TRUE(traffic.takeNews().empty());
    traffic.count("2026-11-21", 5, 0);
    traffic.count("2026-11-22", 7, 3);
    traffic.count("2026-11-22", -4, 0);
    EXPECT_EQ(traffic.takeNews(), (std::vector<TrafficRecord>{{"2026-11-21", 5, 0}, {"2026-11-22", 7, 3}}));
    EXPECT_TRUE(traffic.takeNews().empty());
    const QJsonObject json = traffic.toJson("2026-11-21");
    EXPECT_EQ(json[u"today"][u"down"].toInteger(), 25);
    EXPECT_EQ(json[u"today"][u"up"].toInteger(), 2);
    EXPECT_EQ(json[u"total"][u"down"].toInteger(), 42);
    EXPECT_EQ(json[u"total"][u"up"].toInteger(), 6);
    EXPECT_EQ(json[u"days"].toArray().size(), 3);
    EXPECT_EQ(traffic.toJson("2026-12-24")[u"today"][u"down"].toInteger(), 0);
}

TEST(Traffic, ShowsTheLastDaysOnly)
{
    Traffic traffic;
    for (int day = 10; day < 60; ++day)
        traffic.count(QStringLiteral("2026-%1").arg(day), 1, 0);
    const QJsonArray days = traffic.toJson({})[u"days"].toArray();
    ASSERT_EQ(days.size(), 31);
    EXPECT_EQ(days.first()[u"day"].toString(), "2026-29");
    EXPECT_EQ(days.last()[u"day"].toString(), "2026-59");
    EXPECT_EQ(traffic.toJson({})[u"total"][u"down"].toInteger(), 50);
}

} // namespace
} // namespace weir
