#include "base/text_log.h"

#include <QDateTime>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kRingBytes = 64 * 1024;
// A hostile server's header must not fill a disk line by line.
constexpr qsizetype kMaxLine = 16 * 1024;
constexpr QFileDevice::Permissions kPrivate = QFileDevice::ReadOwner | QFileDevice::WriteOwner;

constexpr const char* kLevels[] = {"debug", "info", "warning", "error"};

/// Nothing in a log may move a terminal's cursor or look like the next line.
QByteArray visible(QByteArrayView text)
{
    QByteArray out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '\n')
            out.append("\n    ");
        else if (quint8(c) >= ' ' && c != 0x7f)
            out.append(c);
        else if (c == '\t')
            out.append(' ');
        else if (c != '\r')
            out.append("\\x").append(QByteArray::number(quint8(c), 16).rightJustified(2, '0'));
    }
    return out;
}

QByteArray lineOf(Level level, const QString& text)
{
    // Masked before it is cut: a password is known by the '@' behind it.
    QByteArray body = visible(maskSecrets(QByteArrayView(text.toUtf8())));
    while (body.endsWith(' ') || body.endsWith('\n'))
        body.chop(1);
    if (body.size() > kMaxLine)
        body = body.first(kMaxLine) + " [cut]";
    return QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs).toLatin1() + ' ' + toString(level) + ' ' + body + '\n';
}

} // namespace

const char* toString(Level level) { return kLevels[std::min<std::size_t>(std::size_t(level), std::size(kLevels) - 1)]; }

std::optional<Level> levelFromText(QStringView text)
{
    for (std::size_t i = 0; i < std::size(kLevels); ++i)
        if (text == QLatin1StringView(kLevels[i]))
            return Level(i);
    return std::nullopt;
}

TextLog::TextLog(QString path, qint64 maxBytes, Level least) : path_(std::move(path)), maxBytes_(maxBytes), least_(least) {}

TextLog::~TextLog()
{
    const std::scoped_lock lock(mutex_);
    // Nobody is left who could be told that the log can't be written.
    (void)drain();
}

void TextLog::append(Level level, const QString& text)
{
    QByteArray line = lineOf(level, text);
    const std::scoped_lock lock(mutex_);
    ringBytes_ += line.size();
    ring_.push_back(std::move(line));
    if (level >= Level::Warning || file_.isOpen())
        // If the file can't be written, the lines stay in the ring and the next flush() tells why.
        (void)drain();
    while (ringBytes_ > kRingBytes) {
        ringBytes_ -= ring_.front().size();
        ring_.pop_front();
        ++dropped_;
    }
}

Result<void> TextLog::flush()
{
    const std::scoped_lock lock(mutex_);
    return drain();
}

void TextLog::clear()
{
    const std::scoped_lock lock(mutex_);
    ring_.clear();
    ringBytes_ = dropped_ = 0;
    file_.close();
    QFile::remove(path_);
    QFile::remove(path_ + QLatin1StringView(".1"));
}

Result<void> TextLog::open()
{
    file_.setFileName(path_);
    if (!file_.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered, kPrivate))
        return failure(Code::DiskError, QStringLiteral("open log %1: %2").arg(path_, file_.errorString()));
    fileBytes_ = file_.size();
    return {};
}

Result<void> TextLog::rotate()
{
    file_.close();
    const QString old = path_ + QLatin1StringView(".1");
    QFile::remove(old);
    if (!QFile::rename(path_, old))
        return failure(Code::DiskError, QStringLiteral("rename log %1 to %2").arg(path_, old));
    return open();
}

Result<void> TextLog::drain()
{
    if (ring_.empty())
        return {};
    if (dropped_ > 0) {
        ring_.push_front(lineOf(Level::Info, QStringLiteral("(%1 earlier lines were dropped)").arg(dropped_)));
        ringBytes_ += ring_.front().size();
        dropped_ = 0;
    }
    while (!ring_.empty()) {
        const QByteArray& line = ring_.front();
        if (!file_.isOpen())
            if (auto opened = open(); !opened)
                return opened;
        if (fileBytes_ > 0 && fileBytes_ + line.size() > maxBytes_)
            if (auto rotated = rotate(); !rotated)
                return rotated;
        if (file_.write(line) != line.size())
            return failure(Code::DiskError, QStringLiteral("write log %1: %2").arg(path_, file_.errorString()));
        fileBytes_ += line.size();
        ringBytes_ -= line.size();
        ring_.pop_front();
    }
    return {};
}

Result<QByteArray> readLog(const QString& path, int lines)
{
    QFile older(path + QLatin1StringView(".1")), newer(path);
    QByteArray text;
    if (older.open(QIODevice::ReadOnly))
        text = older.readAll();
    if (newer.open(QIODevice::ReadOnly))
        text += newer.readAll();
    else if (text.isEmpty())
        return failure(Code::LogUnreadable, QStringLiteral("%1: %2").arg(path, newer.errorString()));
    qsizetype begin = text.size();
    while (lines-- > 0 && begin > 0)
        // The newline at begin-1 ends the line that is taken.
        begin = begin >= 2 ? text.lastIndexOf('\n', begin - 2) + 1 : 0;
    return text.sliced(begin);
}

} // namespace weir
