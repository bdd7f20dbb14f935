#pragma once
// "Known size, many sources, one file": the task that splits, adds mirrors and connections while they pay, retries, resumes
// and verifies. Any protocol that offers a RangeFetcher gets it for one line.

#include <weir/task.h>

namespace weir {
inline namespace abi1 {

/// Its bytes come from services.fetcherFor() of the task's URL and mirrors.
std::unique_ptr<DownloadTask> makeSegmentedTask();

} // namespace abi1
} // namespace weir
