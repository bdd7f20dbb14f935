#include "progress_screen.h"

#include "text.h"

#include <algorithm>

namespace weir {

int paintedWidth(const QString& text)
{
    QString plain;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == u'\x1b') {
            while (i < text.size() && text[i] != u'm')
                ++i;
            continue;
        }
        plain += text[i];
    }
    return displayWidth(plain);
}

QString ProgressScreen::backToTop() const
{
    // A terminal that became narrower has broken the lines that were there.
    const int width = std::max(1, output_.width());
    int rows = 0;
    for (int line : widths_)
        rows += std::max(1, (line + width - 1) / width);
    if (rows == 0)
        return {};
    const QString up = QStringLiteral("\x1b[%1A\r").arg(rows);
    return width == drawnAt_ ? up : up + QStringLiteral("\x1b[J");
}

void ProgressScreen::draw(const QStringList& staying, const QStringList& moving)
{
    if (staying.isEmpty() && moving.isEmpty() && widths_.empty())
        return;
    QString text = widths_.empty() ? QStringLiteral("\x1b[?25l") : backToTop();
    for (const QString& line : staying)
        text += line + QStringLiteral("\x1b[K\n");
    widths_.clear();
    for (const QString& line : moving) {
        text += line + QStringLiteral("\x1b[K\n");
        widths_.push_back(paintedWidth(line));
    }
    drawnAt_ = output_.width();
    text += QStringLiteral("\x1b[J");
    if (widths_.empty())
        text += QStringLiteral("\x1b[?25h");
    output_.write(text);
}

void ProgressScreen::clear()
{
    if (!widths_.empty())
        draw({}, {});
}

} // namespace weir
