#pragma once
// Which tasks a verb means: ids, --all, --kind, --state. Single thread.

#include <weir/result.h>

#include <QJsonArray>
#include <QJsonObject>

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace weir {

class SelectOptions {
public:
    void define(CLI::App& app);
    /// SEL as in the RPC; BadSelection if nothing is named.
    Result<QJsonObject> toJson() const;

private:
    std::vector<std::string> ids_;
    std::string kind_, state_;
    bool all_ = false;
};

/// An id as typed; BadOption.
Result<qint64> parseId(const std::string& text);
Result<QJsonArray> parseIds(const std::vector<std::string>& texts);
/// waiting|running|...
constexpr const char* kStates = "waiting|running|sharing|choosing|done|failed";

} // namespace weir
