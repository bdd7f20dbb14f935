#include "transfer/verification.h"

#include "base/digest.h"
#include <weir/memory_sink.h>

#include <QSet>

#include <algorithm>
#include <list>

namespace weir {

namespace {

constexpr qint64 kReadSize = 1 << 20;
constexpr qint64 kLargestSumsFile = 1 << 20;

} // namespace

Result<Verdict> checkDigests(const OutputFile& file, const QList<ExpectedDigest>& expected, std::stop_token stop,
    const std::function<void(qint64)>& progress)
{
    Verdict verdict;
    std::vector<std::pair<ExpectedDigest, std::unique_ptr<Hasher>>> hashes;
    for (const ExpectedDigest& digest : expected)
        hashes.emplace_back(digest, std::make_unique<Hasher>(digest.algorithm));
    verdict.checked = !hashes.empty();
    const qint64 size = file.size();
    for (qint64 at = 0; verdict.checked && at < size; at += kReadSize) {
        if (stop.stop_requested())
            return failure(Code::Cancelled);
        const auto bytes = file.read({at, std::min(size, at + kReadSize)});
        if (!bytes)
            return tl::unexpected(bytes.error());
        for (auto& [digest, hash] : hashes)
            hash->add({bytes->constData(), std::size_t(bytes->size())});
        progress(at + bytes->size());
    }
    for (auto& [digest, hash] : hashes) {
        if (!hash->matches(digest)) {
            verdict.wrong = digest;
            verdict.found = hash->result();
            break;
        }
    }
    return verdict;
}

Result<ExpectedDigest> findSums(const QUrl& url, const QString& name, TaskContext& ctx)
{
    RangeFetcher* fetcher = ctx.services().fetcherFor(url);
    if (!fetcher)
        return failure(Code::NoFetcher, url.toDisplayString());
    const QStringList beside{name + ".sha256", name + ".sha512", name + ".sha1", name + ".md5", "SHA256SUMS", "SHA512SUMS",
        "sha256sum.txt", "SHA1SUMS", "MD5SUMS", "md5sum.txt"};
    std::list<MemorySink> sinks;
    QList<quint64> ids;
    FetchGroup group(ctx.services().clock(), ctx.stop());
    for (const QString& candidate : beside) {
        QUrl sums = url.adjusted(QUrl::RemoveFilename | QUrl::RemoveQuery | QUrl::RemoveFragment);
        sums.setPath(
            sums.path(QUrl::FullyEncoded) + QString::fromLatin1(candidate.toUtf8().toPercentEncoding()), QUrl::TolerantMode);
        ids.append(group.start(*fetcher, {.url = sums, .context = ctx.spec().request}, sinks.emplace_back(kLargestSumsFile)));
    }
    QSet<quint64> there;
    while (group.running() > 0 && !ctx.stop().stop_requested())
        if (const auto done = group.next(std::chrono::seconds(1)); done && done->head && done->head->mime != "text/html")
            there.insert(done->id);
    if (ctx.stop().stop_requested())
        return failure(Code::Cancelled);
    auto id = ids.cbegin();
    for (const MemorySink& sink : sinks)
        if (there.contains(*id++))
            if (const auto digest = digestFromSums(sink.bytes(), name))
                return *digest;
    const bool found = !there.isEmpty();
    const QString where = url.adjusted(QUrl::RemoveFilename | QUrl::RemoveQuery).toDisplayString();
    return failure(found ? Code::SumsFileNoEntry : Code::SumsFileMissing, where + ' ' + name);
}

} // namespace weir
