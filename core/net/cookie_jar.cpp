#include <weir/fetch.h>

#include <algorithm>

namespace weir {
inline namespace abi1 {

namespace {

/// What makes a cookie the same one: domain, path and name of a Netscape line (domain, subdomains, path, secure, expires, name,
/// value).
QByteArray identityOf(const QByteArray& line)
{
    const QList<QByteArray> fields = line.split('\t');
    return fields.size() < 6 ? line : fields[0] + '\t' + fields[2] + '\t' + fields[5];
}

} // namespace

void CookieJar::update(const QList<QByteArray>& before, const QList<QByteArray>& after)
{
    QList<QByteArray> touched; // set anew or expired since `before`
    for (const QByteArray& line : before)
        if (!after.contains(line))
            touched.append(identityOf(line));
    QList<QByteArray> added;
    for (const QByteArray& line : after) {
        if (before.contains(line))
            continue;
        added.append(line);
        touched.append(identityOf(line));
    }
    const std::scoped_lock lock(mutex_);
    lines_.removeIf([&touched](const QByteArray& line) { return touched.contains(identityOf(line)); });
    lines_.append(added);
}

} // namespace abi1
} // namespace weir
