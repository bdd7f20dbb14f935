#include "base/digest.h"

#include "base/structured_field.h"

#include <weir/lines.h>

#include <algorithm>
#include <array>

namespace weir {

namespace {

struct Algorithm {
    const char* name;    ///< ours
    const char* compact; ///< lower case without separators
    qsizetype size;      ///< of the digest in bytes
    QCryptographicHash::Algorithm hash;
};
/// From the weakest to the strongest.
constexpr std::array<Algorithm, 5> kAlgorithms{{
    {"md5", "md5", 16, QCryptographicHash::Md5},
    {"sha-1", "sha1", 20, QCryptographicHash::Sha1},
    {"sha-256", "sha256", 32, QCryptographicHash::Sha256},
    {"sha-384", "sha384", 48, QCryptographicHash::Sha384},
    {"sha-512", "sha512", 64, QCryptographicHash::Sha512},
}};

const Algorithm* find(QByteArrayView name)
{
    QByteArray compact = name.trimmed().toByteArray().toLower();
    compact.removeIf([](char c) { return c == '-' || c == '_'; });
    // RFC 3230 calls SHA-1 just "SHA".
    if (compact == "sha")
        compact = "sha1";
    // openssl prints "SHA2-256(name)= HEX".
    if (compact.size() == 7 && compact.startsWith("sha2"))
        compact.remove(3, 1);
    const auto found =
        std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](const Algorithm& a) { return compact == a.compact; });
    return found == kAlgorithms.end() ? nullptr : &*found;
}

const Algorithm* findBySize(qsizetype bytes)
{
    const auto found =
        std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](const Algorithm& a) { return bytes == a.size; });
    return found == kAlgorithms.end() ? nullptr : &*found;
}

bool isHex(QByteArrayView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

/// `algorithm` null: by the length.
std::optional<ExpectedDigest> fromHex(const Algorithm* algorithm, QByteArrayView hex)
{
    if (!isHex(hex) || hex.size() % 2 != 0)
        return std::nullopt;
    if (!algorithm)
        algorithm = findBySize(hex.size() / 2);
    if (!algorithm || algorithm->size != hex.size() / 2)
        return std::nullopt;
    return ExpectedDigest{algorithm->name, QByteArray::fromHex(hex.toByteArray())};
}

void addDigest(QList<ExpectedDigest>& list, QByteArrayView name, const QByteArray& value)
{
    const Algorithm* algorithm = find(name);
    if (!algorithm || value.size() != algorithm->size)
        return;
    if (std::none_of(list.begin(), list.end(), [&](const ExpectedDigest& known) { return known.algorithm == algorithm->name; }))
        list.append({algorithm->name, value});
}

QByteArray base64(QByteArrayView coded)
{
    const auto decoded = QByteArray::fromBase64Encoding(coded.trimmed().toByteArray(), QByteArray::AbortOnBase64DecodingErrors);
    return decoded ? *decoded : QByteArray();
}

/// All values of a header in one line, as RFC 9110 joins them.
QByteArray joined(const Headers& headers, QByteArrayView name)
{
    QByteArray all;
    for (const auto& [key, value] : headers)
        if (key.size() == name.size() && qstrnicmp(key.constData(), key.size(), name.data(), name.size()) == 0)
            all += (all.isEmpty() ? "" : ", ") + value;
    return all;
}

struct SumsLine {
    ExpectedDigest digest;
    QString name; ///< empty: the line is one lone digest
};

/// coreutils put a backslash before a line whose name has escapes.
QString unescapedName(QByteArrayView name)
{
    QByteArray out;
    for (qsizetype i = 0; i < name.size(); ++i) {
        const bool escape = name[i] == '\\' && i + 1 < name.size();
        if (escape)
            ++i;
        out.append(escape && name[i] == 'n' ? '\n' : escape && name[i] == 'r' ? '\r' : name[i]);
    }
    return QString::fromUtf8(out);
}

/// "SHA256 (name) = HEX", also without the blanks, as openssl prints it.
std::optional<SumsLine> bsdLine(QByteArrayView line)
{
    const qsizetype open = line.indexOf('('), close = line.lastIndexOf(')');
    if (open < 0 || close < open)
        return std::nullopt;
    const Algorithm* algorithm = find(line.first(open));
    const QByteArrayView rest = line.sliced(close + 1).trimmed();
    if (!algorithm || !rest.startsWith('='))
        return std::nullopt;
    const auto digest = fromHex(algorithm, rest.sliced(1).trimmed());
    return digest ? std::optional(SumsLine{*digest, QString::fromUtf8(line.sliced(open + 1, close - open - 1))}) : std::nullopt;
}

std::optional<SumsLine> parseLine(QByteArrayView line)
{
    const bool escaped = line.startsWith('\\');
    if (escaped)
        line = line.sliced(1);
    const auto blank = std::find_if(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; });
    const auto digest = fromHex(nullptr, QByteArrayView(line.begin(), blank));
    if (!digest)
        return bsdLine(line);
    QByteArrayView name(blank, line.end());
    if (name.size() >= 2)
        name = name.sliced(name[1] == ' ' || name[1] == '*' ? 2 : 1);
    return SumsLine{*digest, escaped ? unescapedName(name) : QString::fromUtf8(name)};
}

