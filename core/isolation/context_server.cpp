#include "isolation/context_server.h"

#include "platform/disk.h"

#include <QCborArray>

#include <algorithm>
#include <limits>

namespace weir {

namespace {

constexpr std::size_t kMostFiles = 100'000;
constexpr qsizetype kLongestLine = 4'000;

ByteRange rangeIn(const QCborMap& message)
{
    // What is wrong becomes a range that nothing accepts.
    return {numberIn(message, "begin", -1), numberIn(message, "end", -2)};
}

Level levelIn(const QCborMap& message)
{
    return Level(std::clamp<qint64>(numberIn(message, "level"), qint64(Level::Debug), qint64(Level::Error)));
}

} // namespace

const ContextServer::Call ContextServer::kCalls[] = {
    {"wrote", &ContextServer::wrote},
    {"charged", &ContextServer::charged},
    {"report", &ContextServer::report},
    {"save", &ContextServer::save},
    {"takeConnection", &ContextServer::takeConnection},
    {"releaseConnection", &ContextServer::releaseConnection},
    {"describe", &ContextServer::describe},
    {"open", &ContextServer::open},
    {"truncate", &ContextServer::truncate},
    {"forgot", &ContextServer::forgot},
    {"complete", &ContextServer::complete},
    {"belongsToOther", &ContextServer::belongsToOther},
    {"describedBy", &ContextServer::describedBy},
    {"handOver", &ContextServer::handOver},
    {"busy", &ContextServer::busy},
    {"multiplexes", &ContextServer::multiplexes},
    {"verified", &ContextServer::verified},
    {"gaps", &ContextServer::gaps},
    {"log", &ContextServer::log},
    {"detach", &ContextServer::detach},
    {"leave", &ContextServer::leave},
    {"end", &ContextServer::end},
};

Result<std::optional<ContextServer::Answer>> ContextServer::handle(const QCborMap& message)
{
    const QString call = textIn(message, "call");
    const auto found = std::find_if(
        std::begin(kCalls), std::end(kCalls), [&](const Call& each) { return call == QLatin1StringView(each.name); });
    if (found == std::end(kCalls) || (ended_ && left_))
        return failure(Code::PluginAnswerBad, call.left(80));
    auto answer = (this->*found->handler)(message);
    if (fault_)
        return failure(*fault_);
    return answer;
}

std::optional<ContextServer::Answer> ContextServer::describe(const QCborMap& message)
{
    const auto choice = context_.describe(taskInfoFrom(mapIn(message, "info")));
    return Answer{choice ? toCbor(*choice) : toCbor(Result<void>(failure(choice.error())))};
}

std::optional<ContextServer::Answer> ContextServer::open(const QCborMap& message)
{
    const auto refused = [](Error error) { return Answer{toCbor(Result<void>(failure(std::move(error))))}; };
    if (files_.size() >= kMostFiles)
        return refused({Code::DiskTooManyFiles});
    const auto file = context_.open(textIn(message, "path"), std::max<qint64>(-1, numberIn(message, "size", -1)));
    if (!file)
        return refused(file.error());
    const int descriptor = (*file)->file().descriptor();
    if (descriptor < 0)
        return refused({Code::DiskNotSupported, (*file)->finalPath()});
    auto number = std::find(files_.begin(), files_.end(), *file) - files_.begin();
    if (std::size_t(number) == files_.size())
        files_.push_back(*file);
    return Answer{fields({{"file", qint64(number)}, {"path", (*file)->finalPath()}, {"size", (*file)->size()},
                      {"written", (*file)->written().toBytes()}}),
        descriptor};
}

OutputFile* ContextServer::fileIn(const QCborMap& message) const
{
    const qint64 number = numberIn(message, "file", -1);
    return number >= 0 && number < qint64(files_.size()) ? files_[std::size_t(number)] : nullptr;
}

std::optional<ContextServer::Answer> ContextServer::wrote(const QCborMap& message)
{
    const auto ranges = RangeSet::fromBytes(bytesIn(message, "ranges"));
    if (!ranges)
        fault_ = Error{Code::PluginAnswerBad, weir::describe(ranges.error())};
    else if (OutputFile* const file = fileIn(message))
        for (const ByteRange& range : ranges->ranges())
            if (auto ok = file->countWritten(range); !ok)
                fault_ = ok.error();
    return charged(message);
}

std::optional<ContextServer::Answer> ContextServer::forgot(const QCborMap& message)
{
    const ByteRange range = rangeIn(message);
    if (OutputFile* const file = fileIn(message); file && range.begin >= 0 && range.end > range.begin)
        file->forget(range);
    return {};
}

std::optional<ContextServer::Answer> ContextServer::truncate(const QCborMap& message)
{
    OutputFile* const file = fileIn(message);
    const qint64 size = numberIn(message, "size", -1);
    if (!file || size < 0)
        return Answer{toCbor(Result<void>(failure(Code::PluginAnswerBad, QStringLiteral("truncate"))))};
    return Answer{toCbor(file->setSize(size))};
}

std::optional<ContextServer::Answer> ContextServer::complete(const QCborMap&)
{
    files_.clear(); // they are the syncer's from now on
    return Answer{toCbor(context_.complete())};
}

std::optional<ContextServer::Answer> ContextServer::belongsToOther(const QCborMap& message)
{
    return Answer{fields({{"yes", context_.belongsToOther(bytesIn(message, "mime"), bytesIn(message, "first"))}})};
}

std::optional<ContextServer::Answer> ContextServer::describedBy(const QCborMap& message)
{
    return Answer{toCbor(context_.describedBy(bytesIn(message, "mime"), bytesIn(message, "content"), urlIn(message, "base")))};
}

std::optional<ContextServer::Answer> ContextServer::handOver(const QCborMap& message)
{
    return Answer{toCbor(Result<void>(failure(context_.handOver(prefetchedFrom(mapIn(message, "reply"))))))};
}

std::optional<ContextServer::Answer> ContextServer::takeConnection(const QCborMap& message)
{
    const bool yes = context_.takeConnection(urlIn(message, "url"));
    connections_ += yes;
    return Answer{fields({{"yes", yes}})};
}

std::optional<ContextServer::Answer> ContextServer::releaseConnection(const QCborMap& message)
{
    if (connections_ > 0) { // or a liar would take those of others
        --connections_;
        context_.releaseConnection(urlIn(message, "url"));
    }
    return {};
}

std::optional<ContextServer::Answer> ContextServer::busy(const QCborMap& message)
{
    context_.hostIsBusy(urlIn(message, "url"),
        errorFrom(fields({{"code", int(Code::HttpTooManyRequests)}, {"notBefore", numberIn(message, "until")}})).notBefore);
    return {};
}

std::optional<ContextServer::Answer> ContextServer::multiplexes(const QCborMap& message)
{
    context_.hostMultiplexes(urlIn(message, "url"));
    return {};
}

std::optional<ContextServer::Answer> ContextServer::save(const QCborMap& message)
{
    QStringList sync;
    for (const QCborValue& path : field(message, "sync").toArray())
        sync.append(path.toString());
    context_.save(bytesIn(message, "state"), sync);
    return {};
}

std::optional<ContextServer::Answer> ContextServer::report(const QCborMap& message)
{
    context_.report(activityFrom(mapIn(message, "activity")));
    return charged(message);
}

std::optional<ContextServer::Answer> ContextServer::charged(const QCborMap& message)
{
    constexpr qint64 kMostAtOnce = 1 << 30;
    if (const qint64 bytes = numberIn(message, "bytes"); bytes > 0)
        context_.rate().charge(std::min(bytes, kMostAtOnce), context_.services().clock().now());
    return {};
}

std::optional<ContextServer::Answer> ContextServer::verified(const QCborMap& message)
{
    context_.setVerified(Verified(
        std::clamp<qint64>(numberIn(message, "verified"), qint64(Verified::Received), qint64(Verified::Unverifiable))));
    return {};
}

std::optional<ContextServer::Answer> ContextServer::gaps(const QCborMap& message)
{
    context_.setGaps(field(message, "gaps").toArray().toJsonArray());
    return {};
}

std::optional<ContextServer::Answer> ContextServer::log(const QCborMap& message)
{
    context_.log(levelIn(message), textIn(message, "text").left(kLongestLine));
    return {};
}

std::optional<ContextServer::Answer> ContextServer::detach(const QCborMap&)
{
    detached_ = true;
    context_.detach(endSharing_);
    return {};
}

std::optional<ContextServer::Answer> ContextServer::leave(const QCborMap& message)
{
    left_ = outcomeFrom(message);
    return {};
}

std::optional<ContextServer::Answer> ContextServer::end(const QCborMap& message)
{
    ended_ = outcomeFrom(message);
    return {};
}

} // namespace weir
