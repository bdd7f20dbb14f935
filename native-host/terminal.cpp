#include "terminal.h"

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>

#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace weir {

QString Output::paint(Colour with, const QString& text) const
{
    if (!colour || text.isEmpty())
        return text;
    const char* code = "";
    switch (with) {
    case Colour::None: return text;
    case Colour::Green: code = "32"; break;
    case Colour::Red: code = "31"; break;
    case Colour::Yellow: code = "33"; break;
    case Colour::Blue: code = "36"; break;
    case Colour::Dim: code = "2"; break;
    case Colour::Bold: code = "1"; break;
    }
    return QStringLiteral("\x1b[%1m%2\x1b[0m").arg(QLatin1String(code), text);
}

DescriptorOutput::DescriptorOutput(int descriptor) : descriptor_(descriptor)
{
    const char* term = std::getenv("TERM");
    const bool capable = term && *term && std::strcmp(term, "dumb") != 0;
    const char* noColour = std::getenv("NO_COLOR");
    terminal = ::isatty(descriptor) && capable;
    colour = terminal && !(noColour && *noColour);
    unicode = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
}

void DescriptorOutput::write(const QString& text)
{
    const QByteArray bytes = text.toUtf8();
    for (qsizetype at = 0; at < bytes.size() && !broken_;) {
        const ssize_t wrote = ::write(descriptor_, bytes.constData() + at, std::size_t(bytes.size() - at));
        if (wrote > 0) {
            at += wrote;
        } else if (wrote < 0 && errno == EAGAIN) {
            // A shell may have left the terminal non-blocking.
            pollfd wait{descriptor_, POLLOUT, 0};
            ::poll(&wait, 1, 1000);
        } else if (wrote < 0 && errno != EINTR) {
            broken_ = true;
        }
    }
}

namespace {

int dimension(int descriptor, const char* variable, unsigned short winsize::*member)
{
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.*member > 0)
        return size.*member;
    const char* given = std::getenv(variable);
    return given ? std::atoi(given) : 0;
}

} // namespace

int DescriptorOutput::width() const
{
    if (!terminal)
        return 0;
    const int columns = dimension(descriptor_, "COLUMNS", &winsize::ws_col);
    return columns > 0 ? columns : 80;
}

int DescriptorOutput::height() const
{
    if (!terminal)
        return 0;
    const int lines = dimension(descriptor_, "LINES", &winsize::ws_row);
    return lines > 0 ? lines : 24;
}

RawKeys::RawKeys(int descriptor) : descriptor_(descriptor)
{
    termios now{};
    if (::tcgetattr(descriptor, &now) != 0)
        return;
    before_ = now;
    now.c_lflag &= ~tcflag_t(ICANON | ECHO);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    ::tcsetattr(descriptor, TCSANOW, &now);
}

RawKeys::~RawKeys()
{
    if (before_)
        ::tcsetattr(descriptor_, TCSANOW, &*before_);
}

QByteArray RawKeys::read(int milliseconds) const
{
    pollfd wait{descriptor_, POLLIN, 0};
    if (::poll(&wait, 1, milliseconds) <= 0)
        return {};
    char bytes[32];
    const ssize_t got = ::read(descriptor_, bytes, sizeof bytes);
    return got > 0 ? QByteArray(bytes, got) : QByteArray();
}

} // namespace weir
