#include "metalink/metalink_adapter.h"

#include "metalink/metalink_document.h"
#include "metalink/metalink_task.h"

#include <QJsonArray>

namespace weir {

namespace {
constexpr int kSurely = 100;
}

int MetalinkAdapter::support(const QUrl& url) const
{
    const auto ends = [&](const char* with) { return url.path().endsWith(QLatin1String(with), Qt::CaseInsensitive); };
    if (mustBeMetalink(url))
        return kSurely;
    return url.isLocalFile() && (ends(".meta4") || ends(".metalink")) ? kSurely : 0;
}

int MetalinkAdapter::supportContent(QByteArrayView, QByteArrayView first4k) const
{
    return opensLikeMetalink(first4k) ? kSurely : 0;
}

QList<DescribedFile> MetalinkAdapter::describes(QByteArrayView content, const QUrl& base) const
{
    QList<DescribedFile> all;
    // What was found beside a link has no signature that could be looked at here.
    if (!services_.settings().value(QLatin1String("trustedKeys")).toArray().isEmpty())
        return all;
    if (const auto files = parseMetalink(content, base))
        for (const MetalinkFile& file : *files)
            all.append(describedFile(file));
    return all;
}

std::unique_ptr<DownloadTask> MetalinkAdapter::createTask(const QUrl&)
{
    return std::make_unique<MetalinkTask>(services_, memory_);
}

} // namespace weir
