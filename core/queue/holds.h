#pragma once
// A pause is a hold: (scope, key, owner, reason, until). A task runs only when no hold covers it; each owner releases only its
// own. Main thread; the queue owns it and writes every change to the ledger.

#include "ledger/records.h"

#include <QHash>
#include <QStringList>

namespace weir {

class Holds {
public:
    explicit Holds(std::vector<HoldRecord> kept = {});

    /// Replaces one of the same scope, key and owner. False: nothing changed.
    bool place(HoldRecord hold);
    bool release(const QString& scope, const QString& key, const QString& owner);
    /// Takes out what has expired and returns it.
    std::vector<HoldRecord> expire(qint64 nowMs);
    std::optional<qint64> nextExpiry() const;

    /// What a hold may refer to.
    struct Subject {
        TaskId task;
        QByteArray kind;
        quint64 device;
        QByteArray host;
    };
    std::vector<const HoldRecord*> covering(const Subject& subject) const; ///< valid until the next change
    bool covers(const Subject& subject) const;
    /// Those on just this scope and key, whoever placed them.
    std::vector<HoldRecord> on(const QString& scope, const QString& key) const;
    const std::vector<HoldRecord>& all() const { return holds_; }

    /// "task", "kind", "volume", "host", "network", "all".
    static bool isScope(const QString& scope);

private:
    using Place = QPair<QString, QString>;                                                     ///< scope, key
    std::size_t indexOf(const QString& scope, const QString& key, const QString& owner) const; ///< all().size(): none
    void erase(std::size_t index);
    template <class Visit> void visitCovering(const Subject& subject, Visit visit) const;

    std::vector<HoldRecord> holds_;
    QHash<Place, QList<std::size_t>> byPlace_; ///< places in holds_
};

} // namespace weir
