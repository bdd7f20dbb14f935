#pragma once
// The rules by which a browser's extension tells media from the rest. The extension's own rules.json holds the usual ones; a
// user's capture-rules.json takes its place, at once when it is saved. What the rules mean is the extension's matter. Main
// thread, needs its event loop; the daemon owns one.

#include "config/file_watch.h"

#include <weir/result.h>

#include <QJsonObject>

namespace weir {

class CaptureRules {
public:
    /// `usualFiles`: where the usual rules may lie; the first that is there counts. The user file's folder must exist.
    CaptureRules(QString userFile, QStringList usualFiles);

    struct Set {
        QString revision; ///< another one with every change of the rules, the same for the same rules
        QJsonObject rules;
    };
    /// DiskNoSuchFile: not even the usual ones are there; SettingsUnreadable.
    const Result<Set>& current() const { return current_; }
    /// After other rules came into force; or with why a changed file was not taken, while the old rules stay.
    void onChange(std::function<void(const Result<Set>&)> listener) { listener_ = std::move(listener); }

    static constexpr qint64 kMaxBytes = 512 << 10; ///< the reply with the rules has to fit into a message

private:
    Result<Set> read() const;
    void reread();

    const QString userFile_;
    const QStringList usualFiles_;
    Result<Set> current_;
    std::function<void(const Result<Set>&)> listener_;
    FileWatch watch_;
};

} // namespace weir