QString lastPart(const QString& path) { return path.sliced(path.lastIndexOf(u'/') + 1); }

} // namespace

QByteArray digestAlgorithm(QByteArrayView name)
{
    const Algorithm* algorithm = find(name);
    return algorithm ? QByteArray(algorithm->name) : QByteArray();
}

int digestStrength(QByteArrayView algorithm)
{
    const Algorithm* found = find(algorithm);
    return found ? int(found - kAlgorithms.data()) + 1 : 0;
}

const ExpectedDigest* strongest(const QList<ExpectedDigest>& digests)
{
    const auto found = std::max_element(digests.begin(), digests.end(), [](const ExpectedDigest& a, const ExpectedDigest& b) {
        return digestStrength(a.algorithm) < digestStrength(b.algorithm);
    });
    return found == digests.end() ? nullptr : &*found;
}

Result<ExpectedDigest> parseDigest(const QString& text)
{
    const QByteArray bytes = text.trimmed().toUtf8();
    const auto separator = std::find_if(bytes.begin(), bytes.end(), [](char c) { return c == '=' || c == ':'; });
    std::optional<ExpectedDigest> digest;
    if (separator == bytes.end())
        digest = fromHex(nullptr, bytes);
    else if (const Algorithm* algorithm = find(QByteArrayView(bytes.begin(), separator)))
        digest = fromHex(algorithm, QByteArrayView(separator + 1, bytes.end()).trimmed());
    if (!digest)
        return failure(Code::BadChecksum, QStringLiteral("\"%1\"").arg(text.left(200)));
    return *digest;
}

QString toText(const ExpectedDigest& digest) { return QString::fromLatin1(digest.algorithm + '=' + digest.value.toHex()); }

QList<ExpectedDigest> digestsFromHeaders(const Headers& headers, bool wholeBody)
{
    QList<ExpectedDigest> found;
    if (const auto members = byteSequences(joined(headers, "Repr-Digest")))
        for (const auto& [name, value] : *members)
            addDigest(found, name, value);
    if (found.isEmpty()) {
        for (const QByteArray& member : joined(headers, "Digest").split(',')) {
            const qsizetype equals = member.indexOf('=');
            if (equals > 0)
                addDigest(found, QByteArrayView(member).first(equals), base64(QByteArrayView(member).sliced(equals + 1)));
        }
    }
    if (wholeBody)
        addDigest(found, "md5", base64(headerValue(headers, "Content-MD5")));
    return found;
}

Result<ExpectedDigest> digestFromSums(QByteArrayView sums, const QString& name)
{
    QList<ExpectedDigest> exact, sameFile, lone;
    qsizetype entries = 0;
    while (!sums.isEmpty()) {
        QByteArrayView line = takeLine(sums);
        while (line.endsWith(' ') || line.endsWith('\r'))
            line.chop(1);
        const auto entry = parseLine(line);
        if (!entry)
            continue;
        ++entries;
        if (entry->name.isEmpty())
            lone.append(entry->digest);
        else if (entry->name == name || entry->name == QLatin1StringView("./") + name)
            exact.append(entry->digest);
        else if (lastPart(entry->name) == lastPart(name))
            sameFile.append(entry->digest);
    }
    // A file with one bare digest belongs to the file that it stands beside; with more, nobody knows which is which.
    if (entries != 1)
        lone.clear();
    for (const auto* list : {&exact, &sameFile, &lone})
        if (const ExpectedDigest* best = strongest(*list))
            return *best;
    return failure(Code::SumsFileNoEntry, QStringLiteral("\"%1\" among %2 entries").arg(name).arg(entries));
}

Hasher::Hasher(QByteArrayView algorithm)
    : hash_([&] {
          const Algorithm* found = find(algorithm);
          Q_ASSERT(found);
          return found ? found->hash : QCryptographicHash::Sha256;
      }())
{}

} // namespace weir
