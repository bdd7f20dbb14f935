#include "rpc/probe.h"

#include "base/digest.h"
#include "base/file_name.h"
#include "queue/choice.h"
#include "queue/request_context.h"
#include "rpc/session.h"

#include <QJsonArray>

#include <mutex>

namespace weir {

namespace {

constexpr qsizetype kLookedAt = 4096;

/// Takes the head and the first bytes, then wants no more.
class FirstBytes final : public FetchSink {
public:
    Result<void> begin(const FetchHead& head) override
    {
        std::lock_guard lock(mutex_);
        head_ = head;
        return {};
    }
    Result<void> bytes(qint64, std::span<const char> data) override
    {
        std::lock_guard lock(mutex_);
        const auto room = std::size_t(kLookedAt - first_.size());
        first_.append(data.data(), qsizetype(std::min(room, data.size())));
        if (first_.size() < kLookedAt)
            return {};
        return failure(Code::Cancelled, QStringLiteral("enough was seen"));
    }

    struct Seen {
        std::optional<FetchHead> head;
        QByteArray first;
    };
    Seen seen() const
    {
        std::lock_guard lock(mutex_);
        return {head_, first_};
    }

private:
    mutable std::mutex mutex_;
    std::optional<FetchHead> head_;
    QByteArray first_;
};

struct Probe {
    Backend& backend;
    NewTask task;
    std::shared_ptr<const RequestContext> context;
    QByteArray kind;
    Reply reply;
    FirstBytes sink;
    std::stop_source stop;
};

QString nameOf(const Probe& probe, const FetchHead& head)
{
    if (!probe.task.name.isEmpty())
        return probe.task.name;
    if (!head.fileName.isEmpty())
        return safeName(head.fileName, head.mime);
    return safeName(nameFromUrl(head.finalUrl.isEmpty() ? probe.task.url : head.finalUrl), head.mime);
}

QJsonObject found(const Probe& probe, const FetchHead& head)
{
    const QString name = nameOf(probe, head);
    const QJsonValue size = head.totalSize >= 0 ? QJsonValue(head.totalSize) : QJsonValue();
    QJsonObject answer{{QStringLiteral("url"), probe.task.url.toString(QUrl::FullyEncoded)},
        {QStringLiteral("finalUrl"), head.finalUrl.toString(QUrl::FullyEncoded | QUrl::RemoveUserInfo)},
        {QStringLiteral("name"), name}, {QStringLiteral("size"), size}, {QStringLiteral("kind"), QString::fromUtf8(probe.kind)},
        {QStringLiteral("mime"), QString::fromUtf8(head.mime)},
        {QStringLiteral("resumable"), head.rangesOffered && !head.encoded},
        {QStringLiteral("files"), QJsonArray{QJsonObject{{QStringLiteral("path"), name}, {QStringLiteral("size"), size}}}},
        {QStringLiteral("variants"), QJsonArray()}};
    if (!head.validator.isEmpty())
        answer.insert(QStringLiteral("validator"), QString::fromUtf8(head.validator));
    QJsonArray digests;
    for (const ExpectedDigest& digest : head.digests)
        digests.append(toText(digest));
    if (!digests.isEmpty())
        answer.insert(QStringLiteral("digests"), digests);
    return answer;
}

TaskSpec specOf(const Probe& probe)
{
    TaskSpec spec;
    spec.url = probe.task.url;
    spec.request = probe.context;
    spec.directory = probe.task.directory;
    spec.name = probe.task.name;
    spec.options = probe.task.spec.options;
    return spec;
}

/// What the plugin of this content found counts more than the reply's head.
QJsonObject withInfo(QJsonObject answer, const TaskInfo& info)
{
    const QJsonObject offer = offerOf(info);
    answer.insert(QStringLiteral("name"), info.name);
    answer.insert(QStringLiteral("size"), info.size >= 0 ? QJsonValue(info.size) : QJsonValue());
    answer.insert(QStringLiteral("resumable"), info.resumable);
    answer.insert(QStringLiteral("variants"), offer.value(QLatin1String("variants")));
    const QJsonArray files = offer.value(QLatin1String("files")).toArray();
    answer.insert(QStringLiteral("files"),
        !files.isEmpty() ? files
                         : QJsonArray{QJsonObject{{QStringLiteral("path"), info.name},
                             {QStringLiteral("size"), answer.value(QLatin1String("size"))}}});
    return answer;
}

/// The plugin that knows the content looks further; what stops it would stop the download too.
void lookFurther(const std::shared_ptr<Probe>& probe, const Registry::Match& better, const FetchHead& head, Session* session)
{
    probe->kind = better.plugin;
    const auto leaving = std::make_shared<std::pair<Session*, quint64>>(session, 0);
    probe->backend.queue.look(better, specOf(*probe), probe->stop.get_token(),
        [probe, leaving, answer = found(*probe, head)](const Result<TaskInfo>& info) {
            if (leaving->first)
                leaving->first->forget(leaving->second);
            probe->reply(info ? Result<Answer>(withInfo(answer, *info)) : failure(info.error()));
        });
    if (session)
        leaving->second = session->atEnd([probe, leaving] {
            leaving->first = nullptr;
            probe->stop.request_stop();
        });
}

void ended(const std::shared_ptr<Probe>& probe, const FetchDone& done, Session* session)
{
    const FirstBytes::Seen seen = probe->sink.seen();
    // That we hung up is no failure; a reply that broke off after its head still tells what is there.
    if (!seen.head)
        return probe->reply(
            failure(done.head ? Error{Code::EmptyReply, probe->task.url.toDisplayString()} : done.head.error()));
    if (const auto better = probe->backend.registry.adapterForContent(seen.head->mime, seen.first, probe->kind))
        return lookFurther(probe, *better, *seen.head, session);
    const auto own = probe->backend.registry.adapterNamed(probe->kind);
    if (seen.head->mime == "inode/directory" && own) // a listing: only its task knows what is below
        return lookFurther(probe, *own, *seen.head, session);
    probe->reply(found(*probe, *seen.head));
}

} // namespace

void startProbe(Backend& backend, Session& session, NewTask task, Reply reply)
{
    const auto match = backend.registry.adapterFor(task.url);
    if (!match)
        return reply(failure(match.error()));
    auto context = makeRequestContext(task.url, task.spec.secrets, task.fromBrowser);
    if (!context)
        return reply(failure(context.error()));
    RangeFetcher* fetcher = backend.registry.fetcherFor(task.url);
    FetchRequest request;
    request.url = task.url;
    request.context = *context;
    const std::shared_ptr<Probe> probe(
        new Probe{backend, std::move(task), std::move(*context), match->plugin, std::move(reply), {}, {}});
    if (!fetcher) // no bytes to look at: what its own task finds is all there is to say
        return lookFurther(probe, *match, FetchHead{.finalUrl = request.url}, &session);
    // The session may be gone when the fetch ends, but then its cancellation was called and needs no forgetting.
    const auto leaving = std::make_shared<std::pair<Session*, quint64>>(&session, 0);
    const quint64 id = fetcher->start(request, probe->sink, [main = backend.main, probe, leaving](FetchDone done) {
        main([probe, leaving, done = std::move(done)] {
            if (leaving->first)
                leaving->first->forget(leaving->second);
            ended(probe, done, leaving->first);
        });
    });
    leaving->second = session.atEnd([fetcher, id, leaving] {
        leaving->first = nullptr;
        fetcher->cancel(id);
    });
}

} // namespace weir
