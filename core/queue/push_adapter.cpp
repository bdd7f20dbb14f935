#include "queue/push_adapter.h"

#include <weir/context.h>

namespace weir {

namespace {

/// How far the file is known without a hole.
qint64 wholeUntil(const RangeSet& written)
{
    if (written.empty() || written.ranges().front().begin > 0)
        return 0;
    return written.ranges().front().end;
}

class PushedDownload final : public DownloadTask {
public:
    explicit PushedDownload(Pushes& pushes) : pushes_(pushes) {}

    Result<void> run(TaskContext& ctx) override
    {
        const TaskId id = ctx.spec().id;
        auto outcome = receive(ctx, id);
        // Who begins to send just now waits for the next run, not for this one.
        if (!outcome && outcome.error().code != Code::PushAbandoned)
            pushes_.answer(id, failure(outcome.error()));
        return outcome;
    }

private:
    Result<void> receive(TaskContext& ctx, TaskId id)
    {
        const QJsonValue announced = ctx.spec().options.value(QLatin1String(PushAdapter::kSizeOption));
        const qint64 size = announced.toInteger(-1);
        const auto choice = ctx.describe({.size = size, .mime = ctx.spec().mime, .resumable = true});
        if (!choice)
            return failure(choice.error());
        const auto file = ctx.open(choice->name, size);
        if (!file)
            return failure(file.error());
        for (qint64 there = wholeUntil((*file)->written());;) {
            const auto part = pushes_.take(id, ctx.stop());
            if (!part)
                return failure(part.error());
            if (part->offset != there) {
                pushes_.answer(id, failure(Code::PushOffset, QString::number(there)));
                continue;
            }
            const std::span<const char> bytes(part->bytes.constData(), std::size_t(part->bytes.size()));
            if (auto ok = bytes.empty() ? Result<void>() : (*file)->write(there, bytes); !ok)
                return ok;
            there += part->bytes.size();
            if (part->last && size < 0)
                if (auto ok = (*file)->setSize(there); !ok)
                    return ok;
            pushes_.answer(id, there);
            if (part->last)
                return {};
        }
    }

    Pushes& pushes_;
};

} // namespace

int PushAdapter::support(const QUrl& url) const
{
    Q_UNUSED(url)
    return 0;
}

std::unique_ptr<DownloadTask> PushAdapter::createTask(const QUrl& url)
{
    Q_UNUSED(url)
    return std::make_unique<PushedDownload>(pushes_);
}

void PushAdapter::configureProxy(const ProxyConfig& proxy) { Q_UNUSED(proxy) }

} // namespace weir
