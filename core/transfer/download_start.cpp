// How a download begins: from a first reply that tells what it is, or from what an earlier run has left.

#include "transfer/download.h"

#include "base/file_name.h"
#include "transfer/description.h"

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr int kMostRestarts = 2;
constexpr qint64 kLargestShared = 4 << 20;
// After that time less is enough to tell what a reply is; but the head alone, however long it stood alone, never is.
constexpr auto kSlow = 2s;
constexpr qsizetype kEnoughOfSlow = 512;

bool mayBeOther(const FetchHead& head) { return head.totalSize <= FirstReply::kMost; }

} // namespace

Result<void> Download::begin()
{
    Result<FetchHead> head = failure(Code::NoSource, spec_.url.toDisplayString());
    for (int i = 0; i < int(sources_.size()); ++i) {
        head = awaitFirst(i);
        if (head)
            break;
        sources_[i].record.failed(clock_.now());
        // Another source is asked only for reasons that lie with this one.
        const Category category = errorRow(head.error().code).category;
        if (ctx_.stop().stop_requested() || category == Category::Disk || category == Category::General)
            break;
        ctx_.log(Level::Warning, describe(head.error()));
    }
    if (!head)
        return tl::unexpected(head.error());
    return decide(*head);
}

/// Waits until the reply's head and opening are there, or the reply has ended.
Result<FetchHead> Download::awaitFirst(int index)
{
    Source& source = sources_[index];
    first_ = std::make_unique<FirstReply>(
        ctx_.device(),
        [this, asked = source.url](const FetchHead& head) -> Result<void> {
            if (isPageInsteadOfFile(head, asked, spec_.mime.toUtf8()))
                return failure(Code::HtmlInsteadOfFile, head.finalUrl.toDisplayString());
            return {};
        },
        [this] { group_.wake(); });

    FetchRequest whole = request(source);
    whole.expectedSize = -1;
    whole.multiplex = spec_.crowded && source.url.scheme() == "https";
    const quint64 id = group_.start(*source.fetcher, whole, *first_);
    const TimePoint started = clock_.now();
    lanes_.clear();
    report("connecting");
    while (true) {
        auto done = group_.next(200ms);
        if (ctx_.stop().stop_requested())
            return failure(Code::Cancelled);
        if (done && !done->head)
            if (!first_->head() || done->head.error().code != Code::Cancelled || first_->body().size() < FirstReply::kMost / 2)
                return tl::unexpected(done->head.error());
        const bool slow = clock_.now() - started > kSlow;
        const auto seen = first_->head();
        if (done || (seen && slow && !mayBeOther(*seen))
            || !first_->opening(slow ? kEnoughOfSlow : FirstReply::kOpening).isNull()) {
            const FetchHead head = *first_->head();
            source.record.answered(clock_.now(),
                done ? std::chrono::duration<double>(done->firstByte).count()
                     : std::chrono::duration<double>(clock_.now() - started).count());
            Lane lane;
            lane.id = done ? 0 : id;
            lane.source = index;
            lane.started = started;
            lane.lastByte = clock_.now();
            lanes_.push_back(std::move(lane));
            return head;
        }
    }
}

