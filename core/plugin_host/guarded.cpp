#include "plugin_host/guarded.h"

#include <new>

namespace weir {

Result<void> guarded(const std::function<Result<void>()>& run)
{
    try {
        return run();
    } catch (const std::bad_alloc&) {
        return failure(Code::OutOfMemory, QStringLiteral("run of a plugin"));
    } catch (const std::exception& error) {
        return failure(Code::PluginThrew, QString::fromUtf8(error.what()));
    } catch (...) {
        return failure(Code::PluginThrew, QStringLiteral("something that is no std::exception"));
    }
}

} // namespace weir
