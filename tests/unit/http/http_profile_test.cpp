#include "http/http_profile.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;
using SystemTime = std::chrono::system_clock::time_point;

const SystemTime kNow{1'790'000'000s}; // 2026-09-21
const QUrl kUrl("https://host.test/dir/file.iso");

// ---- what is sent

QByteArray lineOf(const Headers& headers, const char* name) { return headerValue(headers, name); }

FetchRequest request(std::optional<ByteRange> range = {}, QByteArray validator = {})
{
    return {.url = kUrl, .range = range, .context = std::make_shared<RequestContext>(), .validator = std::move(validator)};
}

TEST(HttpPrepare, WholeFileNamesNoRange)
{
    const Headers sent = prepareHttp(nullptr, request());
    EXPECT_EQ(lineOf(sent, "Accept"), "*/*");
    EXPECT_EQ(lineOf(sent, "Accept-Encoding"), "identity");
    EXPECT_TRUE(lineOf(sent, "Range").isNull());
    EXPECT_TRUE(lineOf(sent, "If-Range").isNull());
}

TEST(HttpPrepare, RangesAreClosed)
{
    EXPECT_EQ(lineOf(prepareHttp(nullptr, request(ByteRange{0, 1})), "Range"), "bytes=0-0");
    EXPECT_EQ(lineOf(prepareHttp(nullptr, request(ByteRange{100, 4096})), "Range"), "bytes=100-4095");
    EXPECT_EQ(lineOf(prepareHttp(nullptr, request(ByteRange{5'000'000'000, -1})), "Range"), "bytes=5000000000-");
}

TEST(HttpPrepare, OnlyAStrongValidatorMakesTheRangeConditional)
{
    const auto condition = [](const char* validator, bool conditional, std::optional<ByteRange> range) {
        FetchRequest asked = request(range, validator);
        asked.conditional = conditional;
        return lineOf(prepareHttp(nullptr, asked), "If-Range");
    };
    EXPECT_EQ(condition("\"v1\"", true, ByteRange{1, 2}), "\"v1\"");
    EXPECT_TRUE(condition("\"v1\"", false, ByteRange{1, 2}).isNull());
    EXPECT_TRUE(condition("W/\"v1\"", true, ByteRange{1, 2}).isNull());
    EXPECT_TRUE(condition("date:Mon, 21 Sep 2026 00:00:00 GMT", true, ByteRange{1, 2}).isNull());
    EXPECT_TRUE(condition("\"v1\"", true, {}).isNull());
}

TEST(HttpPrepare, HeadersOfTheTransferAreOurs)
{
    auto context = std::make_shared<RequestContext>();
    context->headers = {{"range", "bytes=1-2"}, {"If-None-Match", "x"}, {"If-Range", "x"}, {"IF-Modified-Since", "x"},
        {"Accept-Encoding", "br"}, {"Host", "evil"}, {"Connection", "close"}, {"Content-Length", "1"},
        {"Transfer-Encoding", "chunked"}, {"Proxy-Authorization", "x"}, {"Referer", "https://page.test/"}, {"X-Mine", "1"},
        {"Accept", "image/*"}};
    const Headers sent = prepareHttp(nullptr, {.url = kUrl, .context = context});
    const Headers expected{
        {"Referer", "https://page.test/"}, {"X-Mine", "1"}, {"Accept", "image/*"}, {"Accept-Encoding", "identity"}};
    EXPECT_EQ(sent, expected);
}

TEST(HttpPrepare, UserAgentOfTheContextWinsOverItsHeader)
{
    auto context = std::make_shared<RequestContext>();
    context->headers = {{"User-Agent", "browser"}};
    EXPECT_EQ(lineOf(prepareHttp(nullptr, {.url = kUrl, .context = context}), "User-Agent"), "browser");
    context->userAgent = "other";
    EXPECT_TRUE(lineOf(prepareHttp(nullptr, {.url = kUrl, .context = context}), "User-Agent").isNull())
        << "the engine sends it";
}

// ---- what comes back

struct Case {
    const char* name;
    int status;
    Headers reply;
    FetchRequest asked;
    Code code;
    friend void PrintTo(const Case& row, std::ostream* out) { *out << row.name; }
};

FetchRequest resumed(ByteRange range, const char* validator, qint64 size = 1000)
{
    FetchRequest asked = request(range, validator);
    asked.expectedSize = size;
    return asked;
}

FetchRequest unconditional(FetchRequest asked)
{
    asked.conditional = false;
    return asked;
}

FetchRequest at(const char* url, FetchRequest asked = request())
{
    asked.url = QUrl(url);
    return asked;
}

const ByteRange kPart{100, 200};
const char* const kDate = "Mon, 21 Sep 2026 00:00:00 GMT";

QList<Case> cases()
{
    const QPair<QByteArray, QByteArray> part{"Content-Range", "bytes 100-199/1000"};
    const QPair<QByteArray, QByteArray> html{"Content-Type", "text/html; charset=utf-8"};
    return {
        // whole files
        {"Whole", 200, {{"Content-Length", "1000"}}, request(), Code::Ok},
        {"WholeUnknownLength", 200, {}, request(), Code::Ok},
        {"WholeChunked", 200, {{"Transfer-Encoding", "chunked"}}, request(), Code::Ok},
        {"WholeEmpty", 200, {{"Content-Length", "0"}}, request(), Code::Ok},
        {"Created", 201, {{"Content-Length", "10"}}, request(), Code::Ok},
        {"Transformed", 203, {{"Content-Length", "10"}}, request(), Code::Ok},
        {"SameTwice", 200, {{"Content-Length", "1000"}, {"Content-Length", "1000"}}, request(), Code::Ok},
        {"SameJoined", 200, {{"Content-Length", "1000, 1000"}}, request(), Code::Ok},
        {"TwoLengths", 200, {{"Content-Length", "1000"}, {"Content-Length", "999"}}, request(), Code::ContentLengthBad},
        {"NegativeLength", 200, {{"Content-Length", "-5"}}, request(), Code::ContentLengthBad},
        {"HugeLength", 200, {{"Content-Length", "99999999999999999999"}}, request(), Code::ContentLengthBad},
        {"WordLength", 200, {{"Content-Length", "ten"}}, request(), Code::ContentLengthBad},
        {"LengthUnderChunks", 200, {{"Content-Length", "ten"}, {"Transfer-Encoding", "chunked"}}, request(), Code::Ok},
        {"SameSize", 200, {{"Content-Length", "1000"}}, resumed({0, -1}, "\"v1\""), Code::Ok},
        {"OtherSize", 200, {{"Content-Length", "999"}}, resumed({0, -1}, ""), Code::SizeChanged},
        {"OtherEtag", 200, {{"Content-Length", "1000"}, {"ETag", "\"v2\""}}, resumed({0, -1}, "\"v1\""),
            Code::ValidatorChanged},
        {"FromZeroCoveringAll", 200, {{"Content-Length", "1000"}}, request(ByteRange{0, 1000}), Code::Ok},
        {"FromZeroOpen", 200, {}, request(ByteRange{0, -1}), Code::Ok},
        {"FromZeroNotAll", 200, {{"Content-Length", "1000"}}, request(ByteRange{0, 999}), Code::RangeIgnored},
        {"FromZeroUnknown", 200, {}, request(ByteRange{0, 999}), Code::RangeIgnored},
        {"RangeIgnored", 200, {{"Content-Length", "1000"}}, request(kPart), Code::RangeIgnored},
        {"ConditionIgnored", 200, {{"Content-Length", "1000"}, {"ETag", "\"v1\""}}, resumed(kPart, "\"v1\""),
            Code::RangeIgnored},
        {"ConditionIgnoredUnnamed", 200, {{"Content-Length", "1000"}}, resumed(kPart, "\"v1\""), Code::RangeIgnored},
        {"ConditionFailed", 200, {{"Content-Length", "1000"}, {"ETag", "\"v2\""}}, resumed(kPart, "\"v1\""),
            Code::ValidatorChanged},
        {"IgnoredAndOtherSize", 200, {{"Content-Length", "7"}}, resumed(kPart, ""), Code::SizeChanged},
        {"LoginPage", 200, {html, {"Content-Length", "7"}}, resumed(kPart, "\"v1\""), Code::HtmlInsteadOfFile},
        {"LoginPageUnknownLength", 200, {html}, resumed(kPart, "\"v1\""), Code::HtmlInsteadOfFile},
        {"LoginPageOtherEtag", 200, {html, {"ETag", "\"v2\""}}, resumed(kPart, "\"v1\""), Code::HtmlInsteadOfFile},
        {"PageThatIgnoresRanges", 200, {html, {"ETag", "\"v1\""}}, resumed(kPart, "\"v1\"", -1), Code::RangeIgnored},
        {"FirstReplyIsAPage", 200, {html}, request(), Code::Ok},
        {"Coded", 200, {{"Content-Encoding", "gzip"}, {"Content-Length", "10"}}, resumed({0, -1}, ""), Code::Ok},
        {"CodedIdentity", 200, {{"Content-Encoding", "identity"}}, request(), Code::Ok},
        {"CodedJunk", 200, {{"Content-Encoding", "UTF-8"}}, request(), Code::Ok},
        {"CodedUnknown", 200, {{"Content-Encoding", "compress"}}, request(), Code::BadContentEncoding},
        {"CodedTwice", 200, {{"Content-Encoding", "gzip, exi"}}, request(), Code::BadContentEncoding},
        // parts
        {"Part", 206, {part, {"Content-Length", "100"}}, request(kPart), Code::Ok},
        {"PartUpperCaseUnit", 206, {{"Content-Range", "BYTES 100-199/1000"}}, request(kPart), Code::Ok},
        {"PartTotalUnknown", 206, {{"Content-Range", "bytes 100-199/*"}}, request(kPart), Code::Ok},
        {"PartShorter", 206, {{"Content-Range", "bytes 100-149/1000"}}, request(kPart), Code::Ok},
        {"PartOpen", 206, {{"Content-Range", "bytes 100-999/1000"}}, request(ByteRange{100, -1}), Code::Ok},
        {"PartSameEtag", 206, {part, {"ETag", "\"v1\""}}, resumed(kPart, "\"v1\""), Code::Ok},
        {"PartWeakTwin", 206, {part, {"ETag", "W/\"v1\""}}, resumed(kPart, "\"v1\""), Code::Ok},
        {"PartSameWeak", 206, {part, {"ETag", "W/\"v1\""}}, resumed(kPart, "W/\"v1\""), Code::Ok},
        {"PartOtherEtag", 206, {part, {"ETag", "\"v2\""}}, resumed(kPart, "\"v1\""), Code::ValidatorChanged},
        {"PartOtherWeak", 206, {part, {"ETag", "W/\"v2\""}}, resumed(kPart, "W/\"v1\""), Code::ValidatorChanged},
        {"PartSameDate", 206, {part, {"Last-Modified", kDate}}, resumed(kPart, "date:Mon, 21 Sep 2026 00:00:00 GMT"), Code::Ok},
        {"PartSameDateOtherForm", 206, {part, {"Last-Modified", "Monday, 21-Sep-26 00:00:00 GMT"}},
            resumed(kPart, "date:Mon, 21 Sep 2026 00:00:00 GMT"), Code::Ok},
        {"PartOtherDate", 206, {part, {"Last-Modified", kDate}}, resumed(kPart, "date:Mon, 21 Sep 2026 00:00:01 GMT"),
            Code::ValidatorChanged},
        {"PartDateBesideNewEtag", 206, {part, {"ETag", "\"x\""}, {"Last-Modified", kDate}},
            resumed(kPart, "date:Mon, 21 Sep 2026 00:00:00 GMT"), Code::Ok},
        {"PartUnnamedButConditional", 206, {part}, resumed(kPart, "\"v1\"", -1), Code::Ok},
        {"PartUnnamedOfRightSize", 206, {part}, unconditional(resumed(kPart, "\"v1\"")), Code::Ok},
        {"PartUnnamedOfUnknownSize", 206, {{"Content-Range", "bytes 100-199/*"}}, unconditional(resumed(kPart, "\"v1\"")),
            Code::ValidatorChanged},
        {"PartOtherSize", 206, {part}, resumed(kPart, "", 1001), Code::SizeChanged},
        {"PartNobodyAskedFor", 206, {part}, request(), Code::RangeWrong},
        {"PartTooEarly", 206, {{"Content-Range", "bytes 99-199/1000"}}, request(kPart), Code::RangeWrong},
        {"PartTooLate", 206, {{"Content-Range", "bytes 101-199/1000"}}, request(kPart), Code::RangeWrong},
        {"PartTooLong", 206, {{"Content-Range", "bytes 100-200/1000"}}, request(kPart), Code::RangeWrong},
        {"PartFromZero", 206, {{"Content-Range", "bytes 0-999/1000"}}, request(kPart), Code::RangeWrong},
        {"PartWithoutRange", 206, {}, request(kPart), Code::ContentRangeBad},
        {"PartStar", 206, {{"Content-Range", "bytes */1000"}}, request(kPart), Code::ContentRangeBad},
        {"PartBackwards", 206, {{"Content-Range", "bytes 199-100/1000"}}, request(kPart), Code::ContentRangeBad},
        {"PartBeyondEnd", 206, {{"Content-Range", "bytes 100-1000/1000"}}, request(kPart), Code::ContentRangeBad},
        {"PartOtherUnit", 206, {{"Content-Range", "items 100-199/1000"}}, request(kPart), Code::ContentRangeBad},
        {"PartNegative", 206, {{"Content-Range", "bytes -100-199/1000"}}, request(kPart), Code::ContentRangeBad},
        {"PartNonsense", 206, {{"Content-Range", "bytes=100-199/1000"}}, request(kPart), Code::ContentRangeBad},
        {"PartHuge", 206, {{"Content-Range", "bytes 100-99999999999999999999/*"}}, request(kPart), Code::ContentRangeBad},
        {"PartOtherLength", 206, {part, {"Content-Length", "99"}}, request(kPart), Code::ContentLengthBad},
        {"Multipart", 206, {{"Content-Type", "multipart/byteranges; boundary=x"}}, request(kPart), Code::MultipartRange},
        {"PartOfCodedForm", 206, {part, {"Content-Encoding", "gzip"}}, request(kPart), Code::RangeIgnored},
        // redirects that lead nowhere, other successes
        {"Accepted", 202, {}, request(), Code::HttpServerTrouble},
        {"NoContent", 204, {}, request(), Code::HttpStatusUnknown},
        {"MultiStatus", 207, {}, request(), Code::HttpStatusUnknown},
        {"Continue", 100, {}, request(), Code::HttpStatusUnknown},
        {"Choices", 300, {}, request(), Code::HttpMultipleChoices},
        {"Moved", 301, {}, request(), Code::HttpRedirectBroken},
        {"NotModified", 304, {}, request(), Code::HttpNotModified},
        {"UseProxy", 305, {}, request(), Code::HttpUseProxy},
        {"Unused306", 306, {}, request(), Code::HttpStatusUnknown},
        // errors
        {"Unauthorized", 401, {}, request(), Code::HttpUnauthorized},
        {"Forbidden", 403, {}, request(), Code::HttpForbidden},
        {"Missing", 404, {}, request(), Code::HttpNotFound},
        {"Gone", 410, {}, request(), Code::HttpGone},
        {"ProxyAuth", 407, {}, request(), Code::HttpProxyAuthRequired},
        {"Portal", 511, {}, request(), Code::HttpNetworkLogin},
        {"Unlisted4xx", 499, {}, request(), Code::HttpClientError},
        {"Unlisted5xx", 599, {}, request(), Code::HttpServerTrouble},
        {"Status999", 999, {}, request(), Code::HttpStatusUnknown},
        {"Status0", 0, {}, request(), Code::HttpStatusUnknown},
        {"Unsatisfiable", 416, {{"Content-Range", "bytes */1000"}}, resumed({2000, 3000}, ""), Code::HttpRangeNotSatisfiable},
        {"UnsatisfiableBare", 416, {}, resumed({2000, 3000}, ""), Code::HttpRangeNotSatisfiable},
        {"UnsatisfiableOtherSize", 416, {{"Content-Range", "bytes */50"}}, resumed(kPart, ""), Code::SizeChanged},
        {"UnsatisfiableOtherEtag", 416, {{"Content-Range", "bytes */1000"}, {"ETag", "\"v2\""}}, resumed(kPart, "\"v1\""),
            Code::ValidatorChanged},
        // links with a date
        {"ForbiddenWhileResuming", 403, {}, resumed(kPart, "\"v1\""), Code::LinkExpired},
        {"GoneWhileResuming", 410, {}, resumed(kPart, "\"v1\""), Code::LinkExpired},
        {"MissingWhileResuming", 404, {}, resumed(kPart, "\"v1\""), Code::HttpNotFound},
        {"PastExpires", 403, {}, at("https://s.test/f?Expires=1700000000&Signature=x"), Code::LinkExpired},
        {"PastExpiresMs", 403, {}, at("https://s.test/f?exp=1700000000000"), Code::LinkExpired},
        {"FutureExpires", 403, {}, at("https://s.test/f?Expires=1900000000"), Code::HttpForbidden},
        {"PastAmz", 403, {}, at("https://s.test/f?X-Amz-Date=20260101T000000Z&X-Amz-Expires=3600"), Code::LinkExpired},
        {"FutureAmz", 403, {}, at("https://s.test/f?X-Amz-Date=20260920T235959Z&X-Amz-Expires=604800"), Code::HttpForbidden},
        {"PastGoog", 400, {}, at("https://s.test/f?X-Goog-Date=20260101T000000Z&X-Goog-Expires=3600"), Code::LinkExpired},
        {"PastSas", 403, {}, at("https://s.test/f?se=2026-01-01T00%3A00%3A00Z&sig=x"), Code::LinkExpired},
        {"PastToken", 401, {}, at("https://s.test/f?token=eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDAwMDB9.x"), Code::LinkExpired},
        {"ExpiresIsNoMoment", 403, {}, at("https://s.test/f?expires=3600&e=12&token=abc"), Code::HttpForbidden},
        {"PastButServerTrouble", 500, {}, at("https://s.test/f?Expires=1700000000"), Code::HttpServerError},
    };
}

class HttpJudge : public ::testing::TestWithParam<Case> {};

TEST_P(HttpJudge, SaysWhatTheReplyIs)
{
    const Case& row = GetParam();
    const auto head = judgeHttpAt(kNow, row.status, row.reply, row.asked.url, row.asked);
    const Code code = head ? Code::Ok : head.error().code;
    EXPECT_EQ(code, row.code) << errorRow(code).name << " instead of " << errorRow(row.code).name;
    if (!head) {
        EXPECT_EQ(head.error().native, row.status);
        EXPECT_TRUE(head.error().detail.contains(row.asked.url.host()));
        EXPECT_FALSE(head.error().detail.contains("Signature")) << "queries hold secrets";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Replies, HttpJudge, ::testing::ValuesIn(cases()), [](const auto& info) { return std::string(info.param.name); });

TEST(HttpStatus, EveryRowOfTheCatalogueIsRaisedByItsNumber)
{
    for (const ErrorRow& row : errorRows()) {
        const int number = int(row.code);
        if (row.category != Category::Http || number < 2300 || number >= 2600)
            continue;
        EXPECT_EQ(httpStatusCode(number - 2000), row.code) << row.name;
    }
}

Result<FetchHead> judged(const Headers& reply, FetchRequest asked = request(), int status = 200)
{
    return judgeHttpAt(kNow, status, reply, asked.url, asked);
}

TEST(HttpHead, SaysWhatThePartIs)
{
    const auto head =
        judged({{"Content-Range", "bytes 100-199/1000"}, {"ETag", "\"v1\""}, {"Content-Type", "Video/MP4; codecs=x"}},
            request(kPart), 206);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->finalUrl, kUrl);
    EXPECT_EQ(head->status, 206);
    EXPECT_TRUE(head->ranged);
    EXPECT_TRUE(head->rangesOffered);
    EXPECT_EQ(head->offset, 100);
    EXPECT_EQ(head->totalSize, 1000);
    EXPECT_EQ(head->mime, "video/mp4");
    EXPECT_EQ(head->validator, "\"v1\"");
    EXPECT_EQ(head->headers.size(), 3);
}

TEST(HttpHead, WholeFileThatCoversTheRangeStartsAtZero)
{
    const auto head = judged({{"Content-Length", "1000"}}, request(ByteRange{0, -1}));
    ASSERT_TRUE(head);
    EXPECT_FALSE(head->ranged);
    EXPECT_EQ(head->offset, 0);
    EXPECT_EQ(head->totalSize, 1000);
}

TEST(HttpHead, RangesAreOfferedOnlyInBytes)
{
    EXPECT_TRUE(judged({{"Accept-Ranges", "Bytes"}})->rangesOffered);
    EXPECT_TRUE(judged({{"Accept-Ranges", "items, bytes"}})->rangesOffered);
    EXPECT_FALSE(judged({{"Accept-Ranges", "none"}})->rangesOffered);
    EXPECT_FALSE(judged({})->rangesOffered);
}

TEST(HttpHead, LengthsOfCodedAndChunkedBodiesAreNotTheFiles)
{
    EXPECT_EQ(judged({{"Content-Encoding", "gzip"}, {"Content-Length", "10"}})->totalSize, -1);
    EXPECT_TRUE(judged({{"Content-Encoding", "gzip"}})->encoded);
    EXPECT_EQ(judged({{"Transfer-Encoding", "chunked"}, {"Content-Length", "10"}})->totalSize, -1);
}

TEST(HttpHead, ACodingThatTheNameShowsIsTheFile)
{
    for (const char* name : {"a.tar.gz", "a.TGZ", "a.svgz"}) {
        const auto head = judged(
            {{"Content-Encoding", "gzip"}, {"Content-Length", "10"}}, at((QByteArray("http://h.test/") + name).constData()));
        EXPECT_FALSE(head->encoded) << name;
        EXPECT_EQ(head->totalSize, 10) << name;
    }
    EXPECT_FALSE(judged({{"Content-Encoding", "x-gzip"}, {"Content-Type", "application/x-gzip"}})->encoded);
    EXPECT_FALSE(judged({{"Content-Encoding", "zstd"}}, at("http://h.test/a.tar.zst"))->encoded);
    EXPECT_TRUE(judged({{"Content-Encoding", "gzip"}}, at("http://h.test/a.br"))->encoded);
    EXPECT_FALSE(judged({{"Content-Encoding", "br"}}, at("http://h.test/a.gz")))
        << "nothing here could tell whether it is whole";
    EXPECT_FALSE(judged({{"Content-Encoding", "gzip, gzip"}}, at("http://h.test/a")));
}

TEST(HttpHead, ValidatorsAreTheStrongestThatIsThere)
{
    EXPECT_EQ(judged({{"ETag", "\"a\""}, {"Last-Modified", kDate}})->validator, "\"a\"");
    EXPECT_EQ(judged({{"ETag", "w/\"a\""}})->validator, "W/\"a\"");
    EXPECT_EQ(judged({{"Last-Modified", kDate}})->validator, QByteArray("date:") + kDate);
    EXPECT_EQ(judged({{"ETag", "\"\""}})->validator, "");
    EXPECT_EQ(judged({{"ETag", QByteArray(5000, 'x')}})->validator, "");
    EXPECT_EQ(judged({})->validator, "");
}

TEST(HttpHead, NamesTypesAndDigests)
{
    const auto head = judged({{"Content-Disposition", "attachment; filename=\"a b.iso\""}, {"Content-Type", "nonsense"},
        {"Repr-Digest", "sha-256=:" + QByteArray(32, 'x').toBase64() + ":"}});
    ASSERT_TRUE(head);
    EXPECT_EQ(head->fileName, "a b.iso");
    EXPECT_EQ(head->mime, "");
    ASSERT_EQ(head->digests.size(), 1);
    EXPECT_EQ(head->digests[0].algorithm, "sha-256");
    EXPECT_TRUE(judged({{"Content-Encoding", "gzip"}, {"Repr-Digest", "sha-256=:" + QByteArray(32, 'x').toBase64() + ":"}})
                    ->digests.isEmpty());
}

TEST(HttpHead, DuplicatesAreMirrorsByPriority)
{
    const auto head = judged(
        {{"Link",
             "<https://b.test/f>; rel=duplicate; pri=2, <https://a.test/f,1>; pri=1; rel=\"duplicate\"; title=\"a, b; c\""},
            {"Link", "</other>; rel=duplicate"},
            {"Link", "<http://plain.test/f>; rel=duplicate, <https://x.test/>; rel=describedby"},
            {"Link",
                "<ftp://f.test/f>; rel=duplicate, <javascript:x>; rel=duplicate, broken, <https://b.test/f>; rel=duplicate"}});
    ASSERT_TRUE(head);
    EXPECT_EQ(
        head->mirrors, (QList<QUrl>{QUrl("https://a.test/f,1"), QUrl("https://b.test/f"), QUrl("https://host.test/other")}))
        << "never from https to http";
}

TEST(HttpHead, DescriptionsAreMetalinksThenTorrents)
{
    const auto head = judged({{"Link", "</f.torrent>; rel=describedby; type=\"application/x-bittorrent\""},
        {"Link", "</f.meta4>; rel=\"describedby nofollow\"; type=application/metalink4+xml"},
        {"Link", "</f.asc>; rel=describedby; type=\"application/pgp-signature\", </g.meta4>; rel=describedby"},
        {"Link", "<http://plain.test/f.meta4>; rel=describedby; type=application/metalink4+xml"}});
    ASSERT_TRUE(head);
    EXPECT_EQ(head->descriptions, (QList<QUrl>{QUrl("https://host.test/f.meta4"), QUrl("https://host.test/f.torrent")}));
    EXPECT_TRUE(head->mirrors.isEmpty());
}

TEST(HttpHead, MirrorsAreCapped)
{
    QByteArray links;
    for (int i = 0; i < 100; ++i)
        links += "<https://m" + QByteArray::number(i) + ".test/f>; rel=duplicate, ";
    EXPECT_EQ(judged({{"Link", links}})->mirrors.size(), 32);
}

TEST(HttpErrors, RetryAfterIsAMoment)
{
    const auto until = [](int status, const char* value) {
        return judged({{"Retry-After", value}}, request(), status).error().notBefore;
    };
    EXPECT_EQ(until(429, "120"), kNow + 120s);
    EXPECT_EQ(until(503, "120"), kNow + 120s);
    EXPECT_TRUE(until(503, "Mon, 21 Sep 2026 12:00:00 GMT"));
    EXPECT_FALSE(until(503, "soon"));
    EXPECT_FALSE(judged({}, request(), 429).error().notBefore);
}

} // namespace
} // namespace weir