/// The reply is known: is it ours, what is it called, where do its bytes go?
Result<void> Download::decide(const FetchHead& head)
{
    Lane& lane = lanes_.front();
    Source& source = sources_[lane.source];
    if (mayBeOther(head) && ctx_.belongsToOther(head.mime, first_->opening(kEnoughOfSlow)))
        return handOver(head);
    // What was begun stays with us.
    if (auto found = restarts_ == 0 ? findDescription(ctx_, head) : std::nullopt)
        return tl::unexpected(ctx_.handOver(std::move(*found)));

    identity_ = Identity::of(head);
    source.validator = head.validator;
    source.proven = head.rangesVouched;
    endInDoubt_ = identity_.size > 0 && !identity_.vouched;
    identity_.name = head.fileName.isEmpty() ? nameFromUrl(head.finalUrl) : head.fileName;
    if (identity_.name.isEmpty())
        identity_.name = nameFromUrl(spec_.url);
    if (identity_.name.isEmpty())
        identity_.name = head.mime == "text/html" ? "index.html" : spec_.url.host();
    TaskInfo info;
    info.name = identity_.name;
    info.size = identity_.size;
    info.mime = QString::fromUtf8(head.mime);
    info.resumable = head.rangesOffered && identity_.size >= 0;
    const auto choice = ctx_.describe(info);
    if (!choice)
        return tl::unexpected(choice.error());
    const auto file = ctx_.open(choice->name, identity_.size);
    if (!file)
        return tl::unexpected(file.error());
    file_ = *file;
    // What an earlier run left belongs to a reply that is not known any more.
    if (file_->done() > 0)
        file_->forget({0, std::numeric_limits<qint64>::max()});
    saveIdentity();
    for (const QUrl& mirror : head.mirrors) {
        if (RangeFetcher* fetcher = ctx_.services().fetcherFor(mirror); fetcher && sources_.size() < 64)
            addSource(mirror, *fetcher);
    }

    const qint64 end = identity_.size >= 0 ? identity_.size : std::numeric_limits<qint64>::max();
    lane.sink = std::make_unique<FileSink>(*file_, ctx_.services().buffers(), ByteRange{0, end});
    if (head.multiplexed) {
        ctx_.hostMultiplexes(head.finalUrl);
        // A shared connection is for small files: the rest of a large one gets connections of its own, which can be paused.
        if (identity_.size > kLargestShared && head.rangesOffered)
            lane.sink->setLimit(kLargestShared / 4);
    }
    const auto passed = first_->passTo(lane.sink.get());
    if (!passed && errorRow(passed.error().code).category == Category::Disk)
        return tl::unexpected(passed.error());
    if (lane.id == 0) { // the whole reply was there already
        if (identity_.size < 0)
            if (auto sized = file_->setSize(lane.sink->position()); !sized)
                return sized;
        source.record.succeeded(clock_.now());
        endInDoubt_ = endInDoubt_ && lane.sink->position() < identity_.size;
        lanes_.clear();
    }
    return {};
}

Result<void> Download::handOver(const FetchHead& head)
{
    const quint64 id = lanes_.front().id;
    while (id != 0 && !first_->ended()) {
        auto done = group_.next(1s);
        if (ctx_.stop().stop_requested())
            return failure(Code::Cancelled);
        if (done && !done->head)
            return done->head.error().code == Code::Cancelled
                ? failure(Code::FileTooBigForLimit, head.finalUrl.toDisplayString())
                : failure(done->head.error());
    }
    return tl::unexpected(ctx_.handOver({head.finalUrl, head.headers, first_->body()}));
}

/// An earlier run has left an identity and perhaps bytes.
Result<void> Download::openAgain()
{
    TaskInfo info;
    info.name = identity_.name;
    info.size = identity_.size;
    info.mime = QString::fromUtf8(identity_.mime);
    info.resumable = true;
    const auto choice = ctx_.describe(info);
    if (!choice)
        return tl::unexpected(choice.error());
    const auto file = ctx_.open(choice->name, identity_.size);
    if (!file)
        return tl::unexpected(file.error());
    file_ = *file;
    endInDoubt_ = identity_.size > 0 && !identity_.vouched;
    Source& source = sources_.front();
    source.validator = identity_.validator;
    source.conditional = identity_.conditional;
    // Only a strong validator vouches for the bytes that are here; else a sample is compared first.
    // Another address has validators of its own: size and sample must do.
    const bool relinked = spec_.options["relinked"].toBool();
    if (relinked)
        source.validator.clear();
    source.proven = file_->done() == 0 || (!relinked && isStrongValidator(identity_.validator) && identity_.conditional);
    return {};
}

/// The server can't continue what was begun: everything once more, as one reply.
Result<void> Download::fromZero(const QString& why)
{
    if (++restarts_ > kMostRestarts)
        return failure(Code::ResumeImpossible, spec_.url.toDisplayString());
    ctx_.log(Level::Warning, describe(Error{Code::ResumeImpossible, why}));
    group_.cancelAll();
    while (group_.running())
        if (!group_.next(1s) && ctx_.stop().stop_requested())
            return failure(Code::Cancelled);
    for (Lane& lane : lanes_)
        if (lane.permit)
            ctx_.releaseConnection(sources_[lane.source].url);
    lanes_.clear();
    proof_.reset();
    first_.reset();
    if (auto begun = begin(); !begun)
        return begun;
    identity_.ranges = false;
    saveIdentity();
    pace_ = Pace({.fixed = 1});
    return {};
}

} // namespace weir
