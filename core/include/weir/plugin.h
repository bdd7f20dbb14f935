#pragma once
// How a library says that it is a plugin: one symbol, weir_plugin_v1. It is read in a child process before the daemon ever
// loads the file; a plugin built for another Qt, compiler ABI or weir is refused by its build tag.

#include <weir/adapter.h>
#include <weir/curl_fetcher.h>
#include <weir/segmented_task.h>

#include <QtGlobal>

namespace weir {
inline namespace abi1 {

/// Plain data with static strings; grows only at the end.
struct PluginDescriptor {
    quint32 size;         ///< sizeof(PluginDescriptor) at build time
    const char* buildTag; ///< WEIR_BUILD_TAG
    const char* name;     ///< [a-z0-9-]+, unique
    const char* version;
    const char* schemes;   ///< comma-separated: the host opens the plugin at the first URL with one of these
    const char* mimeTypes; ///< comma-separated; likewise for content
    const char* marks;     ///< newline-separated openings of content (after BOM and blanks); likewise
    ProtocolAdapter* (*create)(Services&);
    void (*destroy)(ProtocolAdapter*); ///< freed by the library that allocated it
};

} // namespace abi1
} // namespace weir

#define WEIR_STRING2(x) #x
#define WEIR_STRING(x) WEIR_STRING2(x)
#if defined(_GLIBCXX_USE_CXX11_ABI) && _GLIBCXX_USE_CXX11_ABI
#define WEIR_CXX_ABI "gcc-cxx11"
#else
#define WEIR_CXX_ABI "other"
#endif
#define WEIR_BUILD_TAG "abi1 qt" WEIR_STRING(QT_VERSION_MAJOR) "." WEIR_STRING(QT_VERSION_MINOR) " " WEIR_CXX_ABI

/// `WEIR_PLUGIN(GopherAdapter, "gopher", "1.0", "gopher", "", "")` once, at namespace scope.
#define WEIR_PLUGIN(Adapter, name, version, schemes, mimeTypes, marks)                                                         \
    extern "C" __attribute__((visibility("default")))                                                                          \
    const weir::PluginDescriptor weir_plugin_v1{sizeof(weir::PluginDescriptor), WEIR_BUILD_TAG, name, version, schemes,        \
        mimeTypes, marks, [](weir::Services& services) -> weir::ProtocolAdapter* { return new Adapter(services); },            \
        [](weir::ProtocolAdapter* adapter) { delete adapter; }};
