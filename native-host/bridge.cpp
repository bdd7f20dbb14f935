#include "bridge.h"

#include "base/error_json.h"
#include "daemon_start.h"
#include "folder_opener.h"
#include "frame_pipe.h"

#include <QJsonDocument>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace weir {

namespace {

constexpr int kOpenersAtOnce = 4;

/// The other thread may stand in a read or a write that nobody will ever answer: nothing can be joined here, and nothing is
/// buffered.
[[noreturn]] void leave(int status) { std::_Exit(status); }

QByteArray compact(const QJsonObject& object) { return QJsonDocument(object).toJson(QJsonDocument::Compact); }

QByteArray notification(const char* method, const QJsonObject& params)
{
    return compact({{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("method"), QLatin1String(method)},
        {QStringLiteral("params"), params}});
}

QByteArray reply(const QJsonValue& id, const Result<void>& outcome)
{
    QJsonObject message{{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("id"), id}};
    if (outcome)
        message.insert(QStringLiteral("result"), QJsonObject());
    else
        message.insert(QStringLiteral("error"),
            QJsonObject{{QStringLiteral("code"), int(outcome.error().code)},
                {QStringLiteral("message"), describe(outcome.error())}, {QStringLiteral("data"), errorJson(outcome.error())}});
    return compact(message);
}

/// Standard output belongs to the browser alone: whatever prints there from now on, prints to standard error.
int takeStandardOutput()
{
    const int browser = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (browser >= 0)
        ::dup2(STDERR_FILENO, STDOUT_FILENO);
    return browser;
}

class Bridge {
public:
    Bridge(int browser, const Greeting& greeting) : greeting_(greeting), toBrowser_(browser) {}

    int run()
    {
        auto client = connectOrStart(greeting_);
        if (!client)
            return problem(client.error());
        const QJsonObject ready{{QStringLiteral("version"), QStringLiteral(WEIR_VERSION)},
            {QStringLiteral("protocol"), kProtocolSpoken}, {QStringLiteral("daemon"), client->daemonVersion()}};
        const int socket = client->release();
        if (!toBrowser_.write(notification("host.ready", ready)))
            return 0;
        std::thread([this, socket] { leave(fromDaemon(socket)); }).detach();
        return fromBrowser(socket);
    }

private:
    int problem(const Error& error)
    {
        std::fprintf(stderr, "weir: %s\n", qPrintable(describe(error)));
        (void)toBrowser_.write(notification("host.problem", {{QStringLiteral("error"), errorJson(error)}}));
        return errorRow(error.code).exitStatus;
    }

    int fromBrowser(int socket)
    {
        FrameSource browser(STDIN_FILENO, kMaxFrameFromClient);
        FrameTarget daemon(socket);
        for (;;) {
            const auto message = browser.next();
            if (!message)
                return message.error().code == Code::ConnectionLost ? 0 : problem(message.error());
            if (message->contains("host.open") && answered(*message))
                continue;
            // The other thread tells why it is gone.
            if (!daemon.write(*message))
                for (;;)
                    ::pause();
        }
    }

    int fromDaemon(int socket)
    {
        FrameSource daemon(socket, kMaxFrameToBrowser);
        for (;;) {
            const auto message = daemon.next();
            if (!message)
                return problem(message.error());
            if (!toBrowser_.write(*message))
                return 0;
        }
    }

    /// True: it was host.open, which the daemon does not know.
    bool answered(const QByteArray& message)
    {
        const QJsonObject request = QJsonDocument::fromJson(message).object();
        if (request.value(QLatin1String("method")) != QLatin1String("host.open"))
            return false;
        const QJsonValue id = request.value(QLatin1String("id"));
        const QJsonObject params = request.value(QLatin1String("params")).toObject();
        if (openers_.fetch_add(1) >= kOpenersAtOnce) {
            openers_.fetch_sub(1);
            answer(id, failure(Code::FolderOpenFailed, QStringLiteral("others are just being opened")));
            return true;
        }
        // A file manager may take seconds to start, while other messages wait.
        std::thread([this, id, params] {
            answer(id, open(params));
            openers_.fetch_sub(1);
        }).detach();
        return true;
    }

    void answer(const QJsonValue& id, const Result<void>& outcome)
    {
        if (id.isDouble() || id.isString())
            (void)toBrowser_.write(reply(id, outcome));
    }

    /// Asked on a connection of its own, in the browser's role: what the extension may not see it can't open.
    Result<void> open(const QJsonObject& params)
    {
        const QJsonValue id = params.value(QLatin1String("id"));
        if (id.toInteger(-1) < 1)
            return failure(Code::RpcBadParams, QStringLiteral("id: a task's number is expected"));
        auto client = connectToDaemon(greeting_);
        if (!client)
            return failure(client.error());
        const auto task = client->call(QStringLiteral("task.get"), {{QStringLiteral("id"), id}});
        if (!task)
            return failure(task.error());
        return showInFolder(task->value(QLatin1String("path")).toString());
    }

    const Greeting greeting_;
    FrameTarget toBrowser_;
    std::atomic<int> openers_{0};
};

} // namespace

std::optional<QString> browserOrigin(int argc, const char* const* argv)
{
    if (argc < 2)
        return std::nullopt;
    const QString first = QString::fromLocal8Bit(argv[1]);
    if (first.startsWith(QLatin1String("chrome-extension://")) || first.startsWith(QLatin1String("moz-extension://")))
        return first;
    if (argc >= 3 && first.startsWith(u'/') && first.endsWith(QLatin1String(".json")) && std::strchr(argv[2], '@'))
        return QString::fromLocal8Bit(argv[2]);
    return std::nullopt;
}

int runBridge(const QString& origin)
{
    const int browser = takeStandardOutput();
    if (browser < 0)
        return 1;
    Bridge bridge(browser, {QStringLiteral("browser"), origin});
    leave(bridge.run());
}

} // namespace weir
