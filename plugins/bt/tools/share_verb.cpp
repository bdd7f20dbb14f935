// share: what a server needs to give a file or folder to a crowd.

#include "cli.h"
#include "make_torrent.h"
#include "metalink_writer.h"
#include "one_of.h"
#include "options.h"
#include "piece_size.h"
#include "table.h"
#include "text.h"
#include "tool_verbs.h"
#include "torrent_summary.h"
#include "verb_words.h"

#include <weir/signature.h>

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QJsonObject>

#include <algorithm>
#include <optional>

namespace weir {

namespace {

class ShareVerb final : public Verbs {
public:
    explicit ShareVerb(Cli& cli);

private:
    struct Files {
        QString torrent, metalink, signature; ///< paths
        QString torrentUrl, metalinkUrl;
    };
    Result<int> share();
    Result<QString> origin() const;
    Result<std::optional<SecretKey>> key() const;
    Result<Files> place(const ShareListing& listing, const QString& origin) const;
    std::function<void(qint64, qint64)> progress(const char* what);

    Cli& cli_;
    std::string path_, origin_, folder_, pieceSize_, comment_, format_ = "v1", key_, password_, product_, release_;
    double rollout_ = 100;
    std::vector<std::string> trackers_, ignore_;
};

/// As minisign writes it: a signature says of what it is, and when it was made.
QByteArray commentFor(const QString& path)
{
    QByteArray name = QFileInfo(path).fileName().toUtf8();
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
    return "timestamp:" + QByteArray::number(QDateTime::currentSecsSinceEpoch()) + "\tfile:" + name + "\thashed";
}

ShareVerb::ShareVerb(Cli& cli) : cli_(cli)
{
    CLI::App* verb = cli.verb(nullptr, "share",
        "Publish a file or folder: a torrent and a metalink to put on a server beside it", [this] { return share(); });
    verb->add_option("path", path_, "What to share")->type_name("PATH")->required();
    verb->add_option("--origin", origin_, "The address of the folder in which PATH will lie on the server")
        ->type_name("URL")
        ->required();
    verb->add_option("-t,--tracker", trackers_, "An announce URL; again for more")->type_name("URL")->allow_extra_args(false);
    verb->add_option("-o,--output", folder_, "The folder for both files; that of PATH without it")->type_name("DIR");
    verb->add_option("-s,--piece-size", pieceSize_, "A power of two such as 64K or 1M")->type_name("SIZE");
    verb->add_option("--format", format_, "For which clients: v1 for all, without it")
        ->check(oneOf({"v1", "v2", "hybrid"}))
        ->type_name("v1|v2|hybrid");
    verb->add_option("-c,--comment", comment_, "A remark for everybody")->type_name("TEXT");
    verb->add_option("--ignore", ignore_, "Leave out what has such a name, like *.tmp; again for more")
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    verb->add_option("--sign", key_, "Sign the metalink with this secret key of minisign")->type_name("KEYFILE");
    verb->add_option("--sign-password", password_, "A file with the key's password")->type_name("FILE");
    verb->add_option("--product", product_, "What it is, the same name for all its releases")->type_name("NAME");
    verb->add_option("--release", release_, "Which release of it, like 1.4.2")->type_name("VERSION");
    verb->add_option("--rollout", rollout_, "How many percent of the machines take it already")
        ->check(CLI::Range(0.0, 100.0).description(""))
        ->type_name("PERCENT");
}

Result<std::optional<SecretKey>> ShareVerb::key() const
{
    if (key_.empty())
        return std::nullopt;
    const auto contents = textOrFile('@' + key_, QDir::currentPath());
    if (!contents)
        return failure(contents.error());
    auto password = textOrFile(password_.empty() ? std::string() : '@' + password_, QDir::currentPath());
    if (!password)
        return failure(password.error());
    while (password->endsWith('\n') || password->endsWith('\r'))
        password->chop(1);
    auto key = parseSecretKey(*contents, *password);
    if (!key)
        return failure(Code::KeyUnusable, text(key_) + QStringLiteral(": ") + key.error().detail);
    return std::move(*key);
}

Result<QString> ShareVerb::origin() const
{
    const QUrl url(text(origin_), QUrl::StrictMode);
    if (const auto fine = checkWebSeeds({text(origin_)}); !fine)
        return failure(fine.error());
    if (url.hasQuery() || url.hasFragment() || !url.userInfo().isEmpty())
        return failure(
            Code::BadUrl, QStringLiteral("%1: a folder's address, without user, query or fragment").arg(text(origin_)));
    const QString folder = url.toString(QUrl::FullyEncoded);
    return folder.endsWith(u'/') ? folder : folder + u'/';
}

Result<ShareVerb::Files> ShareVerb::place(const ShareListing& listing, const QString& origin) const
{
    const QString folder = folder_.empty() ? QString::fromStdString(listing.parent) : text(folder_);
    if (!QFileInfo(folder).isDir())
        return failure(Code::DiskNotADirectory, folder);
    const QString name = QString::fromStdString(listing.name);
    return Files{QDir(folder).filePath(name + QStringLiteral(".torrent")),
        QDir(folder).filePath(name + QStringLiteral(".meta4")), QDir(folder).filePath(name + QStringLiteral(".meta4.minisig")),
        addressBelow(origin, listing.name + ".torrent"), addressBelow(origin, listing.name + ".meta4")};
}

std::function<void(qint64, qint64)> ShareVerb::progress(const char* what)
{
    if (!cli_.err().terminal)
        return [](qint64, qint64) {};
    return [this, what, last = -1](qint64 done, qint64 all) mutable {
        const int percent = int(100 * done / std::max<qint64>(all, 1));
        if (percent != std::exchange(last, percent))
            cli_.err().write(QStringLiteral("\r%1 %2 %%3")
                                 .arg(QLatin1StringView(what))
                                 .arg(percent, 3)
                                 .arg(done >= all ? QStringLiteral("\r\x1b[K") : QString()));
    };
}

Result<int> ShareVerb::share()
{
    const auto origin = this->origin();
    if (!origin)
        return failure(origin.error());
    TorrentOptions options{.format = torrentFormat(format_), .comment = text(comment_)};
    if (!trackers_.empty())
        options.tiers = {texts(trackers_)};
    if (const auto fine = checkTrackers(texts(trackers_)); !fine)
        return failure(fine.error());
    // A key that can't be used is known before every byte was read.
    const auto key = this->key();
    if (!key)
        return failure(key.error());
    const auto listing = listShare(path_, texts(ignore_));
    if (!listing)
        return failure(listing.error());
    const auto size = pieceSize_.empty() ? Result<qint64>(pieceSizeFor(listing->size)) : parsePieceSize(text(pieceSize_));
    if (!size)
        return failure(size.error());
    const auto files = place(*listing, *origin);
    if (!files)
        return failure(files.error());
    options.pieceSize = *size;
    // Of a folder clients add the name themselves.
    options.webSeeds = {listing->folder ? *origin : addressBelow(*origin, listing->name)};
    const auto torrent = makeTorrent(*listing, options, progress("hashing pieces"));
    if (!torrent)
        return failure(torrent.error());
    const auto summary = summarize(*torrent);
    if (!summary)
        return failure(summary.error());
    const MetalinkWish wish{.pieceSize = *size,
        .origin = *origin,
        .torrent = files->torrentUrl,
        .identity = text(product_),
        .version = text(release_),
        .rollout = rollout_};
    const auto metalink = makeMetalink(*listing, wish, progress("hashing files"));
    if (!metalink)
        return failure(metalink.error());
    QList<QPair<QString, QByteArray>> products{{files->torrent, *torrent}, {files->metalink, *metalink}};
    if (*key) {
        const auto signature = sign(*metalink, **key, commentFor(files->metalink));
        if (!signature)
            return failure(signature.error());
        products.append({files->signature, *signature});
    }
    for (const auto& [path, bytes] : std::as_const(products))
        if (const auto written = writeWhole(path, bytes); !written)
            return failure(written.error());
    // A metalink is of single files; who wants a folder takes its torrent, which nothing signs.
    const QString link = listing->folder && !*key ? files->torrentUrl : files->metalinkUrl;
    Magnet own = summary->magnet();
    own.others.append({"xs", files->torrentUrl.toUtf8()});
    const QString magnet = QString::fromLatin1(magnetLink(own));
    if (cli_.json()) {
        QJsonObject said{{QStringLiteral("link"), link}, {QStringLiteral("magnet"), magnet},
            {QStringLiteral("torrent"), files->torrent}, {QStringLiteral("metalink"), files->metalink},
            {QStringLiteral("torrentUrl"), files->torrentUrl}, {QStringLiteral("metalinkUrl"), files->metalinkUrl}};
        if (*key)
            said.insert(QStringLiteral("signature"), files->signature);
        cli_.printJson(said);
        return 0;
    }
    for (const QString& line : factLines(
             {{QStringLiteral("torrent"), files->torrent}, {QStringLiteral("metalink"), files->metalink},
                 {QStringLiteral("signature"), *key ? files->signature : QString()}, {QStringLiteral("put them into"), *origin},
                 {QStringLiteral("link to give"), link}, {QStringLiteral("magnet"), magnet}},
             cli_.out()))
        cli_.out().line(line);
    return 0;
}

} // namespace

std::unique_ptr<Verbs> toolVerbs(Cli& cli) { return std::make_unique<ShareVerb>(cli); }

} // namespace weir
