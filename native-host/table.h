#pragma once
// Rows in aligned columns. Pure; any thread.

#include "terminal.h"

#include <QString>
#include <QStringList>

#include <functional>
#include <vector>

namespace weir {

struct Column {
    QString title;
    bool right = false;                                               ///< numbers
    enum class Give : char { Never, Middle, End } give = Give::Never; ///< where it is cut when the terminal is narrow
    int least = 12; ///< it is not cut below this; when nothing has more to give, the last column goes
};

class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(QStringList cells) { rows_.push_back(std::move(cells)); }
    bool empty() const { return rows_.empty(); }
    /// Gives a cell of a row its colour.
    using Paint = std::function<QString(std::size_t row, std::size_t column, const QString& cell)>;
    /// Title and rows; width 0: as wide as the cells need. Columns that are empty in every row are left out.
    QStringList lines(int width = 0, bool unicode = true, const Paint& paint = {}) const;

private:
    std::vector<Column> columns_;
    std::vector<QStringList> rows_;
};

/// "  label  value" lines with the values below each other; empty values are left out.
QStringList factLines(const std::vector<std::pair<QString, QString>>& facts, const Output& output);

} // namespace weir
