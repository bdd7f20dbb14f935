#include "completion.h"

#include "config/settings.h"
#include "help.h"

#include <CLI/CLI.hpp>

#include <QStringList>

#include <vector>

namespace weir {

namespace {

enum class Kind : char { Nothing, Words, File, Folder, Setting };

struct Completed {
    QStringList names; ///< "-d", "--dir"; empty: an argument without a name
    QString help;
    bool takesValue = false;
    Kind kind = Kind::Nothing;
    QStringList words;
};

struct VerbModel {
    QString path; ///< "config get"; empty: the root
    QString help;
    QStringList verbs, verbHelps;
    std::vector<Completed> options, arguments;
};

QStringList settingKeys()
{
    QStringList out;
    for (const SettingRow& row : settingRows())
        out += QLatin1String(row.key);
    return out;
}

/// What can be completed of "best|worst|HEIGHTp|EXPR" are the words as they are typed.
QStringList literalWords(const QString& typeName)
{
    QStringList out;
    if (!typeName.contains(u'|'))
        return out;
    const QStringList parts = typeName.split(u'|');
    for (const QString& part : parts) {
        if (!part.isEmpty() && part == part.toLower() && part[0].isLetter())
            out += part;
    }
    return out;
}

Completed modelOf(const CLI::Option& option)
{
    Completed out;
    for (const std::string& name : option.get_snames())
        out.names += u'-' + QString::fromStdString(name);
    for (const std::string& name : option.get_lnames())
        out.names += QStringLiteral("--") + QString::fromStdString(name);
    out.help = QString::fromStdString(option.get_description());
    out.takesValue = option.get_positional() || option.get_type_size_max() > 0;
    const QString type = QString::fromStdString(option.get_type_name());
    out.words = literalWords(type);
    if (!out.words.isEmpty())
        out.kind = Kind::Words;
    else if (type == u"DIR")
        out.kind = Kind::Folder;
    else if (type == u"FILE" || type.endsWith(QStringLiteral("@FILE")))
        out.kind = Kind::File;
    else if (type == u"KEY")
        out.kind = Kind::Setting;
    return out;
}

void collect(const CLI::App& app, const QString& path, std::vector<VerbModel>& into)
{
    VerbModel model{path, QString::fromStdString(app.get_description()), {}, {}, {}, {}};
    const auto subs = app.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* sub : subs) {
        model.verbs += QString::fromStdString(sub->get_name());
        model.verbHelps += QString::fromStdString(sub->get_description());
    }
    for (const CLI::Option* option : app.get_options()) {
        Completed one = modelOf(*option);
        (one.names.isEmpty() ? model.arguments : model.options).push_back(std::move(one));
    }
    if (!path.isEmpty())
        model.options.push_back(
            {{QStringLiteral("--json")}, QStringLiteral("Print JSON for programs"), false, Kind::Nothing, {}});
    if (path == u"help") {
        // Its argument is a verb.
        for (const CLI::App* verb : app.get_parent()->get_subcommands([](const CLI::App*) { return true; }))
            model.verbs += QString::fromStdString(verb->get_name());
        model.verbHelps = QStringList(model.verbs.size(), QString());
    }
    into.push_back(std::move(model));
    for (const CLI::App* sub : subs)
        collect(*sub,
            path.isEmpty() ? QString::fromStdString(sub->get_name()) : path + u' ' + QString::fromStdString(sub->get_name()),
            into);
}

std::vector<VerbModel> models(const CLI::App& root)
{
    std::vector<VerbModel> out;
    collect(root, {}, out);
    return out;
}

QStringList wordsOf(const Completed& one) { return one.kind == Kind::Setting ? settingKeys() : one.words; }

QString bashValue(const Completed& one)
{
    if (one.kind == Kind::File)
        return QStringLiteral("compgen -f -- \"$cur\"");
    if (one.kind == Kind::Folder)
        return QStringLiteral("compgen -d -- \"$cur\"");
    return QStringLiteral("compgen -W \"%1\" -- \"$cur\"").arg(wordsOf(one).join(u' '));
}

QString quotedForShell(QString text) { return u'\'' + text.replace(u'\'', QStringLiteral("'\\''")) + u'\''; }

} // namespace

QString bashCompletion(const CLI::App& root)
{
    QString values, words;
    QStringList paths;
    for (const VerbModel& model : models(root)) {
        QStringList plain = model.verbs;
        for (const Completed& option : model.options) {
            plain += option.names;
            if (!option.takesValue)
                continue;
            QStringList patterns;
            for (const QString& name : option.names)
                patterns += quotedForShell(model.path + u':' + name);
            values += QStringLiteral("        %1) mapfile -t COMPREPLY < <(%2); return ;;\n")
                          .arg(patterns.join(u'|'), bashValue(option));
        }
        QString files;
        for (const Completed& argument : model.arguments) {
            plain += wordsOf(argument);
            files = argument.kind == Kind::File ? QStringLiteral("; compgen -f -- \"$cur\"") : files;
        }
        words += QStringLiteral("        '%1') mapfile -t COMPREPLY < <(compgen -W \"%2\" -- \"$cur\"%3) ;;\n")
                     .arg(model.path, plain.join(u' '), files);
        if (!model.path.isEmpty())
            paths += quotedForShell(model.path);
    }
    return QStringLiteral(R"(# bash completion for weir: weir completion bash > ~/.local/share/bash-completion/completions/weir
_weir() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path='' word i
    for ((i = 1; i < COMP_CWORD; ++i)); do
        word=${COMP_WORDS[i]}
        case "${path:+$path }$word" in
            %1) path="${path:+$path }$word" ;;
        esac
    done
    case "$path:$previous" in
%2    esac
    case "$path" in
%3    esac
}
complete -o filenames -F _weir weir
)")
        .arg(paths.join(u'|'), values, words);
}

