// Libraries that no daemon must ever run; which of them this becomes is MISFIT (tests/CMakeLists.txt).
#include <weir/plugin.h>

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

#define ABI 1
#define TAG 2
#define SYMBOL 3
#define LIBRARY 4
#define CRASHES 5
#define THROWS 6
#define HANGS 7
#define NAMELESS 8
#define CONSTRUCTOR 9

#if MISFIT == ABI
namespace weir {
inline namespace abi1 {}
namespace abi0 {
void describe();
}
} // namespace weir
#elif MISFIT == SYMBOL
extern "C" void nobody_has_this_function();
#endif

namespace {

using namespace weir;

class Adapter final : public ProtocolAdapter {
public:
    explicit Adapter(Services&)
    {
#if MISFIT == ABI
        abi0::describe();
#elif MISFIT == SYMBOL
        nobody_has_this_function();
#elif MISFIT == CONSTRUCTOR
        throw std::runtime_error("this adapter can't be made");
#endif
    }
    int support(const QUrl&) const override { return 100; }
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return nullptr; }
    void configureProxy(const ProxyConfig&) override {}
};

struct AtLoad {
    AtLoad()
    {
#if MISFIT == CRASHES
        std::abort();
#elif MISFIT == THROWS
        throw std::runtime_error("at load");
#elif MISFIT == HANGS
        for (;;)
            ::pause();
#endif
    }
} atLoad;

} // namespace

#if MISFIT == TAG
#undef WEIR_BUILD_TAG
#define WEIR_BUILD_TAG "abi1 qt5.15 gcc-cxx11"
#endif
#if MISFIT == NAMELESS
WEIR_PLUGIN(Adapter, "No Name!", "1.0", "misfit", "", "")
#elif MISFIT == CONSTRUCTOR
WEIR_PLUGIN(Adapter, "constructor", "1.0", "misfit", "", "")
#elif MISFIT == LIBRARY
extern "C" __attribute__((visibility("default"))) int not_a_plugin() { return 1; }
#else
WEIR_PLUGIN(Adapter, "misfit", "1.0", "misfit", "", "")
#endif
