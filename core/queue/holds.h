#pragma once
// A pause is a hold: (scope, key, owner, reason, until). A task runs only when no hold covers it; each owner releases only its
// own. Main thread; the queue owns it and writes every change to the ledger.

#include "ledger/records.h"

namespace weir {

class Holds {
public:
    explicit Holds(std::vector<HoldRecord> kept = {}) : holds_(std::move(kept)) {}

    /// Replaces one of the same scope, key and owner. False: nothing changed.
    bool place(HoldRecord hold);
    bool release(const QString& scope, const QString& key, const QString& owner);
    /// Takes out what has expired and returns it.
    std::vector<HoldRecord> expire(qint64 nowMs);
    std::optional<qint64> nextExpiry() const;

    /// What a hold may refer to.
    struct Subject { TaskId task; QByteArray kind; quint64 device; QByteArray host; };
    std::vector<const HoldRecord*> covering(const Subject& subject) const;
    bool covers(const Subject& subject) const;
    const std::vector<HoldRecord>& all() const { return holds_; }

private:
    std::vector<HoldRecord> holds_;
};

} // namespace weir
