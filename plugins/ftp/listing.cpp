#include "ftp/listing.h"

#include <weir/lines.h>

#include <algorithm>
#include <array>
#include <optional>

namespace weir {

namespace {

using Kind = ListedEntry::Kind;

bool isName(QByteArrayView name)
{
    return !name.isEmpty() && name != "." && name != ".."
        && std::none_of(name.begin(), name.end(), [](char c) { return c == '/' || quint8(c) < 0x20 || c == 0x7f; });
}

bool isDigits(QByteArrayView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

qint64 sizeOf(QByteArrayView digits) { return isDigits(digits) && digits.size() <= 18 ? digits.toLongLong() : -1; }

bool same(QByteArrayView a, QByteArrayView b)
{
    return a.size() == b.size() && qstrnicmp(a.data(), a.size(), b.data(), b.size()) == 0;
}

/// A word of a line, and where the text behind it begins.
struct Word {
    QByteArrayView text;
    qsizetype end = 0;
};

std::vector<Word> wordsOf(QByteArrayView line, std::size_t most)
{
    std::vector<Word> words;
    for (qsizetype at = 0; at < line.size() && words.size() < most;) {
        while (at < line.size() && line[at] == ' ')
            ++at;
        const qsizetype begin = at;
        while (at < line.size() && line[at] != ' ')
            ++at;
        if (at > begin)
            words.push_back({line.sliced(begin, at - begin), at});
    }
    return words;
}

/// What stands behind exactly one blank: a name may begin with more of them.
QByteArrayView behind(QByteArrayView line, qsizetype end)
{
    return end + 1 < line.size() ? line.sliced(end + 1) : QByteArrayView();
}

bool isMonth(QByteArrayView word)
{
    static constexpr std::array<const char*, 12> kMonths{
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    return std::any_of(kMonths.begin(), kMonths.end(), [&](const char* month) { return same(word, month); });
}

bool isDay(QByteArrayView word) { return isDigits(word) && word.size() <= 2; }

/// "12:34" or "2024".
bool isTimeOrYear(QByteArrayView word)
{
    const qsizetype colon = word.indexOf(':');
    return colon > 0
        ? isDigits(word.first(colon)) && isDigits(word.sliced(colon + 1).first(std::min<qsizetype>(2, word.size() - colon - 1)))
        : word.size() == 4 && isDigits(word);
}

/// "2024-01-31".
bool isIsoDate(QByteArrayView word)
{
    return word.size() == 10 && word[4] == '-' && word[7] == '-' && isDigits(word.first(4)) && isDigits(word.sliced(8));
}

/// "-rw-r--r-- 1 ftp ftp 1234 Jan 31 12:34 a name": the date is what all dialects have, and the size is before it.
std::optional<ListedEntry> unixLine(QByteArrayView line)
{
    const std::vector<Word> words = wordsOf(line, 10);
    if (words.empty() || words[0].text.size() < 10)
        return std::nullopt;
    for (std::size_t i = 2; i + 1 < words.size(); ++i) {
        std::size_t last = 0;
        if (i + 2 < words.size() && isMonth(words[i].text) && isDay(words[i + 1].text) && isTimeOrYear(words[i + 2].text))
            last = i + 2;
        else if (i + 2 < words.size() && isDay(words[i].text) && isMonth(words[i + 1].text) && isTimeOrYear(words[i + 2].text))
            last = i + 2;
        else if (isIsoDate(words[i].text) && isTimeOrYear(words[i + 1].text))
            last = i + 1;
        if (last == 0 || !isDigits(words[i - 1].text))
            continue;
        QByteArrayView name = behind(line, words[last].end);
        ListedEntry entry{.size = sizeOf(words[i - 1].text)};
        switch (words[0].text[0]) {
        case '-': break;
        case 'd': entry.kind = Kind::Folder; break;
        case 'l':
            entry.kind = Kind::Link;
            if (const qsizetype arrow = name.indexOf(" -> "); arrow > 0)
                name = name.first(arrow);
            break;
        default: return std::nullopt; // devices, pipes, sockets
        }
        entry.name = name.toByteArray();
        return entry;
    }
    return std::nullopt;
}

/// "01-31-24  08:07PM       <DIR>          a name".
std::optional<ListedEntry> windowsLine(QByteArrayView line)
{
    const std::vector<Word> words = wordsOf(line, 4);
    if (words.size() < 4)
        return std::nullopt;
    const QByteArrayView date = words[0].text;
    const bool dated = (date.size() == 8 || date.size() == 10) && isDigits(date.first(2)) && (date[2] == '-' || date[4] == '-');
    const bool folder = same(words[2].text, "<DIR>");
    if ((!dated && !isIsoDate(date)) || words[1].text.indexOf(':') < 1 || (!folder && !isDigits(words[2].text)))
        return std::nullopt;
    // The column of sizes is padded, so blanks in front of a name can't be told from the padding.
    const QByteArrayView name = line.sliced(words[3].end - words[3].text.size());
    return ListedEntry{folder ? Kind::Folder : Kind::File, name.toByteArray(), folder ? -1 : sizeOf(words[2].text)};
}

std::optional<ListedEntry> listLine(QByteArrayView line)
{
    const char first = line[0];
    return first >= '0' && first <= '9' ? windowsLine(line) : unixLine(line);
}

/// "type=file;size=1234; a name".
std::optional<ListedEntry> mlsdLine(QByteArrayView line)
{
    const qsizetype blank = line.indexOf(' ');
    if (blank < 0)
        return std::nullopt;
    ListedEntry entry{.name = line.sliced(blank + 1).toByteArray()};
    bool typed = false;
    for (qsizetype at = 0; at < blank;) {
        qsizetype end = line.first(blank).indexOf(';', at);
        end = end < 0 ? blank : end;
        const QByteArrayView fact = line.sliced(at, end - at);
        at = end + 1;
        const qsizetype equals = fact.indexOf('=');
        if (equals < 0)
            continue;
        const QByteArrayView key = fact.first(equals), value = fact.sliced(equals + 1);
        if (same(key, "size"))
            entry.size = sizeOf(value);
        if (!same(key, "type"))
            continue;
        typed = true;
        if (same(value, "dir"))
            entry.kind = Kind::Folder;
        else if (value.size() >= 8 && same(value.first(8), "OS.unix="))
            entry.kind = Kind::Link; // or a device; neither is followed
        else if (!same(value, "file"))
            entry.name = same(value, "cdir") || same(value, "pdir") ? "." : ""; // the folder itself, its parent
    }
    return typed ? std::optional(std::move(entry)) : std::nullopt;
}

template <class Line> Result<std::vector<ListedEntry>> parse(QByteArrayView text, Line parseLine)
{
    std::vector<ListedEntry> entries;
    bool understood = false;
    QByteArrayView strange;
    while (!text.isEmpty()) {
        const QByteArrayView line = takeLine(text);
        if (line.trimmed().isEmpty() || line.startsWith("total "))
            continue;
        auto entry = parseLine(line);
        if (!entry) {
            strange = line;
            continue;
        }
        understood = true;
        if (isName(entry->name))
            entries.push_back(std::move(*entry));
    }
    if (!understood && !strange.isEmpty())
        return failure(Code::FtpListingBad, QString::fromUtf8(strange.first(std::min<qsizetype>(80, strange.size()))));
    return entries;
}

} // namespace

Result<std::vector<ListedEntry>> parseMlsd(QByteArrayView text) { return parse(text, &mlsdLine); }

Result<std::vector<ListedEntry>> parseList(QByteArrayView text) { return parse(text, &listLine); }

} // namespace weir
