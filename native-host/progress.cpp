#include "progress.h"

#include "text.h"

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr int kGap = 2;
constexpr int kLeastName = 12, kLeastBar = 8, kMostBar = 40;
constexpr int kPercent = 4, kSizes = 13, kRate = 10, kEta = 7, kConnections = 4;

struct Palette : Output {
    explicit Palette(const ProgressStyle& style) { colour = style.colour; }
    void write(const QString&) override {}
};

/// Which columns there are, and how wide the two elastic ones are.
struct Layout {
    bool bar = true, sizes = true, rate = true, eta = true, connections = true;
    int nameWidth = 0, barWidth = 0;

    int fixed() const
    {
        return kPercent + kGap + (sizes ? kSizes + kGap : 0) + (rate ? kRate + kGap : 0) + (eta ? kEta + kGap : 0)
            + (connections ? kConnections + kGap : 0);
    }
    int needed() const { return kLeastName + fixed() + (bar ? kLeastBar + kGap : 0); }
};

Layout layoutFor(int width, int longestName)
{
    Layout out;
    for (bool Layout::*column : {&Layout::connections, &Layout::sizes, &Layout::eta, &Layout::bar, &Layout::rate}) {
        if (out.needed() <= width)
            break;
        out.*column = false;
    }
    const int elastic = std::max(1, width - out.fixed());
    if (!out.bar) {
        out.nameWidth = std::min(longestName, elastic);
        return out;
    }
    const int mostName = std::min(elastic * 13 / 20, elastic - kGap - kLeastBar);
    out.nameWidth = std::min(std::max(longestName, kLeastName), std::max(kLeastName, mostName));
    out.barWidth = std::clamp(elastic - kGap - out.nameWidth, kLeastBar, kMostBar);
    return out;
}

/// What stands in place of bar and numbers while no bytes flow; empty: bytes flow.
QString standing(const TaskView& task)
{
    if (task.held())
        return task.holdText();
    if (task.state == u"waiting")
        return task.error ? task.error->line() + QStringLiteral("; tried again soon") : QStringLiteral("waiting");
    if (task.state == u"choosing")
        return QStringLiteral("wants a choice: weir choose %1").arg(task.id);
    if (task.running() && task.rateDown == 0 && task.done == 0)
        return task.phase.isEmpty() ? QStringLiteral("starting") : task.phase;
    return {};
}

QString lineOf(const TaskView& task, const Layout& layout, const ProgressStyle& style)
{
    const Palette palette(style);
    const QString gap(kGap, u' ');
    const QString name = padded(elided(task.title(), layout.nameWidth, style.unicode), layout.nameWidth);
    if (const QString words = standing(task); !words.isEmpty()) {
        const int room = style.width - layout.nameWidth - kGap;
        return room < 4
            ? name
            : name + gap + palette.paint(task.held() ? Colour::Yellow : Colour::Dim, shortened(words, room, style.unicode));
    }
    QString line = name;
    if (layout.bar)
        line += gap + progressBar(task.fraction(), layout.barWidth, style);
    line += gap + padded(percentText(task.fraction()), kPercent, true);
    if (layout.sizes)
        line += gap + padded(sizePairText(task.done, task.size.value_or(-1)), kSizes, true);
    if (layout.rate)
        line += gap + palette.paint(Colour::Green, padded(rateText(task.rateDown), kRate, true));
    if (layout.eta)
        line += gap + padded(clockText(task.eta), kEta, true);
    if (layout.connections && task.connections > 0)
        line += gap
            + palette.paint(Colour::Dim,
                padded(QString::number(task.connections) + (style.unicode ? QChar(0xd7) : QChar(u'x')), kConnections, true));
    return line;
}

} // namespace

void ProgressTotals::add(const TaskView& task)
{
    if (task.state == u"failed")
        ++failed;
    else if (task.ended())
        ++done;
    else if (task.running())
        ++running;
    else if (task.held() || task.state == u"choosing")
        ++held;
    else
        ++waiting;
    if (task.state == u"failed")
        return;
    bytes += task.done;
    rate += task.running() ? task.rateDown : 0;
    if (task.size)
        size += *task.size;
    else if (task.ended())
        size += task.done;
    else
        sizeKnown = false;
}

QString progressBar(double fraction, int cells, const ProgressStyle& style)
{
    const Palette palette(style);
    const QChar full = style.unicode ? QChar(0x2501) : QChar(u'#');
    const QChar rest = style.unicode ? QChar(0x2500) : QChar(u'-');
    if (fraction < 0) {
        const int block = std::min(3, cells), track = std::max(1, cells - block);
        const int step = style.tick % (2 * track);
        const int at = std::min(step < track ? step : 2 * track - step, cells - block);
        return palette.paint(Colour::Dim, QString(at, rest)) + palette.paint(Colour::Blue, QString(block, full))
            + palette.paint(Colour::Dim, QString(cells - block - at, rest));
    }
    const int halves = int(std::floor(std::min(1.0, fraction) * cells * 2));
    QString filled(halves / 2, full);
    int used = halves / 2;
    if (halves % 2 && style.unicode) {
        filled += QChar(0x2578);
        ++used;
    }
    return palette.paint(fraction >= 1 ? Colour::Green : Colour::Blue, filled)
        + palette.paint(Colour::Dim, QString(cells - used, rest));
}

QStringList progressLines(const std::vector<const TaskView*>& tasks, const ProgressStyle& style)
{
    int longest = 0;
    for (const TaskView* task : tasks)
        longest = std::max(longest, displayWidth(task->title()));
    const Layout layout = layoutFor(style.width, longest);
    QStringList out;
    for (const TaskView* task : tasks)
        out += lineOf(*task, layout, style);
    return out;
}

QString countsText(const ProgressTotals& totals)
{
    QStringList parts;
    const auto part = [&](int count, const char* what) {
        if (count)
            parts += QStringLiteral("%1 %2").arg(count).arg(QLatin1String(what));
    };
    part(totals.running, "running");
    part(totals.waiting, "waiting");
    part(totals.held, "held");
    part(totals.done, "done");
    part(totals.failed, "failed");
    return parts.isEmpty() ? QStringLiteral("no tasks") : parts.join(QStringLiteral(", "));
}

QString totalLine(const ProgressTotals& totals, const ProgressStyle& style)
{
    QStringList parts{countsText(totals)};
    parts += totals.sizeKnown && totals.size > 0 ? sizePairText(totals.bytes, totals.size) : sizeText(totals.bytes);
    if (totals.rate > 0)
        parts += rateText(totals.rate);
    if (totals.rate > 0 && totals.sizeKnown && totals.size > totals.bytes)
        parts += clockText((totals.size - totals.bytes) / totals.rate) + QStringLiteral(" left");
    const QString text = parts.join(style.unicode ? QStringLiteral(" · ") : QStringLiteral(", "));
    return Palette(style).paint(Colour::Bold, elided(text, style.width, style.unicode));
}

} // namespace weir
