#pragma once
// A TASK object of the RPC as values. What comes from servers (name, phase, reasons) is made printable here. Any thread.

#include <QJsonObject>
#include <QString>

#include <optional>
#include <vector>

namespace weir {

struct HoldView {
    QString owner, reason, until;
};

struct ErrorView {
    QString code, message, detail, hint;
    int exit = 1;
    QString line() const; ///< "The server has no such file: https://host/a (404)"
};

struct TaskView {
    explicit TaskView(const QJsonObject& task = {});

    qint64 id = 0;
    QString url, kind, state, name, directory, path, phase, verified, created, finished;
    std::optional<qint64> size;
    qint64 done = 0, rateDown = 0, rateUp = 0, uploaded = 0, eta = -1;
    int connections = 0;
    int gaps = 0; ///< stretches that are missing of what is done
    std::vector<HoldView> holds;
    std::optional<ErrorView> error;

    bool ended() const { return state == u"done" || state == u"failed" || state == u"sharing"; }
    bool running() const { return state == u"running"; }
    bool held() const { return state == u"waiting" && !holds.empty(); }
    double fraction() const; ///< 0..1; < 0: unknown
    QString title() const;   ///< its name, or what of the URL can stand for it
    QString holdText() const;
};

ErrorView errorView(const QJsonObject& error);

} // namespace weir
