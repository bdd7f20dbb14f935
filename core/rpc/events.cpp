#include "rpc/events.h"

#include "base/json_writer.h"
#include "rpc/cursor.h"

#include <algorithm>

namespace weir {

namespace {

using namespace std::chrono_literals;

constexpr auto kProgressEvery = 500ms;
constexpr auto kRememberFor = 60s; // a browser's worker that died comes back within that time
constexpr qint64 kRingBytes = 1 << 20;
constexpr qint64 kDeltaBytes = 128 << 10; // longer changes are told in several deltas: a browser takes 1,000,000 bytes at most
constexpr qint64 kSnapshotToBrowser = 800'000;
constexpr qint64 kSnapshotToClient = 12 << 20;

QByteArray notification(QByteArrayView method, const std::function<void(JsonWriter&)>& params)
{
    QByteArray out;
    JsonWriter writer(out);
    writer.beginObject()
        .key("jsonrpc")
        .text(u"2.0")
        .key("method")
        .text(QString::fromLatin1(method))
        .key("params")
        .beginObject();
    params(writer);
    writer.endObject().endObject();
    return out;
}

} // namespace

Events::Events(Source source, qint64 firstSequence)
    : source_(std::move(source)),
      sequence_(firstSequence),
      ringStart_(firstSequence)
{
    progressTimer_.setSingleShot(true);
    progressTimer_.setInterval(kProgressEvery);
    forgetTimer_.setSingleShot(true);
    forgetTimer_.setInterval(kRememberFor);
    QObject::connect(&progressTimer_, &QTimer::timeout, &progressTimer_, [this] { tellProgress(); });
    QObject::connect(&forgetTimer_, &QTimer::timeout, &forgetTimer_, [this] { stopRecording(); });
}

Events::~Events()
{
    for (const Subscriber& subscriber : subscribers_)
        subscriber.session->forget(subscriber.atEnd);
}

bool Events::wants(const Subscriber& subscriber, TaskId task, bool fromBrowser)
{
    return (subscriber.only.isEmpty() || subscriber.only.contains(task)) && (fromBrowser || !subscriber.session->fromBrowser());
}

void Events::changed(const QList<TaskId>& changed, const QList<TaskId>& removed)
{
    if (!recording_) {
        ringStart_ = ++sequence_;
        return;
    }
    std::vector<Delta> deltas;
    for (const TaskId id : changed) {
        const auto row = source_.row(id);
        if (!row)
            continue;
        const auto [known, isNew] = known_.try_emplace(id, *row);
        if (!isNew && known->second.state == row->state) {
            markStale(id, row->fromBrowser);
            continue;
        }
        known->second = *row;
        Item item{id, false, row->fromBrowser, {}};
        source_.write(id, item.json);
        add(deltas, std::move(item));
    }
    for (const TaskId id : removed) {
        const auto known = known_.find(id);
        if (known == known_.end())
            continue;
        add(deltas, Item{id, true, known->second.fromBrowser, {}});
        known_.erase(known);
    }
    publish(std::move(deltas));
}

void Events::markStale(TaskId task, bool fromBrowser)
{
    for (Subscriber& subscriber : subscribers_) {
        if (!wants(subscriber, task, fromBrowser))
            continue;
        subscriber.stale.insert(task);
        if (!progressTimer_.isActive())
            progressTimer_.start();
    }
}

void Events::add(std::vector<Delta>& deltas, Item item)
{
    const qint64 size = item.json.size() + 24;
    if (deltas.empty() || deltas.back().bytes + size > kDeltaBytes)
        deltas.push_back({++sequence_, {}, 0});
    deltas.back().bytes += size;
    deltas.back().items.push_back(std::move(item));
}

void Events::publish(std::vector<Delta> deltas)
{
    for (Delta& delta : deltas) {
        std::vector<Session*> slow;
        for (Subscriber& subscriber : subscribers_) {
            for (const Item& item : delta.items)
                subscriber.stale.remove(item.id);
            if (!send(subscriber, delta))
                slow.push_back(subscriber.session);
        }
        for (Session* session : slow)
            drop(session, true);
        ringBytes_ += delta.bytes;
        ring_.push_back(std::move(delta));
    }
    while (ringBytes_ > kRingBytes) {
        ringBytes_ -= ring_.front().bytes;
        ringStart_ = ring_.front().sequence;
        ring_.pop_front();
    }
}

bool Events::send(const Subscriber& subscriber, const Delta& delta)
{
    QByteArray tasks, removed;
    JsonWriter taskList(tasks), removedList(removed);
    taskList.beginArray();
    removedList.beginArray();
    bool any = false;
    for (const Item& item : delta.items) {
        if (!wants(subscriber, item.id, item.fromBrowser))
            continue;
        any = true;
        if (item.removed)
            removedList.number(item.id);
        else
            taskList.raw(item.json);
    }
    if (!any)
        return true;
    taskList.endArray();
    removedList.endArray();
    const QByteArray message = notification("events.delta", [&](JsonWriter& params) {
        params.key("sequence").number(delta.sequence).key("tasks").raw(tasks).key("removed").raw(removed);
    });
    const QByteArray resync =
        notification("events.resync", [&](JsonWriter& params) { params.key("sequence").number(delta.sequence); });
    return subscriber.session->notify(message, resync);
}

void Events::tellProgress()
{
    std::unordered_map<TaskId, QByteArray> written;
    std::vector<Session*> slow;
    bool more = false;
    for (Subscriber& subscriber : subscribers_) {
        // A client that has not read the last deltas would only pile up outdated numbers.
        if (!subscriber.session->caughtUp()) {
            more = more || !subscriber.stale.isEmpty();
            continue;
        }
        const std::vector<Delta> deltas = progressFor(subscriber, written);
        if (!std::all_of(deltas.begin(), deltas.end(), [&](const Delta& delta) { return send(subscriber, delta); }))
            slow.push_back(subscriber.session);
    }
    for (Session* session : slow)
        drop(session, true);
    if (more)
        progressTimer_.start();
}

std::vector<Events::Delta> Events::progressFor(Subscriber& subscriber, std::unordered_map<TaskId, QByteArray>& written)
{
    std::vector<Delta> deltas;
    for (const TaskId id : std::exchange(subscriber.stale, {})) {
        const auto row = source_.row(id);
        if (!row)
            continue;
        QByteArray& json = written[id];
        if (json.isEmpty())
            source_.write(id, json);
        add(deltas, Item{id, false, row->fromBrowser, json});
    }
    return deltas;
}

void Events::startRecording()
{
    forgetTimer_.stop();
    if (std::exchange(recording_, true))
        return;
    for (const TaskId id : source_.tasks())
        if (const auto row = source_.row(id))
            known_.emplace(id, *row);
}

void Events::stopRecording()
{
    recording_ = false;
    known_ = {};
    ring_ = {};
    ringBytes_ = 0;
    ringStart_ = sequence_;
    progressTimer_.stop();
}

void Events::subscribe(Session& session, std::optional<qint64> since, QSet<TaskId> only, const Reply& reply)
{
    unsubscribe(session);
    startRecording();
    Subscriber subscriber{&session, std::move(only), {}, 0};
    subscriber.atEnd = session.atEnd([this, session = &session] { drop(session, false); });
    subscribers_.push_back(std::move(subscriber));
    const bool known = since && *since >= ringStart_ && *since <= sequence_;
    if (!known)
        return reply(snapshot(subscribers_.back()));
    reply(QJsonObject{
        {QStringLiteral("sequence"), *since}, {QStringLiteral("tasks"), QJsonArray()}, {QStringLiteral("resumed"), true}});
    replay(subscribers_.back(), *since);
}

void Events::replay(Subscriber& subscriber, qint64 since)
{
    for (const Delta& delta : ring_) {
        if (delta.sequence > since && !send(subscriber, delta))
            return drop(subscriber.session, true);
    }
    for (const auto& [id, row] : known_)
        if (row.active && wants(subscriber, id, row.fromBrowser))
            subscriber.stale.insert(id);
    tellProgress();
}

Answer Events::snapshot(const Subscriber& subscriber) const
{
    const qint64 most = subscriber.session->fromBrowser() ? kSnapshotToBrowser : kSnapshotToClient;
    QByteArray out;
    JsonWriter writer(out);
    writer.beginObject().key("sequence").number(sequence_).key("tasks").beginArray();
    TaskId last = 0;
    bool cut = false;
    QByteArray json;
    std::vector<TaskId> ids(subscriber.only.begin(), subscriber.only.end());
    std::sort(ids.begin(), ids.end());
    if (ids.empty())
        ids = source_.tasks();
    for (const TaskId id : ids) {
        const auto row = source_.row(id);
        if (!row || !wants(subscriber, id, row->fromBrowser))
            continue;
        json.resize(0);
        source_.write(id, json);
        if ((cut = out.size() + json.size() > most))
            break;
        writer.raw(json);
        last = id;
    }
    writer.endArray();
    if (cut)
        writer.key("cursor").text(cursorFor(CursorKind::AfterTask, last));
    writer.endObject();
    return Answer::written(std::move(out));
}

void Events::unsubscribe(Session& session) { drop(&session, true); }

void Events::drop(Session* session, bool forgetAction)
{
    const auto found =
        std::find_if(subscribers_.begin(), subscribers_.end(), [&](const Subscriber& s) { return s.session == session; });
    if (found == subscribers_.end())
        return;
    if (forgetAction)
        session->forget(found->atEnd);
    subscribers_.erase(found);
    if (subscribers_.empty()) {
        progressTimer_.stop();
        forgetTimer_.start();
    }
}

} // namespace weir
