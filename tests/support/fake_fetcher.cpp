#include "support/fake_fetcher.h"

#include "support/content.h"

#include <algorithm>
#include <utility>

namespace weir::test {
namespace {

constexpr std::chrono::milliseconds kStep(5);
constexpr qint64 kPiece = 16 * 1024; // what a limited receiver takes before it looks at its limit again

/// A request that names no time means the program's setting.
std::chrono::nanoseconds patience(std::chrono::milliseconds asked, std::chrono::milliseconds setting)
{
    return asked.count() > 0 ? asked : setting;
}

QString where(const FetchRequest& request) { return request.url.toString(); }

bool strong(const QByteArray& validator)
{
    return !validator.isEmpty() && !validator.startsWith("W/") && !validator.startsWith("date:");
}

} // namespace

FakeFetcher::FakeFetcher(FakeClock& clock, quint64 seed) : clock_(clock), random_(seed), network_(seed) {}

FakeFetcher::~FakeFetcher()
{
    clock_.cancel(tick_);
    for (const auto& [id, transfer] : transfers_)
        clock_.cancel(transfer.event);
}

FakeSource& FakeFetcher::add(FakeSource source)
{
    const QString host = source.host;
    Host& entry = hosts_[host];
    entry.source = std::move(source);
    return entry.source;
}

void FakeFetcher::cut(const QString& host, Code code)
{
    std::vector<quint64> ids;
    for (const auto& [id, transfer] : transfers_)
        if (transfer.host && transfer.host->source.host == host)
            ids.push_back(id);
    hosts_.at(host).kept.clear();
    for (const quint64 id : ids)
        finish(id, Error{code, where(transfers_.at(id).request)});
}

quint64 FakeFetcher::start(FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done)
{
    const quint64 id = nextId_++;
    Transfer& transfer = transfers_[id];
    transfer.request = std::move(request);
    transfer.sink = &sink;
    transfer.done = std::move(done);
    transfer.started = clock_.now();
    const auto host = hosts_.find(transfer.request.url.host());
    if (host != hosts_.end())
        transfer.host = &host->second;
    later(id, std::chrono::nanoseconds(0), &FakeFetcher::connect);
    return id;
}

void FakeFetcher::cancel(quint64 id)
{
    const auto it = transfers_.find(id);
    if (it == transfers_.end() || it->second.cancelled)
        return;
    it->second.cancelled = true;
    it->second.flowing = false;
    clock_.cancel(it->second.event);
    it->second.event = clock_.after(std::chrono::nanoseconds(0), [this, id] {
        finish(id, Error{Code::Cancelled, where(transfers_.at(id).request)});
    });
}

void FakeFetcher::later(quint64 id, std::chrono::nanoseconds delay, void (FakeFetcher::*step)(quint64))
{
    transfers_.at(id).event = clock_.after(delay, [this, id, step] { (this->*step)(id); });
}

void FakeFetcher::connect(quint64 id)
{
    Transfer& transfer = transfers_.at(id);
    if (!transfer.host) {
        finish(id, Error{Code::DnsFailed, where(transfer.request)});
        return;
    }
    Host& host = *transfer.host;
    const FakeSource& source = host.source;
    countConnection(host, +1);
    transfer.counted = true;
    transfer.connection.route = &source.route;
    if (source.silent || source.down) {
        const std::chrono::nanoseconds delay = source.silent
            ? patience(transfer.request.connectTimeout, std::chrono::seconds(20))
            : std::chrono::nanoseconds(source.route.rtt);
        const Code code = source.silent ? Code::ConnectTimeout : Code::ConnectRefused;
        transfer.event = clock_.after(delay, [this, id, code] { finish(id, Error{code, where(transfers_.at(id).request)}); });
        return;
    }
    std::chrono::microseconds delay = source.route.rtt + source.firstByte;
    if (!host.kept.empty()) {
        transfer.connection = host.kept.back();
        host.kept.pop_back();
        transfer.newConnection = false;
    } else {
        delay += source.handshakes * source.route.rtt;
        ++host.statistics.connectionsMade;
        ++all_.connectionsMade;
        network_.open(transfer.connection, clock_.now().time_since_epoch());
    }
    later(id, delay, &FakeFetcher::answer);
}

void FakeFetcher::answer(quint64 id)
{
    Transfer& transfer = transfers_.at(id);
    if (auto error = compose(transfer)) {
        finish(id, std::move(error));
        return;
    }
    later(id, transfer.reply.delay, &FakeFetcher::begin);
}

std::optional<Error> FakeFetcher::compose(Transfer& transfer)
{
    const FetchRequest& request = transfer.request;
    Host& host = *transfer.host;
    const FakeSource& source = host.source;
    const auto file = source.files.find(request.url.path());
    transfer.file = file == source.files.end() ? source.file : file->second;
    const qint64 size = transfer.file.size;
    ++all_.requests;
    const int number = ++host.statistics.requests;
    log_.emplace_back(source.host, request.range.value_or(ByteRange{}));

    const auto refuse = [&](Code code) {
        Error error{code, where(request)};
        if (source.retryAfter)
            error.notBefore = std::chrono::system_clock::now() + *source.retryAfter;
        return error;
    };
    if (source.maxConnections > 0 && host.statistics.connections > source.maxConnections) {
        ++host.statistics.refused;
        ++all_.refused;
        return refuse(source.overload);
    }
    std::uniform_real_distribution<double> chance(0, 1);
    if (source.failure > 0 && chance(random_) < source.failure)
        return refuse(source.failureCode);

    FakeReply& reply = transfer.reply;
    const bool misled = source.brokenIfRange && request.conditional && strong(request.validator);
    reply.range = {0, size};
    if (request.range && source.ranges && source.sizeKnown && !misled) {
        reply.ranged = true;
        reply.range = {request.range->begin, request.range->end < 0 ? size : std::min(size, request.range->end)};
        if (reply.range.begin >= size)
            return Error{Code::HttpRangeNotSatisfiable, where(request), 416};
    }
    if (source.cut > 0 && chance(random_) < source.cut)
        reply.cutAfter = static_cast<qint64>(chance(random_) * static_cast<double>(reply.range.size()));
    FetchHead& head = reply.head;
    head.finalUrl = request.url;
    head.status = reply.ranged ? 206 : 200;
    head.totalSize = source.sizeKnown ? size : -1;
    head.rangesOffered = source.ranges && source.sizeKnown;
    head.multiplexed = source.multiplexed;
    head.mime = source.mime;
    head.validator = source.validator;
    head.fileName = source.fileName;
    head.digests = source.digests;
    head.mirrors = source.mirrors;
    if (source.script)
        source.script(request, number, reply);
    head.ranged = reply.ranged;
    head.offset = reply.range.begin;
    transfer.at = reply.range.begin;
    if (reply.failure)
        return reply.failure;
    return checkIdentity(transfer);
}

std::optional<Error> FakeFetcher::checkIdentity(const Transfer& transfer) const
{
    const FetchRequest& request = transfer.request;
    const FetchHead& head = transfer.reply.head;
    if (!request.validator.isEmpty() && head.validator != request.validator)
        return Error{Code::ValidatorChanged, where(request), head.status};
    if (request.expectedSize >= 0 && head.totalSize >= 0 && head.totalSize != request.expectedSize)
        return Error{Code::SizeChanged, where(request), head.status};
    if (request.range && !head.ranged && request.range->begin > 0)
        return Error{Code::RangeIgnored, where(request), head.status};
    return {};
}

void FakeFetcher::begin(quint64 id)
{
    Transfer& transfer = transfers_.at(id);
    transfer.event = 0;
    transfer.firstByte = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - transfer.started);
    transfer.lastByte = clock_.now();
    transfer.begun = true;
    if (auto ok = transfer.sink->begin(transfer.reply.head); !ok) {
        finish(id, ok.error());
        return;
    }
    network_.resume(transfer.connection, clock_.now().time_since_epoch());
    transfer.flowing = true;
    scheduleTick();
    if (transfer.at >= endOf(transfer))
        deliver(id, 0);
}

