#pragma once
// The contract of plugins as checks: which addresses it takes, and of each download that it comes whole, passes on what the
// host answers, ends within a second when stopped, goes on to the same bytes, keeps to the rate, names only errors of the
// catalogue and leaves nothing behind. Main thread of a program of its own: a task that never ends is left running, and the
// program must leave by _Exit.

#include "contract/address_list.h"
#include "contract/check_context.h"

namespace weir {

struct Finding {
    enum class Outcome : quint8 { Begun, Kept, Broken, Skipped };
    QString rule;
    QString about; ///< an address; empty: the plugin as a whole
    Outcome outcome = Outcome::Begun;
    QString detail;
};

class Contract {
public:
    /// `folder` is empty and for this alone. `tell` hears of each check twice: when it begins, and how it went.
    Contract(
        Registry& registry, Services& services, QByteArray plugin, QString folder, std::function<void(const Finding&)> tell);

    void check(const std::vector<ListedAddress>& addresses);

private:
    struct Attempt {
        Result<void> outcome;
        KeptRun kept;
        QByteArray plugin; ///< whose task it was in the end
        bool opened = false;
        std::optional<std::chrono::milliseconds> sinceStop; ///< how long it went on after it was stopped
    };
    enum class Stop : quint8 { Never, AtOnce, AtFirstByte };
    struct Wanted {
        QString folder;
        Stop stop = Stop::Never;
        CheckContext::Wishes answers = {};
        KeptRun kept = {};
        QByteArray plugin = {}; ///< empty: whoever takes the address
    };
    using Verdict = std::pair<Finding::Outcome, QString>;

    void judge(const QString& rule, const QUrl& about, const std::function<Verdict()>& how);
    Verdict takes(const ListedAddress& address);
    void download(const ListedAddress& address);
    Verdict whole(const ListedAddress& address);
    Verdict answers(const QUrl& url);
    Verdict stopsAtOnce(const QUrl& url);
    Verdict stopsInTheMiddle(const QUrl& url);
    Verdict resumes(const QUrl& url);
    Verdict keepsToTheRate(const QUrl& url);
    Verdict leavesNothing(const QUrl& url);

    Attempt attempt(const QUrl& url, Wanted wanted);
    Result<void> runOnce(
        const std::shared_ptr<CheckContext>& context, std::unique_ptr<DownloadTask> task, Stop stop, Attempt& into);
    QString newFolder();

    Registry& registry_;
    Services& services_;
    const QByteArray plugin_;
    const QString folder_;
    const std::function<void(const Finding&)> tell_;
    int folders_ = 0;
    bool hung_ = false; ///< nothing can be said after a task that never ends
    // Of the address that is being checked.
    QByteArray digest_; ///< of what the whole run brought
    qint64 size_ = 0;
    std::optional<Attempt> stopped_;
    QString stoppedFolder_;
};

} // namespace weir
