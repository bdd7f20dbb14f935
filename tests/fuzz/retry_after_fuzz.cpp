// parseRetryAfter and parseHttpDate on any value: a time lies between now and the longest wait, a date within the years that
// system_clock can hold.

#include "check.h"

#include "base/backoff.h"

using namespace weir;
using namespace std::chrono;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    const system_clock::time_point now = sys_days(year(2026) / 11 / 21);
    const auto date = parseHttpDate(bytes, now);
    if (date)
        WEIR_CHECK(*date >= sys_days(year(1900) / 1 / 1) && *date < sys_days(year(2201) / 1 / 2));
    const auto until = parseRetryAfter(bytes, now);
    if (until)
        WEIR_CHECK(*until >= now && *until <= now + kLongestRetryAfter);
    WEIR_CHECK(!date || until);
    return 0;
}
