#pragma once
// Live streams of cameras and media servers: RTSP and RTMP, recorded until the user or the server has enough. Main thread, but
// for support().

#include <weir/adapter.h>

namespace weir {

class RtspAdapter final : public ProtocolAdapter {
public:
    explicit RtspAdapter(Services& services) : services_(services) {}

    int support(const QUrl& url) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    /// libavformat knows no proxy for these protocols: what would need one is refused when it starts.
    void configureProxy(const ProxyConfig& proxy) override { proxy_ = proxy; }

private:
    Services& services_;
    ProxyConfig proxy_;
};

} // namespace weir
