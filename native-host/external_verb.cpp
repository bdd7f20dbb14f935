#include "external_verb.h"

#include "platform/process.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace weir {

namespace {

const QLatin1String kPrefix("weir-");

QString folder() { return programDirectory() + QStringLiteral("/../libexec/weir/"); }

} // namespace

QString externalVerb(const QString& verb)
{
    static const QRegularExpression form(QStringLiteral("^[a-z][a-z0-9-]{0,30}$"));
    if (!form.match(verb).hasMatch())
        return {};
    const QString path = folder() + kPrefix + verb;
    const QFileInfo file(path);
    return file.isFile() && file.isExecutable() ? path : QString();
}

QStringList externalVerbs()
{
    QStringList verbs;
    for (const QString& name : QDir(folder()).entryList({kPrefix + u'*'}, QDir::Files | QDir::Executable, QDir::Name)) {
        if (const QString verb = name.mid(kPrefix.size()); !externalVerb(verb).isEmpty())
            verbs += verb;
    }
    return verbs;
}

Result<int> runExternalVerb(const QString& verb, const std::vector<std::string>& arguments)
{
    const QString program = externalVerb(verb);
    std::vector<std::string> words{program.toLocal8Bit().toStdString()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    return failure(
        Code::UnknownVerb, QStringLiteral("%1: %2").arg(program, QString::fromLocal8Bit(std::strerror(errno))), errno);
}

} // namespace weir
