#include "bt/bt_blocklist.h"

#include <weir/gzip.h>
#include <weir/lines.h>
#include <weir/memory_sink.h>

#include <libtorrent/error_code.hpp>

#include <QDateTime>
#include <QFile>
#include <QFileInfo>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr qint64 kMostBytes = 64 << 20;
constexpr qint64 kMostRanges = 2'000'000;
constexpr qsizetype kLongestLine = 4096;
constexpr auto kLookAtFile = 2s;
constexpr auto kFetchAgain = 24h;
constexpr auto kFetchAfterFailure = 10min;

using Range = std::pair<lt::address, lt::address>;

// With leading zeros, as such lists have them; the library's own reader does not take those.
std::optional<lt::address> plainAddress(QByteArrayView text)
{
    quint32 bits = 0;
    int part = 0, digits = 0, parts = 1;
    for (const char c : text) {
        if (c == '.') {
            if (digits == 0 || ++parts > 4)
                return std::nullopt;
            bits = (bits << 8) | quint32(part);
            part = digits = 0;
        } else if (c < '0' || c > '9' || ++digits > 3 || (part = part * 10 + (c - '0')) > 255) {
            return std::nullopt;
        }
    }
    if (parts != 4 || digits == 0)
        return std::nullopt;
    return lt::address(lt::address_v4((bits << 8) | quint32(part)));
}

std::optional<lt::address> addressIn(QByteArrayView text)
{
    text = text.trimmed();
    if (const auto plain = plainAddress(text))
        return plain;
    if (text.size() > 45 || !text.contains(':'))
        return std::nullopt;
    lt::error_code error;
    const lt::address found = lt::make_address(std::string(text.data(), std::size_t(text.size())), error);
    return error || !found.is_v6() ? std::nullopt : std::optional(found);
}

template <class Address> Range masked(const Address& base, int prefix)
{
    auto first = base.to_bytes(), last = first;
    for (std::size_t i = 0; i < first.size(); ++i) {
        const int fixed = std::clamp(prefix - int(i) * 8, 0, 8);
        const auto mask = quint8(0xff << (8 - fixed));
        first[i] &= mask;
        last[i] |= quint8(~mask);
    }
    return {Address(first), Address(last)};
}

std::optional<Range> network(QByteArrayView text)
{
    const qsizetype slash = text.indexOf('/');
    const auto base = addressIn(text.first(slash));
    bool ok = false;
    const int prefix = text.sliced(slash + 1).trimmed().toInt(&ok);
    if (!base || !ok || prefix < 0 || prefix > (base->is_v4() ? 32 : 128))
        return std::nullopt;
    return base->is_v4() ? masked(base->to_v4(), prefix) : masked(base->to_v6(), prefix);
}

std::optional<Range> rangeIn(QByteArrayView text)
{
    if (text.contains('/'))
        return network(text);
    const qsizetype dash = text.indexOf('-');
    const auto first = addressIn(dash < 0 ? text : text.first(dash));
    const auto last = dash < 0 ? first : addressIn(text.sliced(dash + 1));
    if (!first || !last || first->is_v4() != last->is_v4() || *last < *first)
        return std::nullopt;
    return Range{*first, *last};
}

enum class Line { Nothing, Range, Strange };

Line readLine(QByteArrayView line, Range& found)
{
    line = line.trimmed();
    if (line.isEmpty() || line.startsWith('#') || line.startsWith(';') || line.startsWith("//"))
        return Line::Nothing;
    if (line.size() > kLongestLine)
        return Line::Strange;
    auto range = rangeIn(line);
    if (const qsizetype comma = line.indexOf(','); !range && comma > 0) {
        constexpr int kAllowed = 128; // from this level on
        const QByteArrayView rest = line.sliced(comma + 1);
        const qsizetype end = rest.indexOf(',');
        bool ok = false;
        const int level = rest.first(end < 0 ? rest.size() : end).trimmed().toInt(&ok);
        range = rangeIn(line.first(comma));
        if (range && ok && level >= kAllowed)
            return Line::Nothing;
    }
    // A name may have colons of its own.
    if (const qsizetype colon = line.lastIndexOf(':'); !range && colon >= 0)
        range = rangeIn(line.sliced(colon + 1));
    if (!range)
        return Line::Strange;
    found = *range;
    return Line::Range;
}

/// What a change of the file changes.
std::pair<QDateTime, qint64> stampOf(const QString& path)
{
    const QFileInfo file(path);
    return {file.lastModified(), file.exists() ? file.size() : -1};
}

