#pragma once
// The log of one task: "2026-11-21T22:48:01.123Z info text" lines. Kept in memory (the newest 64 KiB) until the first flush(),
// warning or end of life; from then on lines go to the file at once. The file has mode 0600; at its cap it becomes NAME.1.
// Secrets are masked and control characters are written visibly, here, so that no caller can forget it. Any thread.

#include <weir/context.h>

#include <QByteArray>
#include <QFile>
#include <QString>

#include <atomic>
#include <concepts>
#include <deque>
#include <mutex>

namespace weir {

class TextLog {
public:
    TextLog(QString path, qint64 maxBytes, Level least = Level::Info);
    ~TextLog(); ///< flushes
    TextLog(const TextLog&) = delete;
    TextLog& operator=(const TextLog&) = delete;

    bool wants(Level level) const { return level >= least_.load(std::memory_order_relaxed); }
    void setLevel(Level least) { least_.store(least, std::memory_order_relaxed); }
    void write(Level level, const QString& text)
    {
        if (wants(level))
            append(level, text);
    }
    /// `text()` is called only if the level is wanted.
    template <std::invocable Text> void write(Level level, Text&& text)
    {
        if (wants(level))
            append(level, text());
    }
    /// Everything so far is in the file. On an error (DiskError) the lines stay in memory.
    Result<void> flush();
    void clear(); ///< forgets all of it, also what is in its files
    const QString& path() const { return path_; }

private:
    void append(Level level, const QString& text);
    Result<void> drain(); // these three under the lock
    Result<void> open();
    Result<void> rotate();

    const QString path_;
    const qint64 maxBytes_;
    std::atomic<Level> least_;
    std::mutex mutex_;
    std::deque<QByteArray> ring_;
    qsizetype ringBytes_ = 0;
    qint64 dropped_ = 0;
    QFile file_;
    qint64 fileBytes_ = 0;
};

/// The last lines of a log, of NAME.1 too if they are so many. LogUnreadable.
Result<QByteArray> readLog(const QString& path, int lines);

const char* toString(Level level);
/// "debug", "info", "warning", "error"; nullopt: none of them.
std::optional<Level> levelFromText(QStringView text);

/// Cookies, Authorization, passwords in URLs and the values of names like token, signature or passkey become "***".
QByteArray maskSecrets(QByteArrayView text);
QString maskSecrets(const QString& text);

} // namespace weir
