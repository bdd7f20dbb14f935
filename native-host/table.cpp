#include "table.h"

#include "text.h"

#include <algorithm>

namespace weir {

namespace {

constexpr int kGap = 2;

int total(const std::vector<int>& widths)
{
    int sum = -kGap;
    for (int w : widths)
        sum += w ? w + kGap : 0;
    return sum;
}

/// Takes from the widest flexible column; when none has more to give, the last column goes.
void squeeze(std::vector<int>& widths, const std::vector<Column>& columns, int width)
{
    while (total(widths) > width) {
        int widest = -1, last = -1;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            last = widths[i] ? int(i) : last;
            if (columns[i].give != Column::Give::Never && widths[i] > columns[i].least
                && (widest < 0 || widths[i] > widths[std::size_t(widest)]))
                widest = int(i);
        }
        if (widest >= 0)
            --widths[std::size_t(widest)];
        else if (last > 0)
            widths[std::size_t(last)] = 0;
        else
            return;
    }
}

QString fitted(const QString& text, int width, Column::Give give, bool unicode)
{
    return give == Column::Give::Middle ? elided(text, width, unicode)
        : give == Column::Give::End     ? shortened(text, width, unicode)
                                        : text;
}

} // namespace

QStringList Table::lines(int width, bool unicode, const Paint& paint) const
{
    std::vector<int> widths(columns_.size(), 0);
    for (const QStringList& row : rows_) {
        for (std::size_t i = 0; i < widths.size() && qsizetype(i) < row.size(); ++i)
            widths[i] = std::max(widths[i], displayWidth(row[qsizetype(i)]));
    }
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (widths[i])
            widths[i] = std::max(widths[i], displayWidth(columns_[i].title));
    }
    if (width > 0)
        squeeze(widths, columns_, width);
    const auto line = [&](const auto& cell, const auto& painted) {
        QString out;
        int owed = 0; // the space after a cell is written only when another one follows
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (!widths[i])
                continue;
            const QString text = fitted(cell(i), widths[i], columns_[i].give, unicode);
            const int space = std::max(0, widths[i] - displayWidth(text));
            if (!text.isEmpty())
                out += QString(owed + (columns_[i].right ? space : 0), u' ') + painted(i, text);
            owed = text.isEmpty() ? owed + widths[i] + kGap : kGap + (columns_[i].right ? 0 : space);
        }
        return out;
    };
    QStringList out{
        line([&](std::size_t i) { return columns_[i].title; }, [](std::size_t, const QString& text) { return text; })};
    for (std::size_t row = 0; row < rows_.size(); ++row)
        out += line([&](std::size_t i) { return rows_[row].value(qsizetype(i)); },
            [&](std::size_t i, const QString& text) { return paint ? paint(row, i, text) : text; });
    return out;
}

QStringList factLines(const std::vector<std::pair<QString, QString>>& facts, const Output& output)
{
    int widest = 0;
    for (const auto& [label, value] : facts)
        widest = value.isEmpty() ? widest : std::max(widest, displayWidth(label));
    QStringList out;
    for (const auto& [label, value] : facts) {
        if (!value.isEmpty())
            out += QStringLiteral("  ") + output.paint(Colour::Dim, padded(label, widest)) + QStringLiteral("  ") + value;
    }
    return out;
}

} // namespace weir
