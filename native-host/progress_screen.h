#pragma once
// Lines at the bottom of a terminal that are drawn over and over, below lines that stay. Survives a change of the terminal's
// width. Single thread; the output is borrowed.

#include "terminal.h"

#include <QStringList>

#include <vector>

namespace weir {

class ProgressScreen {
public:
    explicit ProgressScreen(Output& output) : output_(output) {}
    ~ProgressScreen() { clear(); }
    ProgressScreen(const ProgressScreen&) = delete;
    ProgressScreen& operator=(const ProgressScreen&) = delete;

    /// Puts `staying` above for good and draws `moving` anew; one write.
    void draw(const QStringList& staying, const QStringList& moving);
    /// Takes the moving lines away.
    void clear();

private:
    QString backToTop() const;

    Output& output_;
    std::vector<int> widths_; ///< of the moving lines on the terminal
    int drawnAt_ = 0;         ///< the terminal's width then
};

/// Columns of a text with colour sequences in it.
int paintedWidth(const QString& text);

} // namespace weir
