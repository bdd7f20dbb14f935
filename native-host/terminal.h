#pragma once
// Where text goes: a descriptor, and what its other end can show. Single thread. Descriptors are not owned.

#include <QString>

#include <optional>

#include <termios.h>

namespace weir {

enum class Colour : char { None, Green, Red, Yellow, Blue, Dim, Bold };

class Output {
public:
    virtual ~Output() = default;
    virtual void write(const QString& text) = 0;
    void line(const QString& text) { write(text + u'\n'); }

    bool terminal = false; ///< cursor movement works
    bool colour = false;
    bool unicode = true;

    virtual int width() const { return 0; } ///< columns; 0: not a terminal
    virtual int height() const { return 0; }
    QString paint(Colour with, const QString& text) const;
};

/// Standard output or error, or what a test gives.
class DescriptorOutput final : public Output {
public:
    /// Looks at NO_COLOR, TERM, COLUMNS and the locale.
    explicit DescriptorOutput(int descriptor);
    void write(const QString& text) override;
    int width() const override;
    int height() const override;
    bool broken() const { return broken_; } ///< the reader has gone (EPIPE)

private:
    int descriptor_;
    bool broken_ = false;
};

/// Keys come one by one and unseen while this lives. Reads the terminal behind `descriptor`.
class RawKeys {
public:
    explicit RawKeys(int descriptor);
    ~RawKeys();
    RawKeys(const RawKeys&) = delete;
    RawKeys& operator=(const RawKeys&) = delete;
    /// The next bytes that were typed, at most `milliseconds` from now (-1: for ever); empty: none, or a signal came.
    QByteArray read(int milliseconds) const;

private:
    int descriptor_;
    std::optional<termios> before_;
};

} // namespace weir
