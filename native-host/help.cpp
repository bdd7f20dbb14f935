#include "help.h"

#include "text.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace weir {

namespace {

constexpr int kIndent = 2, kGap = 2, kMostLabel = 30, kReadable = 100;

struct Chapter {
    const char* title;
    std::vector<const char*> verbs;
};
const Chapter kChapters[] = {{"Download", {"get", "add", "probe"}},
    {"Look", {"list", "watch", "show", "why", "log", "history"}},
    {"Change", {"pause", "resume", "remove", "restart", "move", "limit", "relink", "choose", "announce", "finish"}},
    {"Set up", {"config", "plugin", "daemon", "browser", "privacy"}}, {"Learn", {"help", "explain", "version", "completion"}}};

using Entries = std::vector<std::pair<QString, QString>>;

QString wrapped(const QString& text, int indent, int width)
{
    QString out;
    int used = 0;
    const QStringList words = text.split(u' ');
    for (const QString& word : words) {
        const int size = displayWidth(word);
        if (used && used + 1 + size > width - indent) {
            out += u'\n' + QString(indent, u' ');
            used = 0;
        }
        out += (used ? QStringLiteral(" ") : QString()) + word;
        used += size + (used ? 1 : 0);
    }
    return out;
}

QString section(const QString& title, const Entries& entries, int column, const Output& style)
{
    const int width = std::min(style.width() > 0 ? style.width() : kReadable, kReadable);
    QString out = style.paint(Colour::Bold, title) + u'\n';
    const int indent = kIndent + column + kGap;
    for (const auto& [label, text] : entries) {
        out += QString(kIndent, u' ') + label;
        const int used = displayWidth(label);
        out += used > column ? u'\n' + QString(indent, u' ') : QString(column - used + kGap, u' ');
        out += wrapped(text, indent, width) + u'\n';
    }
    return out + u'\n';
}

int columnFor(const Entries& entries, int least = 0)
{
    int column = least;
    for (const auto& [label, text] : entries) {
        const int width = displayWidth(label);
        column = width <= kMostLabel ? std::max(column, width) : column;
    }
    return column;
}

QString optionLabel(const CLI::Option& option)
{
    QStringList names;
    for (const std::string& name : option.get_snames())
        names += u'-' + QString::fromStdString(name);
    for (const std::string& name : option.get_lnames())
        names += QStringLiteral("--") + QString::fromStdString(name);
    // Long names stand below each other.
    const QString pad = option.get_snames().empty() ? QStringLiteral("    ") : QString();
    QString label = pad + names.join(QStringLiteral(", "));
    if (option.get_expected_max() > 0 && option.get_type_size_max() > 0)
        label += u' ' + QString::fromStdString(option.get_type_name());
    return label;
}

QString positionalText(const CLI::App& verb)
{
    QString out;
    for (const CLI::Option* option : verb.get_options()) {
        if (!option->get_positional())
            continue;
        QString word = QString::fromStdString(option->get_type_name());
        if (option->get_expected_max() > 1)
            word += QStringLiteral("...");
        out += option->get_required() ? u' ' + word : QStringLiteral(" [%1]").arg(word);
    }
    return out;
}

bool hasOptions(const CLI::App& verb)
{
    const auto options = verb.get_options();
    return std::any_of(options.begin(), options.end(), [](const CLI::Option* one) { return !one->get_positional(); });
}

} // namespace

QString verbPath(const CLI::App& verb)
{
    const CLI::App* parent = verb.get_parent();
    const QString name = QString::fromStdString(verb.get_name());
    return parent && parent->get_parent() ? verbPath(*parent) + u' ' + name : name;
}

QString mainHelp(const CLI::App& root, const Output& style, const QStringList& others)
{
    QString out = QStringLiteral("weir downloads what a URL leads to, and survives anything.\n\n");
    for (const Chapter& chapter : kChapters) {
        Entries entries;
        for (const char* name : chapter.verbs) {
            const CLI::App* verb = root.get_subcommand(name);
            entries.emplace_back(QLatin1String(name), QString::fromStdString(verb->get_description()));
        }
        out += section(QLatin1String(chapter.title), entries, 10, style);
    }
    if (!others.isEmpty())
        out += QStringLiteral("Without the daemon: %1.\n").arg(others.join(QStringLiteral(", ")));
    return out + QStringLiteral("`weir help VERB` tells more. Every verb takes --json.\n");
}

QString verbHelp(const CLI::App& verb, const Output& style)
{
    const auto subs = verb.get_subcommands([](const CLI::App*) { return true; });
    QString out = QStringLiteral("weir %1%2%3\n")
                      .arg(verbPath(verb), subs.empty() && hasOptions(verb) ? QStringLiteral(" [OPTIONS]") : QString(),
                          subs.empty() ? positionalText(verb) : QStringLiteral(" VERB"));
    out += QString::fromStdString(verb.get_description()) + QStringLiteral(".\n\n");
    Entries inner;
    for (const CLI::App* sub : subs)
        inner.emplace_back(
            QString::fromStdString(sub->get_name()) + positionalText(*sub), QString::fromStdString(sub->get_description()));
    if (!inner.empty())
        out += section(QStringLiteral("Verbs"), inner, columnFor(inner), style);
    std::vector<std::pair<std::string, Entries>> groups;
    Entries all;
    for (const CLI::Option* option : verb.get_options()) {
        if (option->get_positional() || option->get_lnames() == std::vector<std::string>{"help"})
            continue;
        const std::string group = option->get_group();
        auto found = std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.first == group; });
        if (found == groups.end())
            found = groups.insert(groups.end(), {group, {}});
        found->second.emplace_back(optionLabel(*option), QString::fromStdString(option->get_description()));
        all.push_back(found->second.back());
    }
    const int column = columnFor(all);
    for (const auto& [name, entries] : groups)
        out += section(QString::fromStdString(name), entries, column, style);
    out.chop(1);
    return out;
}

} // namespace weir
