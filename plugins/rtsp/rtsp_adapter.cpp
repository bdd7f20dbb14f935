#include "rtsp/rtsp_adapter.h"

#include "rtsp/live_recording.h"

namespace weir {

namespace {

class LiveTask final : public DownloadTask {
public:
    LiveTask(ProxyConfig proxy, bool udp) : proxy_(std::move(proxy)), udp_(udp) {}
    Result<void> run(TaskContext& ctx) override { return LiveRecording(ctx, proxy_, udp_).run(); }

private:
    const ProxyConfig proxy_;
    const bool udp_;
};

} // namespace

int RtspAdapter::support(const QUrl& url) const
{
    const QString scheme = url.scheme();
    const bool ours = scheme == QLatin1String("rtsp") || scheme == QLatin1String("rtsps") || scheme == QLatin1String("rtmp");
    return ours && !url.host().isEmpty() ? 100 : 0;
}

std::unique_ptr<DownloadTask> RtspAdapter::createTask(const QUrl&)
{
    return std::make_unique<LiveTask>(
        proxy_, services_.settings().value(QLatin1String("transport")).toString() == QLatin1String("udp"));
}

} // namespace weir