qint64 FakeFetcher::endOf(const Transfer& transfer) const
{
    qint64 end = transfer.reply.range.end;
    if (transfer.reply.cutAfter)
        end = std::min(end, transfer.reply.range.begin + *transfer.reply.cutAfter);
    if (transfer.reply.stallAfter)
        end = std::min(end, transfer.reply.range.begin + *transfer.reply.stallAfter);
    return end;
}

std::vector<quint64> FakeFetcher::flowing()
{
    std::vector<quint64> ids;
    for (auto& [id, transfer] : transfers_)
        if (transfer.flowing)
            ids.push_back(id);
    return ids;
}

void FakeFetcher::scheduleTick()
{
    if (!tick_)
        tick_ = clock_.after(kStep, [this] {
            tick_ = 0;
            tick();
        });
}

void FakeFetcher::tick()
{
    const TimePoint now = clock_.now();
    const std::vector<quint64> ids = flowing();
    std::vector<Connection*> connections;
    for (const quint64 id : ids) {
        Transfer& transfer = transfers_.at(id);
        const bool held = transfer.request.rate && transfer.request.rate->wait(now).count() > 0;
        if (held)
            transfer.lastByte = now; // our own limit is no stall
        transfer.connection.wanted = held || transfer.stalled ? 0 : static_cast<double>(endOf(transfer) - transfer.at);
        connections.push_back(&transfer.connection);
    }
    network_.advance(connections, now.time_since_epoch() - kStep, kStep);
    for (const quint64 id : ids) {
        const auto it = transfers_.find(id); // an earlier one's completion may have cut this one
        if (it == transfers_.end() || !it->second.flowing)
            continue;
        Transfer& transfer = it->second;
        transfer.connection.credit += transfer.connection.granted;
        const qint64 whole = static_cast<qint64>(transfer.connection.credit + 1e-6);
        transfer.connection.credit -= static_cast<double>(whole);
        if (whole > 0)
            pour(id, whole);
        else if (now - transfer.lastByte >= patience(transfer.request.stallTimeout, std::chrono::seconds(30)))
            finish(id, Error{Code::Stalled, where(transfer.request)});
    }
    if (!flowing().empty())
        scheduleTick();
}

