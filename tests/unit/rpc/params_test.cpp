#include "rpc/params.h"

#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace weir;

namespace {

Params read(const char* json, const QString& prefix = {}) { return Params(QJsonDocument::fromJson(json).object(), prefix); }

std::string complaint(Params& params)
{
    const auto problem = params.problem();
    return problem ? QStringLiteral("%1 %2").arg(QLatin1StringView(errorRow(problem->code).name), problem->detail).toStdString()
                   : "";
}

TEST(Params, ReadsWhatFits)
{
    auto params = read(
        R"({"t": "x", "n": 7, "f": true, "l": ["a", "b"], "ids": [3, 4], "o": {"k": 1}, "m": "2024-05-31T08:00:00Z", "s": "running"})");
    EXPECT_EQ(params.requiredText("t"), "x");
    EXPECT_EQ(params.integer("n", 0, 10), 7);
    EXPECT_EQ(params.flag("f"), true);
    EXPECT_EQ(params.texts("l"), QStringList({"a", "b"}));
    EXPECT_EQ(*params.ids("ids"), QList<TaskId>({3, 4}));
    EXPECT_EQ(params.object("o").size(), 1);
    EXPECT_EQ(params.moment("m"), 1717142400000);
    EXPECT_EQ(params.state("s"), State::Running);
    EXPECT_EQ(complaint(params), "");
}

TEST(Params, NamesTheParameterThatDoesNotFit)
{
    const std::pair<const char*, std::function<void(Params&)>> cases[] = {
        {R"({"x": 1})", [](Params& p) { p.text("x"); }},
        {R"({"x": ""})", [](Params& p) { p.requiredText("x"); }},
        {R"({})", [](Params& p) { p.requiredText("x"); }},
        {R"({"x": 1.5})", [](Params& p) { p.integer("x", 0, 9); }},
        {R"({"x": 10})", [](Params& p) { p.integer("x", 0, 9); }},
        {R"({"x": "1"})", [](Params& p) { p.integer("x", 0, 9); }},
        {R"({"x": 1e300})", [](Params& p) { p.integer("x", 0, Params::kMaxInteger); }},
        {R"({})", [](Params& p) { p.requiredInteger("x", 0, 9); }},
        {R"({"x": "yes"})", [](Params& p) { p.flag("x"); }},
        {R"({"x": {}})", [](Params& p) { p.array("x"); }},
        {R"({"x": ["a", 1]})", [](Params& p) { p.texts("x"); }},
        {R"({"x": [0]})", [](Params& p) { p.ids("x"); }},
        {R"({"x": []})", [](Params& p) { p.object("x"); }},
        {R"({"x": "asleep"})", [](Params& p) { p.state("x"); }},
    };
    for (const auto& [json, reading] : cases) {
        auto params = read(json, QStringLiteral("tasks[2]."));
        reading(params);
        EXPECT_EQ(complaint(params).rfind("RpcBadParams tasks[2].x: ", 0), 0u) << json << " -> " << complaint(params);
    }
}

TEST(Params, ABadMomentHasItsOwnError)
{
    auto params = read(R"({"until": "tomorrow"})");
    params.moment("until");
    EXPECT_EQ(complaint(params).rfind("BadTime until: \"tomorrow\"", 0), 0u);
}

TEST(Params, AnUnknownParameterIsAComplaint)
{
    auto params = read(R"({"limit": 1, "limt": 2})");
    params.integer("limit", 0, 10);
    EXPECT_EQ(complaint(params), "RpcBadParams limt: not a parameter of this method");
}

TEST(Params, NullIsAsGoodAsLeftOut)
{
    auto params = read(R"({"x": null})");
    EXPECT_EQ(params.integer("x", 0, 9), std::nullopt);
    EXPECT_EQ(complaint(params), "");
}

TEST(Params, TheFirstComplaintStays)
{
    auto params = read(R"({"a": 1, "b": 2})");
    params.text("a");
    params.text("b");
    EXPECT_EQ(complaint(params).rfind("RpcBadParams a: ", 0), 0u);
}

TEST(Params, ASelectionNamesSomething)
{
    auto nothing = read("{}");
    nothing.selection(false);
    EXPECT_EQ(complaint(nothing).rfind("BadSelection", 0), 0u);
    auto all = read(R"({"all": true, "state": "failed", "kind": "http"})");
    const Selection which = all.selection(true);
    EXPECT_TRUE(which.all && which.browserOnly);
    EXPECT_EQ(which.kind, "http");
    EXPECT_EQ(which.state, State::Failed);
    EXPECT_EQ(complaint(all), "");
}

} // namespace
