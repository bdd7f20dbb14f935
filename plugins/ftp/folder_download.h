#pragma once
// One run of a folder's task: the chosen files, several at a time, each by a segmented task. The workers' threads begin and end
// within run(); `lock_` guards everything below it and the task's context.

#include "ftp/folder_contents.h"

#include <QJsonArray>
#include <QJsonObject>

#include <deque>

namespace weir {

class FolderDownload {
public:
    FolderDownload(TaskContext& ctx, FolderContents contents, const Choice& choice);
    /// Files that the server does not give are left out and named as gaps. Errors: of one that was begun, of what concerns all,
    /// and if none is to be had.
    Result<void> run();

private:
    void work(bool first);
    std::optional<int> takeNext();
    Result<void> fetch(int file);
    Result<bool> fetchAsListed(int file);
    Result<bool> isThere(int file);
    Result<OutputFile*> open(int file, qint64 size);
    void keep(int file, const QByteArray& state);
    bool settle(int file, const Error& error); ///< false: this worker ends
    void report();

    TaskContext& ctx_;
    const FolderContents contents_;
    const QString name_; ///< of the folder here
    const QList<int> chosen_;
    std::stop_source stop_; ///< of the workers

    std::mutex lock_;
    QJsonObject state_;
    std::deque<int> waiting_;
    std::vector<OutputFile*> files_;   ///< by number; null: not opened yet
    std::vector<Activity> activities_; ///< by number, of those that run
    int workers_ = 0;
    QJsonArray missing_; ///< what could not be fetched, and why
    bool unverifiable_ = false;
    std::optional<Error> error_;
    TimePoint reported_{};
};

} // namespace weir
