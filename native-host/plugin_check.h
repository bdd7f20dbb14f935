#pragma once
// The contract kit's run over one plugin, in a child that may crash or hang, and what it found. Blocks; any thread.

#include <weir/result.h>

#include <QJsonArray>
#include <QJsonObject>
#include <QString>

namespace weir {

struct PluginCheck {
    QJsonObject descriptor;
    QJsonArray findings; ///< objects with rule, about, outcome ("kept", "broken", "skipped") and detail
    int broken = 0;
};

/// `addresses`: the author's list; empty: what lies beside the file. The errors of the loader, BadOption.
Result<PluginCheck> checkPlugin(const QString& file, const QString& addresses);

/// Pure: what the child printed and how it ended. `crash`: why it could not say more; empty: it ended in order.
Result<PluginCheck> readCheck(const QByteArray& printed, const QString& crash);

} // namespace weir
