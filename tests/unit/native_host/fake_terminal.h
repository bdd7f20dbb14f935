#pragma once
// A terminal of a given size that understands what ProgressScreen and Watch send: text, CR, LF, cursor up, erase, colours.
// Counts wide characters as displayWidth() does, wraps long lines, scrolls.

#include "terminal.h"
#include "text.h"

#include <QStringList>

namespace weir::test {

class FakeTerminal final : public Output {
public:
    FakeTerminal(int columns, int rows) : columns_(columns), rows_(rows)
    {
        terminal = true;
        colour = true;
        screen_ += QString();
    }

    void write(const QString& text) override
    {
        ++writes;
        for (qsizetype i = 0; i < text.size(); ++i) {
            if (text[i] == u'\x1b')
                i = escape(text, i);
            else if (text[i] == u'\n')
                down();
            else if (text[i] == u'\r')
                column_ = 0;
            else
                put(text.mid(i, text[i].isHighSurrogate() ? 2 : 1)), i += text[i].isHighSurrogate() ? 1 : 0;
        }
    }
    int width() const override { return columns_; }
    int height() const override { return rows_; }

    /// A change of the window's size; lines are broken anew as most terminals do.
    void resize(int columns)
    {
        QStringList whole = screen_;
        columns_ = columns;
        screen_ = {QString()};
        row_ = column_ = 0;
        for (qsizetype i = 0; i < whole.size(); ++i) {
            if (i)
                down();
            for (qsizetype at = 0; at < whole[i].size();) {
                const int length = whole[i][at].isHighSurrogate() ? 2 : 1;
                put(whole[i].mid(at, length));
                at += length;
            }
        }
    }

    /// Everything that was ever shown and not erased, without the empty end.
    QStringList lines() const
    {
        QStringList out = screen_;
        while (!out.isEmpty() && out.back().isEmpty())
            out.removeLast();
        return out;
    }

    bool cursorShown = true;
    int writes = 0;

private:
    void down()
    {
        column_ = 0;
        if (++row_ == screen_.size())
            screen_ += QString();
    }
    void put(const QString& character)
    {
        const int width = displayWidth(character);
        if (column_ + width > columns_)
            down();
        QString& line = screen_[row_];
        int at = 0;
        qsizetype index = 0;
        while (index < line.size() && at < column_)
            at += displayWidth(line.mid(index++, 1));
        // Only whole lines are ever overwritten from their beginning: what follows is erased by the next sequence.
        line = line.left(index) + character + line.mid(index + (width ? character.size() : 0));
        column_ += width;
    }
    qsizetype escape(const QString& text, qsizetype from)
    {
        qsizetype end = from + 2;
        while (end < text.size() && !text[end].isLetter())
            ++end;
        const QString argument = text.mid(from + 2, end - from - 2);
        if (text[end] == u'A')
            row_ = std::max<qsizetype>(0, row_ - argument.toInt());
        else if (text[end] == u'K')
            cut();
        else if (text[end] == u'J') {
            cut();
            screen_ = screen_.mid(0, row_ + 1);
        } else if (argument == u"?25")
            cursorShown = text[end] == u'h';
        return end;
    }
    void cut()
    {
        QString kept;
        for (const QChar c : std::as_const(screen_[row_])) {
            if (displayWidth(kept + c) > column_)
                break;
            kept += c;
        }
        screen_[row_] = kept;
    }

    int columns_, rows_;
    QStringList screen_;
    qsizetype row_ = 0;
    int column_ = 0;
};

} // namespace weir::test
