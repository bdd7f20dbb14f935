#pragma once
// The error catalogue as the Markdown of docs/errors.md. Pure; any thread.

#include <QString>

namespace weir {

QString errorsMarkdown();

} // namespace weir
