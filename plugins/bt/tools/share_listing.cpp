#include "share_listing.h"

#include <QRegularExpression>
#include <QStringDecoder>

#include <algorithm>
#include <filesystem>

namespace weir {

namespace fs = std::filesystem;

namespace {

QString shown(const fs::path& path) { return QString::fromLocal8Bit(path.c_str()); }

bool isUtf8(const std::string& text)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString decoded = decoder(QByteArrayView(text.data(), qsizetype(text.size())));
    return !decoder.hasError() && !decoded.isNull();
}

class Ignored {
public:
    explicit Ignored(const QStringList& patterns)
    {
        for (const QString& pattern : patterns)
            rules_.push_back(
                {pattern.contains(u'/'), QRegularExpression(QRegularExpression::wildcardToRegularExpression(pattern))});
    }
    bool operator()(const fs::path& below) const
    {
        const QString path = shown(below), name = shown(below.filename());
        return std::any_of(rules_.begin(), rules_.end(),
            [&](const Rule& rule) { return rule.pattern.match(rule.wholePath ? path : name).hasMatch(); });
    }

private:
    struct Rule {
        bool wholePath;
        QRegularExpression pattern;
    };
    std::vector<Rule> rules_;
};

std::string lowered(std::string text)
{
    for (char& c : text)
        c = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
    return text;
}

Result<void> walk(ShareListing& out, const fs::path& root, const Ignored& ignored)
{
    std::error_code fault;
    fs::recursive_directory_iterator at(root, fault), end;
    for (; !fault && at != end; at.increment(fault)) {
        const fs::path below = at->path().lexically_relative(root);
        if (ignored(below)) {
            at.disable_recursion_pending();
            continue;
        }
        std::error_code gone;
        if (!at->is_regular_file(gone))
            continue;
        const auto size = at->file_size(gone);
        if (gone)
            return failure(
                Code::InputUnreadable, QStringLiteral("%1: %2").arg(shown(at->path()), QString::fromStdString(gone.message())));
        out.files.push_back({out.name + '/' + below.generic_string(), qint64(size)});
    }
    if (fault)
        return failure(
            Code::InputUnreadable, QStringLiteral("%1: %2").arg(shown(root), QString::fromStdString(fault.message())));
    return {};
}

} // namespace

Result<ShareListing> listShare(const std::string& given, const QStringList& ignore)
{
    std::error_code fault;
    // "." and "dir/" have names too; a link keeps its own.
    fs::path path = fs::absolute(given, fault).lexically_normal();
    if (!path.has_filename())
        path = path.parent_path();
    if (!fault && !fs::exists(path, fault) && !fault)
        fault = std::make_error_code(std::errc::no_such_file_or_directory);
    if (fault)
        return failure(Code::InputUnreadable,
            QStringLiteral("%1: %2").arg(QString::fromLocal8Bit(given.c_str()), QString::fromStdString(fault.message())));
    ShareListing out{
        .parent = path.parent_path().string(), .name = path.filename().string(), .folder = fs::is_directory(path, fault)};
    if (out.name.empty())
        return failure(Code::NothingToShare, QStringLiteral("%1 has no name").arg(shown(path)));
    if (out.folder) {
        if (const auto walked = walk(out, path, Ignored(ignore)); !walked)
            return failure(walked.error());
    } else if (fs::is_regular_file(path, fault)) {
        out.files.push_back({out.name, qint64(fs::file_size(path, fault))});
    }
    for (const ShareFile& file : out.files) {
        if (!isUtf8(file.path))
            return failure(Code::DiskNameInvalid, QStringLiteral("%1 is not UTF-8, as torrents need it").arg(shown(file.path)));
        out.size += file.size;
    }
    if (out.size == 0)
        return failure(Code::NothingToShare, QStringLiteral("%1: no file with anything in it").arg(shown(path)));
    std::sort(out.files.begin(), out.files.end(), [](const ShareFile& a, const ShareFile& b) {
        const std::string left = lowered(a.path), right = lowered(b.path);
        return left == right ? a.path < b.path : left < right;
    });
    return out;
}

} // namespace weir
