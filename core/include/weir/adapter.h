#pragma once
// A plugin teaches the program one thing: what a URL means. Three methods, and four that have defaults.

#include <weir/context.h>

namespace weir {
inline namespace abi1 {

/// One line of what `weir doctor` says.
struct Checkup {
    QString name; ///< what was looked at: "ports for peers"
    bool ok = true;
    QString detail, remedy;
    QList<quint16> taken; ///< ports of this machine that could not be opened: the host looks who has them
};

/// One per plugin, made by the host when the first URL needs it, never destroyed before the program ends.
/// support() and supportContent() are pure and may be called from any thread; the rest on the main thread.
class ProtocolAdapter {
public:
    virtual ~ProtocolAdapter() = default;
    /// 0: no, 50: generic, 100: surely mine. The highest wins; equal ones are decided by plugin name.
    virtual int support(const QUrl& url) const = 0;
    /// Cheap; no I/O before run().
    virtual std::unique_ptr<DownloadTask> createTask(const QUrl& url) = 0;
    /// For fetches started from now on. A protocol that can't be proxied must refuse, not leak.
    virtual void configureProxy(const ProxyConfig& proxy) = 0;
    /// Like support(), by what came back: a playlist or .torrent behind any URL.
    virtual int supportContent(QByteArrayView mime, QByteArrayView first4k) const
    {
        Q_UNUSED(mime)
        Q_UNUSED(first4k)
        return 0;
    }
    /// What a whole content of this kind, fetched from `base`, says of single files that lie elsewhere. Pure, any thread.
    virtual QList<DescribedFile> describes(QByteArrayView content, const QUrl& base) const
    {
        Q_UNUSED(content)
        Q_UNUSED(base)
        return {};
    }
    /// Set if this protocol can lend bytes to others.
    virtual RangeFetcher* fetcher() { return nullptr; }
    /// What is not as it should be, for `weir doctor`. Cheap: it tells what is known.
    virtual QList<Checkup> examine() const { return {}; }
};

} // namespace abi1
} // namespace weir
