#pragma once
// Who may talk to the host: the extension as each family of browsers names it. The Chromium id follows from the `key` in
// browser-extension/manifest.json; a test compares.

namespace weir {

constexpr const char* kHostName = "org.weir.host";
constexpr const char* kChromiumExtension = "bhfmnpfnhmejhpdcildahcplllkdoljb";
constexpr const char* kFirefoxExtension = "weir@weir.dev";

} // namespace weir
