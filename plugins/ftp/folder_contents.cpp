#include "ftp/folder_contents.h"

#include "ftp/listing.h"

#include <weir/memory_sink.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr qint64 kLargestListing = 16 << 20;
constexpr std::size_t kMostFiles = 10'000;
constexpr int kMostFolders = 5'000;
constexpr int kDeepest = 24;

struct Folder {
    QUrl url;
    QString path; ///< with a slash at its end, or empty
    int depth = 0;
};

/// Old servers have names in Latin-1 or worse: then every byte becomes a character, which is at least readable.
QString shown(const QByteArray& name)
{
    const QString text = QString::fromUtf8(name);
    return text.toUtf8() == name ? text : QString::fromLatin1(name);
}

QUrl childOf(const QUrl& folder, const QByteArray& name, bool isFolder)
{
    QUrl url = folder;
    QString path = folder.path(QUrl::FullyEncoded);
    if (!path.endsWith(u'/'))
        path += u'/';
    path += QString::fromLatin1(name.toPercentEncoding());
    url.setPath(isFolder ? path + u'/' : path, QUrl::TolerantMode);
    return url;
}

/// How a file system might see it: names of one spelling would become one file.
QString spelling(const QString& path)
{
    QString key;
    for (const QChar c : path.normalized(QString::NormalizationForm_KC).toCaseFolded())
        if (c.isPrint())
            key += QStringView(u"<>:\"\\|?*").contains(c) ? u'_' : c;
    QStringList parts = key.split(u'/');
    for (QString& part : parts) {
        while (part.endsWith(u'.') || part.endsWith(u' '))
            part.chop(1);
        part = part.trimmed().left(60); // longer ones may be cut
    }
    return parts.join(u'/');
}

QString numbered(const QString& path, int n)
{
    const qsizetype dot = path.lastIndexOf(u'.');
    const bool hasSuffix = dot > path.lastIndexOf(u'/') + 1;
    const QString number = QStringLiteral(" (%1)").arg(n);
    return hasSuffix ? path.left(dot) + number + path.mid(dot) : path + number;
}

class Lister {
public:
    explicit Lister(TaskContext& ctx) : ctx_(ctx), mlsd_(ctx.spec().url.scheme() != QLatin1String("sftp")) {}
    Result<FolderContents> run();

private:
    Result<std::vector<ListedEntry>> list(const QUrl& url);
    Result<QByteArray> fetch(const QUrl& url, const QByteArray& command);
    Result<void> take(const Folder& folder, const std::vector<ListedEntry>& entries);
    QString unused(const QString& path);

    TaskContext& ctx_;
    bool mlsd_; ///< until the server has shown that it does not know it
    std::vector<Folder> open_;
    int folders_ = 0;
    QSet<QString> spellings_;
    FolderContents contents_;
};

Result<QByteArray> Lister::fetch(const QUrl& url, const QByteArray& command)
{
    RangeFetcher* fetcher = ctx_.services().fetcherFor(url);
    if (!fetcher)
        return failure(Code::NoFetcher, url.toDisplayString(QUrl::RemoveUserInfo));
    auto context = std::make_shared<RequestContext>(ctx_.spec().request ? *ctx_.spec().request : RequestContext());
    context->method = command;
    FetchRequest request;
    request.url = url;
    request.context = context;
    request.rate = &ctx_.rate();
    MemorySink sink(kLargestListing);
    FetchGroup group(ctx_.services().clock(), ctx_.stop());
    group.start(*fetcher, request, sink);
    while (true) {
        auto done = group.next(1s);
        if (ctx_.stop().stop_requested())
            return failure(Code::Cancelled);
        if (done && !done->head)
            return failure(done->head.error());
        if (done)
            return sink.take();
    }
}

