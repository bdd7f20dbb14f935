#pragma once
// One client: who it says it is, the calls it has under way, and what still has to be sent to it. Main thread; owned by its
// connection. Notifications that are not sent yet are bounded: a client that does not read loses them and is told to
// subscribe again. Replies are never dropped; a client that does not read them is not read from.

#include "rpc/frame.h"
#include "rpc/method_table.h"

#include <deque>
#include <memory>

namespace weir {

constexpr int kProtocol = 1;

class Session {
public:
    /// The wire below; outlives the session.
    struct Transport {
        virtual ~Transport() = default;
        virtual qint64 pending() const = 0; ///< bytes that were written here but not yet taken by the other side
        virtual void write(const QByteArray& json) = 0;
        virtual void inputWanted() = 0; ///< takesInput() has become true again
        virtual void close() = 0;       ///< once everything written is out
    };

    static constexpr qint64 kMaxNotifications = 1 << 20; ///< bytes not yet sent
    static constexpr qint64 kMaxReplies = 16 << 20;      ///< bytes not yet sent, beyond which no more calls are taken
    static constexpr qint64 kMaxReply = 16 << 20;
    static constexpr int kMaxCalls = 64;                 ///< under way at a time
    static constexpr qint64 kTransportWindow = 64 << 10; ///< handed to the transport at a time

    Session(Backend& backend, Transport& transport);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void receive(const QByteArray& message);
    /// False: read no more from this client until inputWanted() is called.
    bool takesInput() const { return calls_ < kMaxCalls && replyBytes_ < kMaxReplies && !closing_; }
    /// The transport has sent something.
    void drained() { pump(); }

    /// RpcHelloTwice, RpcVersion (and the connection ends), RpcBadRole.
    Result<void> hello(const QString& client, int protocol, const QString& role, const QString& origin);
    bool greeted() const { return greeted_; }
    Role role() const { return role_; }
    bool fromBrowser() const { return role_ == Role::Browser; }
    const QString& client() const { return client_; }
    /// The longest reply or notification for this client.
    qint64 maxMessage() const { return fromBrowser() ? qint64(kMaxFrameToBrowser) : kMaxReply; }

    /// False: the client reads too slowly. All notifications not yet sent are dropped, and `instead` is sent when it reads
    /// again.
    bool notify(const QByteArray& json, const QByteArray& instead);
    /// Everything that was notified is sent.
    bool caughtUp() const { return notificationBytes_ == 0; }

    /// Null once the session has ended: for answers that come later.
    std::shared_ptr<Session* const> self() const { return self_; }
    /// Called when the session ends, to give up what was begun for it. The number is for forget().
    quint64 atEnd(std::function<void()> action);
    void forget(quint64 action);

private:
    struct Outgoing {
        QByteArray json;
        bool notification;
    };
    void answer(const QByteArray& json);
    void pump();

    Backend& backend_;
    Transport& transport_;
    std::deque<Outgoing> outbox_;
    qint64 notificationBytes_ = 0, replyBytes_ = 0;
    int calls_ = 0;
    bool greeted_ = false, closing_ = false;
    Role role_ = Role::Browser;
    QString client_, origin_;
    std::vector<std::pair<quint64, std::function<void()>>> atEnd_;
    quint64 lastAction_ = 0;
    std::shared_ptr<Session*> self_; ///< for replies that come after the end
};

} // namespace weir
