#include "net/header_block.h"

namespace weir {

namespace {

/// "HTTP/1.1 206 Partial Content" -> 206; 0: no status line.
int statusOf(QByteArrayView line)
{
    if (!line.startsWith("HTTP/"))
        return 0;
    const qsizetype space = line.indexOf(' ');
    if (space < 0)
        return 0;
    const QByteArrayView number =
        line.sliced(space + 1).trimmed().first(qMin<qsizetype>(3, line.sliced(space + 1).trimmed().size()));
    bool ok = false;
    const int status = number.toInt(&ok);
    return ok && number.size() == 3 ? status : 0;
}

} // namespace

HeaderBlock::Line HeaderBlock::add(QByteArrayView line)
{
    while (line.endsWith('\n') || line.endsWith('\r'))
        line.chop(1);
    if (const int status = statusOf(line)) {
        status_ = status;
        bytes_ = line.size();
        headers_.clear();
        return Line::Begin;
    }
    if (line.isEmpty())
        return Line::End;
    bytes_ += line.size();
    if (bytes_ > kMaxBytes || headers_.size() >= kMaxFields)
        return Line::TooLarge;
    if (status_ == 0) { // another protocol: a reply line as it is
        headers_.append({QByteArray(), line.trimmed().toByteArray()});
        return Line::Field;
    }
    if ((line.front() == ' ' || line.front() == '\t') && !headers_.isEmpty()) { // a folded line goes on with the last field
        headers_.last().second += ' ';
        headers_.last().second += line.trimmed();
        return Line::Field;
    }
    const qsizetype colon = line.indexOf(':');
    if (colon < 0)
        headers_.append({QByteArray(), line.trimmed().toByteArray()});
    else
        headers_.append({line.first(colon).trimmed().toByteArray(), line.sliced(colon + 1).trimmed().toByteArray()});
    return Line::Field;
}

} // namespace weir
