#pragma once
// A daemon for tests of the command line: a plain socket that speaks frames. A script says what it answers; a thread of its own
// serves one client after the other. The test owns it.

#include "rpc/frame.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QString>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weir::test {

class FakeDaemon {
public:
    struct Reply {
        QJsonObject result;
        QJsonObject error;                      ///< if not empty, instead of the result
        std::vector<QJsonObject> notifications; ///< sent after it
        bool hangUp = false;                    ///< closes the connection after that
    };
    using Script = std::function<Reply(const QString& method, const QJsonObject& params)>;

    /// Listens at once. `path` at most 107 bytes.
    FakeDaemon(const QString& path, Script script, int protocol = 1);
    ~FakeDaemon();
    FakeDaemon(const FakeDaemon&) = delete;
    FakeDaemon& operator=(const FakeDaemon&) = delete;

    /// Names of the methods that were called, hello left out.
    std::vector<QString> called() const;
    QJsonObject paramsOf(const QString& method) const; ///< of the last call

private:
    void serve();
    bool serveOne(int client);
    bool answer(int client, const QJsonObject& request);

    Script script_;
    const int protocol_;
    int listener_ = -1, stop_[2] = {-1, -1};
    mutable std::mutex mutex_;
    std::vector<std::pair<QString, QJsonObject>> calls_;
    std::thread thread_;
};

} // namespace weir::test
