#include "transfer/source_error.h"

namespace weir {

Consequence consequence(const Error& error, const FetchCircumstances& circumstances)
{
    const ErrorRow& row = errorRow(error.code);
    if (row.category == Category::Disk || row.category == Category::Ledger || row.category == Category::General)
        return Consequence::FailTask;

    switch (error.code) {
    case Code::ValidatorChanged:
    case Code::SizeChanged:
    case Code::ContentChanged:
    case Code::MirrorDiffers: return circumstances.primary ? Consequence::FailTask : Consequence::DropSource;
    case Code::RangeIgnored:
    case Code::HttpPreconditionFailed:
    case Code::HttpNotModified: return circumstances.conditional ? Consequence::WithoutCondition : Consequence::WholeOnly;
    case Code::HttpRangeNotSatisfiable:
    case Code::RangeUnsatisfiable:
    case Code::RangeWrong:
    case Code::ContentRangeBad:
    case Code::MultipartRange: return Consequence::WholeOnly;
    case Code::HttpTooManyRequests:
    case Code::HttpUnavailable:
    case Code::HttpBandwidthExceeded:
    case Code::HostBusy: return Consequence::Busy;
    default: break;
    }
    // A link for one use, or a server that counts connections: what runs goes on.
    const bool refused = row.category == Category::Http || row.category == Category::Ftp || error.code == Code::LoginRefused
        || error.code == Code::RemoteAccessDenied || error.code == Code::RemoteFileMissing;
    if (circumstances.othersRunning && refused)
        return Consequence::NoMoreLanes;
    switch (row.retry) {
    case Retry::Later:
    case Retry::Now: return Consequence::Again;
    case Retry::OtherSource: return circumstances.onlySource ? Consequence::Again : Consequence::DropSource;
    case Retry::Never:
    case Retry::AfterUser: break;
    }
    return circumstances.onlySource ? Consequence::FailTask : Consequence::DropSource;
}

} // namespace weir
