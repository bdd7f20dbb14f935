// builds with: plugins/http/http_profile.cpp
// builds with: plugins/http/http_fields.cpp
// Raw header lines through HeaderBlock into judgeHttp(): an accepted reply never promises bytes that were not asked for.

#include "check.h"

#include "http/http_profile.h"
#include "net/header_block.h"

using namespace weir;

namespace {

void judgeFor(const HeaderBlock& block, const FetchRequest& request)
{
    const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1'790'000'000));
    const auto head = judgeHttpAt(now, block.status(), block.headers(), request.url, request);
    if (!head) {
        WEIR_CHECK(errorRow(head.error().code).category == Category::Http || head.error().code == Code::BadContentEncoding);
        return;
    }
    WEIR_CHECK(head->totalSize >= -1);
    WEIR_CHECK(head->mirrors.size() <= 32);
    WEIR_CHECK(head->validator.size() <= 1024 + 5);
    if (head->ranged)
        WEIR_CHECK(request.range && head->offset == request.range->begin && !head->encoded);
    else
        WEIR_CHECK(head->offset == 0 && (!request.range || request.range->begin == 0));
    if (request.expectedSize >= 0 && head->totalSize >= 0)
        WEIR_CHECK(head->totalSize == request.expectedSize);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    HeaderBlock block;
    const QByteArray bytes(data, qsizetype(size));
    for (const QByteArray& line : bytes.split('\n')) {
        if (block.add(line) == HeaderBlock::Line::TooLarge)
            return 0;
    }
    FetchRequest request{.url = QUrl("https://host.test/file.bin")};
    judgeFor(block, request);
    request.range = ByteRange{0, -1};
    judgeFor(block, request);
    request.range = ByteRange{100, 200};
    judgeFor(block, request);
    request.validator = "\"v1\"";
    request.expectedSize = 1000;
    judgeFor(block, request);
    request.validator = "date:Mon, 21 Sep 2026 00:00:00 GMT";
    judgeFor(block, request);
    return 0;
}
