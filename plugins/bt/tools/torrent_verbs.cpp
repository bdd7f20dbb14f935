// torrent create, show, edit.

#include "cli.h"
#include "edit_torrent.h"
#include "fetch_bytes.h"
#include "make_torrent.h"
#include "one_of.h"
#include "piece_size.h"
#include "table.h"
#include "text.h"
#include "tool_verbs.h"
#include "torrent_fetch_verb.h"
#include "torrent_subject.h"
#include "torrent_summary.h"
#include "verb_words.h"

#include <QDateTime>
#include <QDir>
#include <QJsonArray>

namespace weir {

namespace {

class TorrentVerbs final : public Verbs {
public:
    explicit TorrentVerbs(Cli& cli);

private:
    Result<int> create();
    Result<int> show();
    Result<int> edit();

    Result<TorrentOptions> createOptions() const;
    QList<QStringList> tiers() const;
    Result<QJsonObject> createOne(const std::string& path, const TorrentOptions& options, const QString& target);
    Result<int> createEach(const TorrentOptions& options);
    void told(const QJsonObject& made) const;
    std::function<void(int, int)> progress();
    void printSummary(const TorrentSummary& torrent) const;
    void printMagnet(const Magnet& magnet) const;

    Cli& cli_;
    CLI::App* create_ = nullptr;
    CLI::Option* trackerOption_ = nullptr;
    CLI::Option* tierOption_ = nullptr;
    std::string path_, target_, pieceSize_, format_ = "hybrid", comment_, source_, date_, input_, proxy_;
    std::vector<std::string> trackers_, webSeeds_, ignore_, removed_, replaced_, removedSeeds_;
    int threads_ = 0, tierMarks_ = 0;
    std::unique_ptr<Verbs> fetch_;
    bool private_ = false, each_ = false, magnet_ = false, commentGiven_ = false;
};

TorrentVerbs::TorrentVerbs(Cli& cli) : cli_(cli)
{
    CLI::App* torrent = cli.verb(nullptr, "torrent", "Make, look into and change torrent files");
    create_ = cli.verb(torrent, "create", "Make a torrent of a file or folder", [this] { return create(); });
    create_->add_option("path", path_, "What to share")->type_name("PATH")->required();
    create_->add_option("-o,--output", target_, "The torrent file; with --each the folder for all of them")->type_name("FILE");
    trackerOption_ = create_->add_option("-t,--tracker", trackers_, "An announce URL; again for more")
                         ->type_name("URL")
                         ->allow_extra_args(false);
    tierOption_ =
        create_->add_flag("--tier", tierMarks_, "The trackers that follow are asked only if those before don't answer");
    create_
        ->add_option(
            "-s,--piece-size", pieceSize_, "A power of two such as 64K or 1M; without it one that makes 1,000 to 2,000 pieces")
        ->type_name("SIZE");
    create_->add_option("--format", format_, "For which clients")
        ->check(oneOf({"v1", "v2", "hybrid"}))
        ->type_name("v1|v2|hybrid");
    create_->add_flag("-p,--private", private_, "Peers come from the trackers only");
    create_->add_option("-c,--comment", comment_, "A remark for everybody")->type_name("TEXT");
    create_->add_option("--source", source_, "Changes the info-hash, as some trackers want it")->type_name("TEXT");
    create_->add_option("-w,--web-seed", webSeeds_, "Where the same data can be had over HTTP or FTP; again for more")
        ->type_name("URL")
        ->allow_extra_args(false);
    create_->add_option("--ignore", ignore_, "Leave out what has such a name, like *.tmp; again for more")
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    create_->add_option("--date", date_, "Say when it was made: now, or an ISO time")->type_name("TIME");
    create_->add_option("--threads", threads_, "That hash; one for each processor without it")
        ->check(CLI::Range(1, 256))
        ->type_name("N");
    create_->add_flag("--each", each_, "One torrent for each file and folder in PATH");

    CLI::App* show = cli.verb(torrent, "show", "What a torrent file or magnet link says", [this] { return this->show(); });
    show->add_option("torrent", input_, "A file, its http(s) address, or a magnet link")
        ->type_name("FILE|MAGNET|URL")
        ->required();
    show->add_flag("-m,--magnet", magnet_, "Print the magnet link only");
    show->add_option("--proxy", proxy_, "Fetch the address through this")->type_name("URL");

    fetch_ = torrentFetchVerb(cli, *torrent);

    CLI::App* edit = cli.verb(
        torrent, "edit", "Change trackers, web seeds or the comment; the info-hash stays", [this] { return this->edit(); });
    edit->add_option("file", input_, "The torrent file")->type_name("FILE")->required();
    edit->add_option("-a,--add-tracker", trackers_, "Again for more")->type_name("URL")->allow_extra_args(false);
    edit->add_option("-d,--remove-tracker", removed_, "Again for more")->type_name("URL")->allow_extra_args(false);
    edit->add_option("-r,--replace-tracker", replaced_, "Again for more")
        ->type_size(2)
        ->type_name("OLD NEW")
        ->allow_extra_args(false);
    edit->add_option("--add-web-seed", webSeeds_, "Again for more")->type_name("URL")->allow_extra_args(false);
    edit->add_option("--remove-web-seed", removedSeeds_, "Again for more")->type_name("URL")->allow_extra_args(false);
    edit->add_option_function<std::string>(
            "-c,--comment",
            [this](const std::string& given) {
                comment_ = given;
                commentGiven_ = true;
            },
            "Another comment; '' for none")
        ->type_name("TEXT");
    edit->add_option("-o,--output", target_, "Write there and leave FILE as it is")->type_name("FILE");
}

/// Trackers in the order of the command line, divided where --tier stands.
QList<QStringList> TorrentVerbs::tiers() const
{
    QList<QStringList> out{QStringList()};
    std::size_t next = 0;
    for (const CLI::Option* option : create_->parse_order()) {
        if (option == tierOption_)
            out.append(QStringList());
        else if (option == trackerOption_ && next < trackers_.size())
            out.last() += text(trackers_[next++]);
    }
    out.removeAll(QStringList());
    return out;
}

Result<TorrentOptions> TorrentVerbs::createOptions() const
{
    TorrentOptions options{.format = torrentFormat(format_),
        .tiers = tiers(),
        .webSeeds = texts(webSeeds_),
        .isPrivate = private_,
        .comment = text(comment_),
        .source = text(source_),
        .threads = threads_};
    if (const auto fine = checkTrackers(texts(trackers_)); !fine)
        return failure(fine.error());
    if (const auto fine = checkWebSeeds(options.webSeeds); !fine)
        return failure(fine.error());
    if (private_ && trackers_.empty())
        return failure(Code::BadOption, QStringLiteral("--private without --tracker: nobody would find the torrent"));
    if (!pieceSize_.empty()) {
        const auto size = parsePieceSize(text(pieceSize_));
        if (!size)
            return failure(size.error());
        options.pieceSize = *size;
    }
    if (!date_.empty()) {
        const QDateTime date =
            date_ == "now" ? QDateTime::currentDateTimeUtc() : QDateTime::fromString(text(date_), Qt::ISODate);
        if (!date.isValid() || date.toSecsSinceEpoch() <= 0)
            return failure(Code::BadTime, text(date_));
        options.date = date.toSecsSinceEpoch();
    }
    return options;
}

std::function<void(int, int)> TorrentVerbs::progress()
{
    if (!cli_.err().terminal)
        return [](int, int) {};
    return [this, last = -1](int done, int all) mutable {
        const int percent = int(100LL * done / std::max(all, 1));
        if (percent != std::exchange(last, percent))
            cli_.err().write(
                QStringLiteral("\rhashing %1 %%2").arg(percent, 3).arg(done >= all ? QStringLiteral("\r\x1b[K") : QString()));
    };
}

Result<QJsonObject> TorrentVerbs::createOne(const std::string& path, const TorrentOptions& options, const QString& target)
{
    const auto listing = listShare(path, texts(ignore_));
    if (!listing)
        return failure(listing.error());
    const QString file = target.isEmpty() ? QString::fromStdString(listing->name) + QStringLiteral(".torrent") : target;
    if (target.isEmpty() && QFileInfo::exists(file))
        return failure(Code::DiskFileExists, file);
    const auto bytes = makeTorrent(*listing, options, progress());
    if (!bytes)
        return failure(bytes.error());
    const auto summary = summarize(*bytes);
    if (!summary)
        return failure(summary.error());
    if (const auto written = writeWhole(file, *bytes); !written)
        return failure(written.error());
    QJsonObject made = toJson(*summary);
    made.insert(QStringLiteral("torrent"), file);
    made.insert(QStringLiteral("torrentSize"), bytes->size());
    made.insert(QStringLiteral("pieceSizeChosen"), options.pieceSize == 0);
    return made;
}

void TorrentVerbs::told(const QJsonObject& made) const
{
    const auto number = [&](const char* key) { return qint64(made.value(QLatin1String(key)).toDouble()); };
    cli_.out().line(printable(made.value(QStringLiteral("torrent")).toString()));
    for (const QString& line :
        factLines({{QStringLiteral("info-hash"), made.value(QStringLiteral("hashV1")).toString()},
                      {QStringLiteral("info-hash v2"), made.value(QStringLiteral("hashV2")).toString()},
                      {QStringLiteral("content"),
                          QStringLiteral("%1, %2").arg(
                              countText(made.value(QStringLiteral("files")).toArray().size(), QStringLiteral("file")),
                              sizeText(number("size")))},
                      {QStringLiteral("pieces"),
                          QStringLiteral("%1 of %2%3; the torrent file has %4")
                              .arg(number("pieces"))
                              .arg(sizeText(number("pieceSize")),
                                  made.value(QStringLiteral("pieceSizeChosen")).toBool()
                                      ? QStringLiteral(" (chosen for 1,000 to 2,000 pieces)")
                                      : QString(),
                                  sizeText(number("torrentSize")))}},
            cli_.out()))
        cli_.out().line(line);
}

Result<int> TorrentVerbs::createEach(const TorrentOptions& options)
{
    const QString folder = target_.empty() ? QStringLiteral(".") : text(target_);
    if (!QFileInfo(folder).isDir())
        return failure(Code::DiskNotADirectory, folder);
    QJsonArray all;
    int status = 0;
    for (const QFileInfo& entry : QDir(text(path_)).entryInfoList(QDir::AllEntries | QDir::NoDotAndDotDot, QDir::Name)) {
        const QString target = QDir(folder).filePath(entry.fileName() + QStringLiteral(".torrent"));
        const auto made = createOne(QFile::encodeName(entry.filePath()).toStdString(), options, target);
        if (!made) {
            // One that can't be read does not keep the others waiting.
            cli_.printError(made.error());
            status = errorRow(made.error().code).exitStatus;
            continue;
        }
        all += *made;
        if (!cli_.json())
            told(*made);
    }
    if (all.isEmpty() && !status)
        return failure(Code::NothingToShare, text(path_));
    if (cli_.json())
        cli_.printJson(all);
    return status;
}

Result<int> TorrentVerbs::create()
{
    const auto options = createOptions();
    if (!options)
        return failure(options.error());
    if (each_)
        return createEach(*options);
    const auto made = createOne(path_, *options, text(target_));
    if (!made)
        return failure(made.error());
    if (cli_.json())
        cli_.printJson(*made);
    else
        told(*made);
    return 0;
}

void TorrentVerbs::printSummary(const TorrentSummary& torrent) const
{
    QStringList trackers;
    for (qsizetype tier = 0; tier < torrent.tiers.size(); ++tier)
        for (const QString& url : torrent.tiers[tier])
            trackers += torrent.tiers.size() > 1 ? QStringLiteral("%1 (tier %2)").arg(url).arg(tier + 1) : url;
    std::vector<std::pair<QString, QString>> facts{{QStringLiteral("name"), printable(torrent.name)},
        {QStringLiteral("info-hash"), QString::fromLatin1(torrent.v1.toHex())},
        {QStringLiteral("info-hash v2"), QString::fromLatin1(torrent.v2.toHex())},
        {QStringLiteral("format"), QLatin1String(torrent.format())}, {QStringLiteral("size"), sizeText(torrent.size)},
        {QStringLiteral("pieces"), QStringLiteral("%1 of %2").arg(torrent.pieces).arg(sizeText(torrent.pieceSize))},
        {QStringLiteral("privacy"), torrent.isPrivate ? QStringLiteral("private") : QStringLiteral("public")},
        {QStringLiteral("source"), printable(torrent.source)}, {QStringLiteral("comment"), printable(torrent.comment)},
        {QStringLiteral("made by"), printable(torrent.creator)},
        {QStringLiteral("made"),
            torrent.date > 0 ? localTimeText(QDateTime::fromSecsSinceEpoch(torrent.date, Qt::UTC).toString(Qt::ISODate))
                             : QString()}};
    for (qsizetype i = 0; i < trackers.size(); ++i)
        facts.emplace_back(i ? QString() : QStringLiteral("trackers"), printable(trackers[i]));
    for (qsizetype i = 0; i < torrent.webSeeds.size(); ++i)
        facts.emplace_back(i ? QString() : QStringLiteral("web seeds"), printable(torrent.webSeeds[i]));
    for (const QString& line : factLines(facts, cli_.out()))
        cli_.out().line(line);
    Table files(
        {{QStringLiteral("#"), true}, {QStringLiteral("SIZE"), true}, {QStringLiteral("FILE"), false, Column::Give::Middle}});
    for (qsizetype i = 0; i < torrent.files.size(); ++i)
        files.add({QString::number(i + 1), sizeText(torrent.files[i].size), printable(torrent.files[i].path)});
    cli_.out().line({});
    for (const QString& line : files.lines(cli_.out().width(), cli_.out().unicode))
        cli_.out().line(line);
}

void TorrentVerbs::printMagnet(const Magnet& magnet) const
{
    std::vector<std::pair<QString, QString>> facts{{QStringLiteral("name"), printable(magnet.name)},
        {QStringLiteral("info-hash"), QString::fromLatin1(magnet.v1.toHex())},
        {QStringLiteral("info-hash v2"), QString::fromLatin1(magnet.v2.toHex())},
        {QStringLiteral("size"), magnet.length < 0 ? QString() : sizeText(magnet.length)},
        {QStringLiteral("files"), magnet.selection}};
    const auto add = [&](const char* label, const QStringList& list) {
        for (qsizetype i = 0; i < list.size(); ++i)
            facts.emplace_back(i ? QString() : QString::fromLatin1(label), printable(list[i]));
    };
    add("trackers", magnet.trackers);
    add("web seeds", magnet.webSeeds);
    add("peers", magnet.peers);
    for (const auto& [key, value] : magnet.others)
        facts.emplace_back(printable(QString::fromUtf8(key)), printable(QString::fromUtf8(value)));
    for (const QString& line : factLines(facts, cli_.out()))
        cli_.out().line(line);
}

Result<int> TorrentVerbs::show()
{
    const QString input = text(input_);
    if (isMagnet(input)) {
        const auto magnet = parseMagnet(input.toUtf8());
        if (!magnet)
            return failure(magnet.error());
        if (cli_.json())
            cli_.printJson(toJson(*magnet));
        else if (magnet_)
            cli_.out().line(QString::fromLatin1(magnetLink(*magnet)));
        else
            printMagnet(*magnet);
        return 0;
    }
    HttpOptions http;
    http.context.proxy.url = QUrl(text(proxy_));
    const auto bytes = bytesOf(input, kMostTorrentBytes, http);
    if (!bytes)
        return failure(bytes.error());
    const auto summary = summarize(*bytes);
    if (!summary)
        return failure(summary.error());
    if (cli_.json())
        cli_.printJson(toJson(*summary));
    else if (magnet_)
        cli_.out().line(QString::fromLatin1(magnetLink(summary->magnet())));
    else
        printSummary(*summary);
    return 0;
}

Result<int> TorrentVerbs::edit()
{
    TorrentEdit edit{.removeTrackers = texts(removed_),
        .addTrackers = texts(trackers_),
        .removeWebSeeds = texts(removedSeeds_),
        .addWebSeeds = texts(webSeeds_)};
    QStringList added = edit.addTrackers;
    for (std::size_t i = 0; i + 1 < replaced_.size(); i += 2) {
        edit.replaceTrackers.append({text(replaced_[i]), text(replaced_[i + 1])});
        added += text(replaced_[i + 1]);
    }
    if (commentGiven_)
        edit.comment = text(comment_);
    if (const auto fine = checkTrackers(added); !fine)
        return failure(fine.error());
    if (const auto fine = checkWebSeeds(edit.addWebSeeds); !fine)
        return failure(fine.error());
    const auto before = readFile(text(input_), kMostTorrentBytes);
    if (!before)
        return failure(before.error());
    const auto after = editTorrent(*before, edit);
    if (!after)
        return failure(after.error());
    const auto summary = summarize(*after);
    if (!summary)
        return failure(summary.error());
    const QString target = text(target_.empty() ? input_ : target_);
    if (const auto written = writeWhole(target, *after); !written)
        return failure(written.error());
    if (cli_.json())
        cli_.printJson(toJson(*summary));
    else
        printSummary(*summary);
    return 0;
}

} // namespace

std::unique_ptr<Verbs> toolVerbs(Cli& cli) { return std::make_unique<TorrentVerbs>(cli); }

} // namespace weir
