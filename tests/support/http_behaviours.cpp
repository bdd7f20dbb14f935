#include "support/http_behaviour.h"

#include <cstdio>
#include <cstdlib>

namespace weir::test::behaviours {
namespace {

using B = Behaviour;
using namespace std::chrono_literals;

constexpr qint64 kMiB = 1 << 20;

template <class Change> Named with(const char* name, Change change)
{
    Named named{name, {}};
    change(named.behaviour);
    return named;
}

void addFiles(std::vector<Named>& list)
{
    list.push_back(with("honest", [](B&) {}));
    list.push_back(with("empty file", [](B& b) { b.size = 0; }));
    list.push_back(with("one byte", [](B& b) { b.size = 1; }));
    list.push_back(with("weak etag", [](B& b) { b.etag = "W/\"v1\""; }));
    list.push_back(with("date only", [](B& b) { b.etag.clear(); }));
    list.push_back(with("no validator", [](B& b) { b.etag.clear(), b.lastModified.clear(); }));
    list.push_back(with("no type", [](B& b) { b.mime.clear(); }));
    list.push_back(with("changes with its etag", [](B& b) { b.changeAfter = 2, b.laterSeed = 99, b.laterEtag = "\"v2\""; }));
    list.push_back(
        with("grows with its etag", [](B& b) { b.changeAfter = 2, b.laterSize = b.size + 777, b.laterEtag = "\"v2\""; }));
    list.push_back(with("etag flaps", [](B& b) { b.changeAfter = 2, b.laterEtag = "\"other server\""; }));
    list.push_back(with("changes with its date", [](B& b) {
        b.etag.clear(), b.changeAfter = 2, b.laterSeed = 99, b.laterLastModified = "Wed, 02 Jul 2025 10:00:00 GMT";
    }));
    list.push_back(with("changes under its etag", [](B& b) { b.changeAfter = 2, b.laterSeed = 99; }));
    list.push_back(with("changes without validator",
        [](B& b) { b.etag.clear(), b.lastModified.clear(), b.changeAfter = 2, b.laterSeed = 99; }));
    list.push_back(with("repr-digest", [](B& b) { b.digest = B::Digest::ReprSha256; }));
    list.push_back(with("repr-digest sha-512", [](B& b) { b.digest = B::Digest::ReprSha512; }));
    list.push_back(with("repr-digest wrong", [](B& b) { b.digest = B::Digest::ReprSha256, b.digestWrong = true; }));
    list.push_back(with("digest", [](B& b) { b.digest = B::Digest::DigestSha256; }));
    list.push_back(with("digest wrong", [](B& b) { b.digest = B::Digest::DigestSha256, b.digestWrong = true; }));
    list.push_back(with("content-md5", [](B& b) { b.digest = B::Digest::ContentMd5; }));
    list.push_back(with("content-md5 wrong", [](B& b) { b.digest = B::Digest::ContentMd5, b.digestWrong = true; }));
}

void addRanges(std::vector<Named>& list)
{
    using R = B::Ranges;
    const std::pair<const char*, R> kinds[] = {{"ranges ignored", R::Ignored}, {"accept-ranges none", R::Denied},
        {"range shifted", R::OffsetShifted}, {"range of another total", R::OtherTotal},
        {"range of unknown total", R::UnknownTotal}, {"no content-range", R::NoContentRange},
        {"garbled content-range", R::GarbledContentRange}, {"range ends beyond", R::EndBeyond},
        {"range of other bytes", R::OtherBytes}, {"another range", R::OtherRange}, {"shorter range", R::Shorter},
        {"multipart range", R::Multipart}, {"416 always", R::Refused}};
    for (const auto& [name, kind] : kinds)
        list.push_back(with(name, [kind = kind](B& b) { b.ranges = kind; }));
    list.push_back(with("whole for an open start", [](B& b) { b.wholeForOpenStart = true; }));
    list.push_back(with("if-range always 200", [](B& b) { b.ifRange = B::IfRange::Always200; }));
    list.push_back(with("if-range 412", [](B& b) { b.ifRange = B::IfRange::Fails412; }));
    list.push_back(with("if-range not looked at",
        [](B& b) { b.ifRange = B::IfRange::NotLookedAt, b.changeAfter = 2, b.laterSeed = 99, b.laterEtag = "\"v2\""; }));
}

void addFraming(std::vector<Named>& list)
{
    using L = B::Length;
    const std::pair<const char*, L> kinds[] = {{"ends with the connection", L::None}, {"length too big", L::TooBig},
        {"length too small", L::TooSmall}, {"length negative", L::Negative}, {"length garbage", L::Garbage},
        {"length beyond 64 bits", L::Huge}, {"two lengths", L::TwoDifferent}, {"chunked", L::Chunked},
        {"chunk size broken", L::ChunkedBroken}, {"last chunk missing", L::ChunkedCut}};
    for (const auto& [name, kind] : kinds)
        list.push_back(with(name, [kind = kind](B& b) { b.length = kind; }));
    list.push_back(with("http/1.0", [](B& b) { b.http10 = true; }));
    list.push_back(
        with("http/1.0 without length", [](B& b) { b.http10 = true, b.length = L::None, b.ranges = B::Ranges::Ignored; }));
    list.push_back(with("no keep-alive", [](B& b) { b.keepAlive = false; }));
    list.push_back(with("extra bytes", [](B& b) { b.extraBytes = 37; }));
    const std::pair<const char*, B::Coding> codings[] = {{"gzip", B::Coding::Gzip},
        {"gzip of wrong length", B::Coding::GzipWrongLength}, {"gzip broken", B::Coding::GzipBroken},
        {"unknown coding", B::Coding::Unknown}};
    for (const auto& [name, kind] : codings)
        list.push_back(with(name, [kind = kind](B& b) { b.coding = kind; }));
}

void addConnections(std::vector<Named>& list)
{
    list.push_back(with("cut every time", [](B& b) { b.cutAfter = 100'000; }));
    list.push_back(with("cut three times", [](B& b) { b.cutAfter = 100'000, b.cutTimes = 3; }));
    list.push_back(with("cut before the first byte", [](B& b) { b.cutAfter = 0, b.cutTimes = 2; }));
    list.push_back(with("cut anywhere", [](B& b) { b.cutAnywhere = true, b.cutTimes = 10; }));
    list.push_back(with("reset three times", [](B& b) { b.cutAfter = 100'000, b.cutTimes = 3, b.reset = true; }));
    list.push_back(with("stalls once", [](B& b) { b.stallAfter = 100'000, b.stallTimes = 1; }));
    list.push_back(with("stalls for ever", [](B& b) { b.stallAfter = 100'000; }));
    list.push_back(with("stalls after the headers", [](B& b) { b.stallAfter = 0, b.stallTimes = 1; }));
    list.push_back(with("drips", [](B& b) { b.size = 20'000, b.dripBytes = 1000, b.dripPause = 10ms; }));
    list.push_back(with("slow first byte", [](B& b) { b.firstByteDelay = 300ms; }));
    list.push_back(with("4 MB/s each", [](B& b) { b.size = 8 * kMiB, b.rates = {4'000'000}; }));
    list.push_back(with("uneven", [](B& b) { b.size = 8 * kMiB, b.rates = {500'000, 8'000'000, 2'000'000, 4'000'000}; }));
    list.push_back(with("two at a time, else 503", [](B& b) { b.maxParallel = 2, b.rates = {4'000'000}, b.retryAfter = 1; }));
    list.push_back(
        with("two at a time, else 429", [](B& b) { b.maxParallel = 2, b.parallelStatus = 429, b.rates = {4'000'000}; }));
    list.push_back(
        with("two at a time, else closed", [](B& b) { b.maxParallel = 2, b.parallelStatus = 0, b.rates = {4'000'000}; }));
    list.push_back(with("refuses connections for a while",
        [](B& b) { b.cutAfter = 100'000, b.cutTimes = 1, b.closeListenerAfter = 1, b.reopenAfter = 500ms; }));
    list.push_back(with("noise", [](B& b) { b.noise = true; }));
    list.push_back(with("closes without a reply", [](B& b) { b.dropWithoutReply = true; }));
    list.push_back(with("huge headers", [](B& b) { b.hugeHeaders = 2 * kMiB; }));
}

void addStatus(std::vector<Named>& list)
{
    const auto status = [&](const char* name, int code, int times, std::optional<int> retryAfter = {}) {
        list.push_back(with(name, [=](B& b) { b.status = code, b.statusTimes = times, b.retryAfter = retryAfter; }));
    };
    status("400", 400, -1);
    status("403", 403, -1);
    status("404", 404, -1);
    status("410", 410, -1);
    status("418", 418, -1);
    status("451", 451, -1);
    status("511", 511, -1);
    status("799", 799, -1);
    status("500 twice", 500, 2);
    status("502 twice", 502, 2);
    status("504 twice", 504, 2);
    status("521 twice", 521, 2);
    status("503 twice", 503, 2);
    status("503 twice with the time to wait", 503, 2, 1);
    status("429 twice", 429, 2);
    status("429 twice with the time to wait", 429, 2, 1);
    list.push_back(
        with("429 until a date", [](B& b) { b.status = 429, b.statusTimes = 1, b.retryAfter = 2, b.retryAfterDate = true; }));
    list.push_back(with("link expires", [](B& b) { b.status = 403, b.statusAfter = 2; }));
    list.push_back(with("416 once", [](B& b) { b.status = 416, b.statusTimes = 1, b.statusForRangesOnly = true; }));
    list.push_back(
        with("each range fails once", [](B& b) { b.status = 500, b.statusForRangesOnly = true, b.statusOnce = true; }));
    list.push_back(with("login page", [](B& b) {
        b.body = "<!DOCTYPE html><html><body><form action=login></form></body></html>", b.mime = "text/html; charset=utf-8";
        b.etag.clear(), b.lastModified.clear();
    }));
    list.push_back(with("login page for ranges", [](B& b) {
        b.status = 200, b.statusForRangesOnly = true, b.statusAfter = 1, b.statusMime = "text/html";
        b.statusBody = "<html><body>Please log in</body></html>";
    }));
    list.push_back(with("HEAD 403", [](B& b) { b.headStatus = 403; }));
    list.push_back(with("HEAD 405", [](B& b) { b.headStatus = 405; }));
}

void addDemands(std::vector<Named>& list)
{
    list.push_back(with("five redirects", [](B& b) { b.hops = 5; }));
    list.push_back(with("permanent redirect", [](B& b) { b.hops = 1, b.redirectStatus = 308; }));
    list.push_back(with("relative redirect", [](B& b) { b.hops = 1, b.relativeLocation = true; }));
    list.push_back(with("redirect loop", [](B& b) { b.loop = true; }));
    list.push_back(with("redirect to nowhere", [](B& b) { b.location = QByteArray(""); }));
    list.push_back(with("redirect to a file of the disk", [](B& b) { b.location = "file:///etc/passwd"; }));
    list.push_back(with("single-use addresses", [](B& b) { b.singleUse = true; }));
    list.push_back(with("captive portal", [](B& b) { b.portal = true; }));
    list.push_back(with("basic login", [](B& b) { b.login = B::Login::Basic; }));
    list.push_back(with("digest login", [](B& b) { b.login = B::Login::Digest; }));
    list.push_back(with("bearer login", [](B& b) { b.login = B::Login::Bearer; }));
    list.push_back(with("cookie needed", [](B& b) { b.cookieNeeded = true; }));
    list.push_back(with("referer needed", [](B& b) { b.refererNeeded = "http://127.0.0.1/page"; }));
    list.push_back(with("POST needed", [](B& b) { b.method = "POST", b.requestBody = "id=7"; }));
    list.push_back(
        with("name of the path's root", [](B& b) { b.disposition = "attachment; filename=\"../../../etc/passwd\""; }));
}

} // namespace

std::vector<Named> all()
{
    std::vector<Named> list;
    addFiles(list);
    addRanges(list);
    addFraming(list);
    addConnections(list);
    addStatus(list);
    addDemands(list);
    return list;
}

Behaviour named(const std::string& name)
{
    for (Named& entry : all())
        if (entry.name == name)
            return std::move(entry.behaviour);
    std::fprintf(stderr, "There is no behaviour called '%s'\n", name.c_str());
    std::abort();
}

std::vector<std::pair<std::string, QByteArray>> dispositions()
{
    return {{"plain", "attachment; filename=report.pdf"}, {"quoted", "attachment; filename=\"annual report.pdf\""},
        {"escaped quote", "attachment; filename=\"a \\\"b\\\" c.pdf\""},
        {"extended", "attachment; filename=\"x.pdf\"; filename*=UTF-8''%E2%82%AC%20rates.pdf"},
        {"extended latin-1", "attachment; filename*=iso-8859-1'en'%A3%20rates.pdf"},
        {"extended broken", "attachment; filename=\"good.pdf\"; filename*=UTF-8''%E2%82"},
        {"raw utf-8", "attachment; filename=\"r\xc3\xa9sum\xc3\xa9.pdf\""},
        {"raw latin-1", "attachment; filename=\"r\xe9sum\xe9.pdf\""},
        {"raw shift-jis", "attachment; filename=\"\x93\xfa\x96\x7b.zip\""},
        {"encoded word", "attachment; filename=\"=?UTF-8?B?w6R0ZXN0LnBkZg==?=\""},
        {"climbs", "attachment; filename=\"../../etc/passwd\""},
        {"climbs in percent", "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd"},
        {"climbs on windows", "attachment; filename=\"..\\..\\boot.ini\""},
        {"absolute", "attachment; filename=\"/etc/passwd\""},
        {"300 bytes", "attachment; filename=\"" + QByteArray(296, 'n') + ".bin\""},
        {"300 bytes of kanji", "attachment; filename*=UTF-8''" + QByteArray("%E6%BC%A2").repeated(100) + ".bin"},
        {"NUL", "attachment; filename*=UTF-8''good%00.exe"},
        {"line feed", "attachment; filename*=UTF-8''a%0d%0aSet-Cookie:b.txt"}, {"reserved", "attachment; filename=\"CON.txt\""},
        {"only dots", "attachment; filename=\"...\""}, {"hidden", "attachment; filename=\".bashrc\""},
        {"option", "attachment; filename=\"-rf\""}, {"emoji", "attachment; filename*=UTF-8''%F0%9F%8E%AC%20film.mp4"},
        {"right to left", "attachment; filename*=UTF-8''gpj%E2%80%AE.exe"}, {"empty", "attachment; filename=\"\""},
        {"no name", "attachment"}, {"unfinished quote", "attachment; filename=\"open.bin"},
        {"semicolon inside", "attachment; filename=\"a;b.bin\"; size=3"}, {"inline", "inline; filename=picture.png"},
        {"part", "attachment; filename=\"movie.mkv.part\""}};
}

} // namespace weir::test::behaviours
