#pragma once
// The schema of the settings as the Markdown of docs/settings.md. Pure; any thread.

#include <QString>

namespace weir {

QString settingsMarkdown();

} // namespace weir
