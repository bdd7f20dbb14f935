#include "queue/retry_rule.h"

#include <algorithm>

namespace weir {

namespace {

constexpr int kAtOnceInARow = 3;

qint64 toMs(std::chrono::system_clock::time_point at)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

Verdict tryLater(const RunEnd& end, const BackoffPolicy& backoff, const RandomSource& random)
{
    Verdict verdict;
    verdict.attempts = (end.progressed ? 0 : end.attempts) + 1;
    if (verdict.attempts >= std::max(1, end.maxAttempts)) {
        verdict.event = Event::Fail;
        return verdict;
    }
    verdict.event = Event::TryAgain;
    verdict.notBefore = end.error.notBefore ? std::max(end.nowMs, toMs(*end.error.notBefore))
                                            : end.nowMs + backoffDelay(verdict.attempts, backoff, random).count();
    return verdict;
}

Verdict tryAtOnce(const RunEnd& end, const BackoffPolicy& backoff, const RandomSource& random)
{
    const int before = end.progressed ? 0 : end.atOnce;
    if (before >= kAtOnceInARow || end.error.notBefore)
        return tryLater(end, backoff, random);
    Verdict verdict;
    verdict.event = Event::TryAgain;
    verdict.attempts = end.attempts;
    verdict.atOnce = before + 1;
    return verdict;
}

Verdict waitForUser(const RunEnd& end)
{
    Verdict verdict;
    verdict.attempts = end.attempts;
    verdict.trouble = volumeTrouble(end.error.code);
    if (verdict.trouble != VolumeTrouble::None)
        verdict.event = Event::TryAgain;
    else if (end.error.code == Code::AwaitingChoice)
        verdict.event = Event::Ask;
    return verdict;
}

} // namespace

Verdict judge(const RunEnd& end, const BackoffPolicy& backoff, const RandomSource& random)
{
    if (end.error.code == Code::Ok)
        return {.event = Event::Finish};
    const Retry retry = errorRow(end.error.code).retry;
    const bool passing = retry == Retry::Later || retry == Retry::OtherSource || retry == Retry::Now;
    if (end.stopRequested && (end.error.code == Code::Cancelled || passing) && end.error.code != Code::OtherAdapter)
        return {.event = Event::Stopped, .attempts = end.attempts};
    // Nobody asked it to stop: that is a failure like any other, and must not become a loop without a pause.
    if (end.error.code == Code::Cancelled)
        return tryLater(end, backoff, random);
    if (end.error.code == Code::OtherAdapter)
        return {.event = Event::TryAgain, .attempts = end.attempts, .handOver = true};
    switch (retry) {
    case Retry::Never: return {.event = Event::Fail, .attempts = end.attempts};
    case Retry::Now: return tryAtOnce(end, backoff, random);
    case Retry::Later:
    case Retry::OtherSource: return tryLater(end, backoff, random);
    case Retry::AfterUser: return waitForUser(end);
    }
    return {};
}

VolumeTrouble volumeTrouble(Code code)
{
    switch (code) {
    case Code::DiskFull:
    case Code::DiskQuota: return VolumeTrouble::Full;
    case Code::DiskReadOnly: return VolumeTrouble::ReadOnly;
    case Code::DiskGone: return VolumeTrouble::Gone;
    default: return VolumeTrouble::None;
    }
}

bool needsFreshStart(Code code)
{
    switch (code) {
    case Code::ValidatorChanged:
    case Code::SizeChanged:
    case Code::ContentChanged:
    case Code::ChecksumMismatch:
    case Code::DigestMismatch: return true;
    default: return false;
    }
}

} // namespace weir
