#pragma once
// The built-in adapter of tasks whose bytes a browser brings (kind "browser"). Its download takes part after part from Pushes
// and writes them in order; names, NAME.part, syncing and resuming are as for every other task. It is never chosen by an
// address, only by name.

#include "queue/pushes.h"

#include <weir/adapter.h>

namespace weir {

class PushAdapter final : public ProtocolAdapter {
public:
    static constexpr const char* kName = "browser";
    /// Option of the task: how many bytes there will be; left out if the page does not know.
    static constexpr const char* kSizeOption = "pushedSize";

    explicit PushAdapter(Pushes& pushes) : pushes_(pushes) {}
    int support(const QUrl& url) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    void configureProxy(const ProxyConfig& proxy) override; ///< nothing is fetched here

private:
    Pushes& pushes_;
};

} // namespace weir
