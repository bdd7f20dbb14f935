#pragma once
// Which tasks a table has and in which order, as it is typed: `--filter 'size>1G'`, `--sort -ratio`. Pure; any thread.

#include "task_columns.h"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace weir {

/// One condition: a column, how it is compared, and with what.
class TaskFilter {
public:
    /// "name~ubuntu", "size>1G", "ratio<1", "error=". BadOption.
    static Result<TaskFilter> parse(const QString& text);
    /// What is unknown is neither more nor less than anything; it is "equal" to nothing at all: "eta=".
    bool matches(const TaskView& task) const;

private:
    enum class Compare : char { Equal, Other, Less, LessOrEqual, More, MoreOrEqual, Has, HasNot };
    const TaskColumn* column_ = nullptr;
    Compare compare_ = Compare::Equal;
    TaskValue wanted_; ///< nothing: it was left empty
};

/// Keys in their order of weight; tasks that are equal in all of them stay as they were. What is unknown comes last, whichever
/// way round.
class TaskOrder {
public:
    /// "size", "-size", "state,-ratio". BadOption.
    static Result<TaskOrder> parse(const QString& text);
    bool operator()(const TaskView& a, const TaskView& b) const;

private:
    struct Key {
        const TaskColumn* column;
        bool down;
    };
    std::vector<Key> keys_;
};

/// What is asked for: which tasks, in which order, and what of them.
struct TaskQuery {
    std::vector<TaskFilter> filters;
    std::optional<TaskOrder> order;
    std::vector<const TaskColumn*> columns;

    bool has(const TaskView& task) const; ///< all filters match
};

/// The options --columns, --sort and --filter.
class TaskQueryOptions {
public:
    void define(CLI::App& app);
    Result<TaskQuery> query() const;

private:
    std::string columns_, sort_;
    std::vector<std::string> filters_;
};

} // namespace weir