bool isOnTheWeb(const QString& where)
{
    return where.startsWith(QLatin1String("http://")) || where.startsWith(QLatin1String("https://"));
}

} // namespace

Result<AddressRanges> parseBlocklist(QByteArrayView text)
{
    AddressRanges all;
    while (!text.isEmpty() && all.ranges < kMostRanges) {
        Range range;
        switch (readLine(takeLine(text), range)) {
        case Line::Range:
            all.filter.add_rule(range.first, range.second, lt::ip_filter::blocked);
            ++all.ranges;
            break;
        case Line::Strange: ++all.strange; break;
        case Line::Nothing: break;
        }
    }
    if (all.ranges == 0)
        return failure(Code::InputUnreadable, QStringLiteral("there is no range of addresses in it"));
    return all;
}

Blocklist::Blocklist(Services& services, std::function<void(const lt::ip_filter&)> use)
    : services_(services),
      use_(std::move(use))
{}

void Blocklist::follow(const QString& where)
{
    const std::lock_guard lock(mutex_);
    if (state_.where == where)
        return;
    state_ = {.where = where};
    if (!thread_.joinable())
        thread_ = std::jthread([this](std::stop_token stop) { serve(stop); });
    changed_.notify_all();
}

Blocklist::State Blocklist::state() const
{
    const std::lock_guard lock(mutex_);
    return state_;
}

void Blocklist::await(std::stop_token stop, std::chrono::milliseconds patience) const
{
    std::unique_lock lock(mutex_);
    changed_.wait_for(
        lock, stop, patience, [&] { return state_.where.isEmpty() || state_.ranges >= 0 || state_.error.has_value(); });
}

void Blocklist::serve(std::stop_token stop)
{
    QString read;
    std::pair<QDateTime, qint64> stamp;
    while (!stop.stop_requested()) {
        const QString where = state().where;
        const bool web = isOnTheWeb(where);
        const auto now = web ? decltype(stamp)() : stampOf(where);
        if (where.isEmpty())
            use_({});
        else if (web || where != read || now != stamp)
            load(where, stop);
        read = where;
        stamp = now;
        const std::chrono::seconds again = state().error ? std::chrono::seconds(kFetchAfterFailure) : kFetchAgain;
        const std::chrono::seconds pause = web ? again : kLookAtFile;
        std::unique_lock lock(mutex_);
        const auto another = [&] { return state_.where != where; };
        if (where.isEmpty())
            changed_.wait(lock, stop, another);
        else
            changed_.wait_for(lock, stop, pause, another);
    }
}

Result<QByteArray> Blocklist::read(const QString& where, std::stop_token stop)
{
    if (!isOnTheWeb(where)) {
        QFile file(where);
        if (!file.open(QIODevice::ReadOnly))
            return failure(Code::InputUnreadable, file.errorString());
        QByteArray bytes = file.read(kMostBytes + 1);
        return bytes.size() > kMostBytes ? failure(Code::FileTooBigForLimit) : Result<QByteArray>(std::move(bytes));
    }
    const QUrl url(where, QUrl::StrictMode);
    RangeFetcher* const fetcher = services_.fetcherFor(url);
    if (!fetcher)
        return failure(Code::NoFetcher, url.scheme());
    MemorySink sink(kMostBytes);
    FetchGroup group(services_.clock(), stop);
    group.start(
        *fetcher, {.url = url, .context = std::make_shared<const RequestContext>(), .rate = &services_.totalRate()}, sink);
    while (group.running() > 0 && !stop.stop_requested())
        if (const auto done = group.next(1s))
            return done->head ? Result<QByteArray>(sink.take()) : failure(done->head.error());
    return failure(Code::Cancelled);
}

void Blocklist::load(const QString& where, std::stop_token stop)
{
    auto bytes = read(where, stop);
    if (bytes && isGzip(*bytes))
        bytes = gunzip(*bytes, kMostBytes);
    const auto list = bytes ? parseBlocklist(*bytes) : failure(bytes.error());
    if (stop.stop_requested() || state().where != where)
        return;
    if (list) {
        use_(list->filter);
        services_.log(Level::Info, QStringLiteral("%1 ranges of addresses are no peers").arg(list->ranges));
    } else {
        services_.log(Level::Warning, QStringLiteral("the list of addresses that are no peers: ") + describe(list.error()));
    }
    const std::lock_guard lock(mutex_);
    if (state_.where != where)
        return;
    state_.error = list ? std::nullopt : std::optional(list.error());
    if (list) {
        state_.ranges = list->ranges;
        state_.strange = list->strange;
    }
    changed_.notify_all();
}

} // namespace weir