Result<std::vector<ListedEntry>> Lister::list(const QUrl& url)
{
    if (mlsd_) {
        const auto text = fetch(url, "MLSD");
        if (text)
            return parseMlsd(*text);
        // What concerns the connection or the login would not be otherwise with LIST.
        const Code code = text.error().code;
        const bool ofTheCommand = code == Code::RemoteFileMissing || code == Code::RemoteAccessDenied
            || code == Code::WeirdReply || code == Code::FtpBrokenOff;
        if (!ofTheCommand)
            return failure(text.error());
    }
    const auto text = fetch(url, "GET");
    if (!text)
        return failure(text.error());
    mlsd_ = false;
    return parseList(*text);
}

QString Lister::unused(const QString& path)
{
    QString name = path;
    for (int n = 2; spellings_.contains(spelling(name)); ++n)
        name = numbered(path, n);
    spellings_.insert(spelling(name));
    return name;
}

Result<void> Lister::take(const Folder& folder, const std::vector<ListedEntry>& entries)
{
    for (const ListedEntry& entry : entries) {
        const bool isFolder = entry.kind == ListedEntry::Kind::Folder;
        const QString path = folder.path + shown(entry.name);
        if (entry.kind == ListedEntry::Kind::Link) {
            ctx_.log(Level::Info, QStringLiteral("left out, since it is a link: %1").arg(path));
            continue;
        }
        const QUrl url = childOf(folder.url, entry.name, isFolder);
        if (isFolder)
            open_.push_back({url, path + u'/', folder.depth + 1});
        else
            contents_.files.push_back({url, path, entry.size});
    }
    if (contents_.files.size() > kMostFiles || folders_ + int(open_.size()) > kMostFolders || folder.depth > kDeepest)
        return failure(Code::FtpFolderTooLarge,
            QStringLiteral("%1: more than %2 files, %3 folders or %4 levels")
                .arg(folder.url.toDisplayString(QUrl::RemoveUserInfo))
                .arg(kMostFiles)
                .arg(kMostFolders)
                .arg(kDeepest));
    return {};
}

Result<FolderContents> Lister::run()
{
    const QUrl root = ctx_.spec().url;
    open_.push_back({root, QString(), 0});
    while (!open_.empty()) {
        const Folder folder = std::move(open_.back());
        open_.pop_back();
        ++folders_;
        Activity now;
        now.phase = QStringLiteral("reading folders: %1, %2 files").arg(folders_).arg(contents_.files.size());
        ctx_.report(now);
        const auto entries = list(folder.url);
        if (!entries)
            return failure(entries.error());
        if (auto taken = take(folder, *entries); !taken)
            return failure(taken.error());
    }
    if (contents_.files.empty())
        return failure(Code::FtpFolderEmpty, root.toDisplayString(QUrl::RemoveUserInfo));
    std::sort(contents_.files.begin(), contents_.files.end(),
        [](const FolderFile& a, const FolderFile& b) { return a.path < b.path; });
    for (FolderFile& file : contents_.files)
        file.path = unused(file.path);
    contents_.name = root.path().section(u'/', -1, -1, QString::SectionSkipEmpty);
    if (contents_.name.isEmpty())
        contents_.name = root.host();
    return std::move(contents_);
}

} // namespace

QByteArray FolderContents::toBytes() const
{
    QJsonArray list;
    for (const FolderFile& file : files)
        list.append(QJsonArray{file.url.toString(QUrl::FullyEncoded), file.path, file.size});
    return QJsonDocument(QJsonObject{{"folder", name}, {"files", list}}).toJson(QJsonDocument::Compact);
}

FolderContents FolderContents::fromBytes(const QByteArray& state)
{
    const QJsonObject object = QJsonDocument::fromJson(state).object();
    FolderContents contents{object["folder"].toString(), {}};
    for (const QJsonValue& value : object["files"].toArray())
        contents.files.push_back({QUrl(value[0].toString()), value[1].toString(), value[2].toInteger(-1)});
    return contents;
}

TaskInfo FolderContents::info() const
{
    TaskInfo info{.name = name, .size = 0, .resumable = true};
    for (const FolderFile& file : files) {
        info.files.append({file.path, file.size});
        info.size = file.size < 0 || info.size < 0 ? -1 : info.size + file.size;
    }
    return info;
}

Result<FolderContents> listFolder(TaskContext& ctx) { return Lister(ctx).run(); }

} // namespace weir
