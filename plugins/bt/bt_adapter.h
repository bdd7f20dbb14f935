#pragma once
// Torrents: magnets, .torrent files on disk, and what another plugin fetched and found to be one. Main thread, but for
// support(). Owns the session.

#include "bt/bt_session.h"

#include <weir/adapter.h>

namespace weir {

class BtAdapter final : public ProtocolAdapter {
public:
    explicit BtAdapter(Services& services) : session_(services) {}

    int support(const QUrl& url) const override;
    int supportContent(QByteArrayView mime, QByteArrayView first4k) const override;
    QList<DescribedFile> describes(QByteArrayView content, const QUrl& base) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    void configureProxy(const ProxyConfig& proxy) override { session_.configure(proxy); }
    QList<Checkup> examine() const override { return session_.examine(); }

private:
    BtSession session_;
};

} // namespace weir