void FakeFetcher::pour(quint64 id, qint64 bytes)
{
    while (bytes > 0) {
        const auto it = transfers_.find(id);
        if (it == transfers_.end() || !it->second.flowing)
            return;
        RateBucket* rate = it->second.request.rate;
        if (rate && rate->wait(clock_.now()).count() > 0)
            return; // the rest stays with the server, as when a receiver stops reading
        const qint64 piece = rate ? std::min(bytes, kPiece) : bytes;
        deliver(id, piece);
        bytes -= piece;
    }
}

void FakeFetcher::deliver(quint64 id, qint64 bytes)
{
    Transfer& transfer = transfers_.at(id);
    FakeSource& source = transfer.host->source;
    bytes = std::min(bytes, endOf(transfer) - transfer.at);
    const auto stall = source.stalls.lower_bound(transfer.at);
    if (stall != source.stalls.end() && stall->second != 0 && stall->first < transfer.at + std::max<qint64>(bytes, 1)) {
        bytes = stall->first - transfer.at;
        stall->second -= stall->second > 0;
        transfer.stalled = true;
    }
    if (bytes > 0) {
        slice_.resize(static_cast<std::size_t>(bytes));
        fillContent(transfer.file.seed, transfer.at, slice_);
        for (const ByteRange& bad : source.wrong.ranges())
            for (qint64 i = std::max(bad.begin, transfer.at); i < std::min(bad.end, transfer.at + bytes); ++i)
                slice_[static_cast<std::size_t>(i - transfer.at)] ^= 0x55;
        RangeSet& known = delivered_[transfer.request.url.path()];
        const qint64 again = known.bytesIn({transfer.at, transfer.at + bytes});
        known.add(ByteRange{transfer.at, transfer.at + bytes});
        for (FakeStatistics* s : {&all_, &transfer.host->statistics}) {
            s->bytes += bytes;
            s->wasted += again;
        }
        if (transfer.request.rate)
            transfer.request.rate->charge(bytes, clock_.now());
        const auto ok = transfer.sink->bytes(transfer.at, slice_);
        transfer.at += bytes;
        transfer.bytes += bytes;
        transfer.lastByte = clock_.now();
        if (!ok) {
            finish(id, ok.error());
            return;
        }
    }
    if (transfer.at < endOf(transfer))
        return;
    const FakeReply& reply = transfer.reply;
    if (reply.cutAfter && transfer.at < reply.range.end && transfer.bytes >= *reply.cutAfter)
        finish(id, Error{reply.cutWith, where(transfer.request)});
    else if (transfer.at < reply.range.end)
        transfer.stalled = true;
    else
        finish(id, {});
}

void FakeFetcher::finish(quint64 id, std::optional<Error> error)
{
    auto node = transfers_.extract(id);
    Transfer& transfer = node.mapped();
    clock_.cancel(transfer.event);
    if (transfer.begun)
        if (auto ok = transfer.sink->end(); !ok && !error)
            error = ok.error();
    if (Host* host = transfer.host) {
        if (transfer.counted)
            countConnection(*host, -1);
        for (FakeStatistics* s : {&all_, &host->statistics})
            ++(!error ? s->completed : error->code == Code::Cancelled ? s->cancelled : s->failed);
        if (!error)
            host->kept.push_back(transfer.connection);
    }
    FetchDone done{.id = id,
        .head = transfer.reply.head,
        .bytes = transfer.bytes,
        .firstByte = transfer.firstByte,
        .newConnection = transfer.newConnection};
    if (error)
        done.head = tl::unexpected(std::move(*error));
    transfer.done(std::move(done));
}

void FakeFetcher::countConnection(Host& host, int change)
{
    for (FakeStatistics* s : {&all_, &host.statistics}) {
        s->connections += change;
        s->peakConnections = std::max(s->peakConnections, s->connections);
        s->history.emplace_back(clock_.elapsed(), s->connections);
    }
}

} // namespace weir::test