QString zshCompletion(const CLI::App& root)
{
    const auto escaped = [](QString text) {
        return text.replace(u'\\', QStringLiteral("\\\\"))
            .replace(u'\'', QStringLiteral("'\\''"))
            .replace(u':', QStringLiteral("\\:"))
            .replace(u'[', QStringLiteral("\\["))
            .replace(u']', QStringLiteral("\\]"));
    };
    const auto action = [](const Completed& one) {
        if (one.kind == Kind::File)
            return QStringLiteral("_files");
        if (one.kind == Kind::Folder)
            return QStringLiteral("_files -/");
        const QStringList words = wordsOf(one);
        return words.isEmpty() ? QStringLiteral(" ") : QStringLiteral("(%1)").arg(words.join(u' '));
    };
    QString cases;
    QStringList paths;
    for (const VerbModel& model : models(root)) {
        QString body;
        if (!model.verbs.isEmpty()) {
            QStringList entries;
            for (qsizetype i = 0; i < model.verbs.size(); ++i)
                entries += QStringLiteral("'%1:%2'").arg(model.verbs[i], escaped(model.verbHelps[i]));
            body = QStringLiteral("            local -a verbs=(%1); _describe verb verbs\n").arg(entries.join(u' '));
        }
        QStringList specs;
        for (const Completed& option : model.options) {
            for (const QString& name : option.names)
                specs += QStringLiteral("'*%1[%2]%3'")
                             .arg(name, escaped(option.help),
                                 option.takesValue ? QStringLiteral(":value:") + action(option) : QString());
        }
        for (const Completed& argument : model.arguments)
            specs += QStringLiteral("'*:argument:%1'").arg(action(argument));
        body += QStringLiteral("            _arguments %1\n").arg(specs.join(u' '));
        cases += QStringLiteral("        '%1')\n%2            ;;\n").arg(model.path, body);
        if (!model.path.isEmpty())
            paths += quotedForShell(model.path);
    }
    return QStringLiteral(R"(#compdef weir
# zsh completion for weir: weir completion zsh > "${fpath[1]}/_weir"
_weir() {
    local spoken='' word
    for word in "${words[@]:1:$((CURRENT - 2))}"; do
        case "${spoken:+$spoken }$word" in
            %1) spoken="${spoken:+$spoken }$word" ;;
        esac
    done
    case "$spoken" in
%2    esac
}
if [ "$funcstack[1]" = _weir ]; then _weir "$@"; else compdef _weir weir; fi
)")
        .arg(paths.join(u'|'), cases);
}

QString fishCompletion(const CLI::App& root)
{
    QString out = QStringLiteral(
        "# fish completion for weir: weir completion fish > ~/.config/fish/completions/weir.fish\ncomplete -c weir -f\n");
    for (const VerbModel& model : models(root)) {
        const QStringList path = model.path.split(u' ', Qt::SkipEmptyParts);
        QString when = QStringLiteral("__fish_use_subcommand");
        if (!path.isEmpty())
            when = QStringLiteral("__fish_seen_subcommand_from %1")
                       .arg(path.join(QStringLiteral("; and __fish_seen_subcommand_from ")));
        // A verb below another is offered only until it is there.
        QString whenVerb = when;
        if (!path.isEmpty() && !model.verbs.isEmpty())
            whenVerb += QStringLiteral("; and not __fish_seen_subcommand_from ") + model.verbs.join(u' ');
        if (model.path == u"help")
            whenVerb = when;
        for (qsizetype i = 0; i < model.verbs.size(); ++i)
            out += QStringLiteral("complete -c weir -n '%1' -a %2 -d %3\n")
                       .arg(whenVerb, model.verbs[i], quotedForShell(model.verbHelps[i]));
        for (const Completed& option : model.options) {
            QString line = QStringLiteral("complete -c weir");
            if (!path.isEmpty())
                line += QStringLiteral(" -n '%1'").arg(when);
            for (const QString& name : option.names)
                line += name.startsWith(QStringLiteral("--")) ? QStringLiteral(" -l ") + name.mid(2)
                                                              : QStringLiteral(" -s ") + name.mid(1);
            if (option.takesValue)
                line += option.kind == Kind::File ? QStringLiteral(" -r -F")
                    : option.kind == Kind::Folder ? QStringLiteral(" -x -a '(__fish_complete_directories)'")
                                                  : QStringLiteral(" -x")
                        + (wordsOf(option).isEmpty() ? QString() : QStringLiteral(" -a '%1'").arg(wordsOf(option).join(u' ')));
            out += line + QStringLiteral(" -d ") + quotedForShell(option.help) + u'\n';
        }
        for (const Completed& argument : model.arguments) {
            if (argument.kind == Kind::File)
                out += QStringLiteral("complete -c weir -n '%1' -F\n").arg(when);
            else if (const QStringList words = wordsOf(argument); !words.isEmpty())
                out += QStringLiteral("complete -c weir -n '%1' -a '%2'\n").arg(when, words.join(u' '));
        }
    }
    return out;
}

} // namespace weir
