#pragma once
// Addresses that are no peers: lists that others publish, read from a file or an address on the web, and read again when they
// change. Any thread calls; a thread of its own reads. The session owns it.

#include <weir/context.h>

#include <libtorrent/ip_filter.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace weir {

struct AddressRanges {
    lt::ip_filter filter;
    qint64 ranges = 0, strange = 0; ///< lines that were understood, and that were not
};
/// One range a line: "name:1.2.3.4-1.2.3.9" (P2P), "1.2.3.4 - 1.2.3.9 , 100 , name" (DAT), "1.2.3.0/24", a pair or a single
/// address of either family. Pure. InputUnreadable: there is no range in it.
Result<AddressRanges> parseBlocklist(QByteArrayView text);

class Blocklist {
public:
    /// `use` is told every new list, on the thread that reads them.
    Blocklist(Services& services, std::function<void(const lt::ip_filter&)> use);

    /// A path or a URL; empty: nobody is left out.
    void follow(const QString& where);
    struct State {
        QString where;
        qint64 ranges = -1, strange = 0; ///< -1: not read yet
        std::optional<Error> error;      ///< the last time; what was read before still holds
    };
    State state() const;
    /// Until the list that is followed was read, or can't be.
    void await(std::stop_token stop, std::chrono::milliseconds patience) const;

private:
    void serve(std::stop_token stop);
    Result<QByteArray> read(const QString& where, std::stop_token stop);
    void load(const QString& where, std::stop_token stop);

    Services& services_;
    const std::function<void(const lt::ip_filter&)> use_;
    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    State state_;
    std::jthread thread_; ///< last: it uses what is above; started with the first list
};

} // namespace weir
