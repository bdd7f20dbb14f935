#include "browser_doctor.h"

#include "daemon_start.h"
#include "extension_ids.h"
#include "platform/paths.h"
#include "platform/process.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

#include <algorithm>

namespace weir {

namespace {

using S = Link::State;

constexpr qint64 kMaxPreferences = 64 << 20;

QString installCommand(const BrowserFacts& browser, const QString& more = {})
{
    return QStringLiteral("`weir browser install --browser %1%2`").arg(browser.name, more);
}

Link extensionLink(const BrowserFacts& browser)
{
    const QString name = QStringLiteral("extension");
    switch (browser.extension) {
    case Seen::Yes: return {name, S::Ok, browser.profile, {}};
    case Seen::No:
        return {name, S::Broken, QStringLiteral("in no profile of this browser"),
            QStringLiteral("Load it as docs/extension.md says")};
    case Seen::Unknown: break;
    }
    return {name, S::Unknown,
        QStringLiteral("the profiles do not tell: one that was loaded for this session only leaves no mark"),
        QStringLiteral("Look at the browser's page of extensions")};
}

Link manifestLink(const BrowserFacts& browser)
{
    const QString name = QStringLiteral("manifest");
    switch (browser.manifest) {
    case ManifestState::Good: return {name, S::Ok, browser.manifestFile, {}};
    case ManifestState::Missing:
        return {name, S::Broken, QStringLiteral("%1 is not there").arg(browser.manifestFile), installCommand(browser)};
    case ManifestState::Foreign:
        return {name, S::Broken, QStringLiteral("%1 is not weir's").arg(browser.manifestFile),
            installCommand(browser, QStringLiteral(" --force"))};
    case ManifestState::OtherExtension:
        return {
            name, S::Broken, QStringLiteral("%1 is for another extension").arg(browser.manifestFile), installCommand(browser)};
    case ManifestState::OtherProgram: break;
    }
    // Another installation may be just what the user wants: it is broken only if its program is.
    const QString detail = QStringLiteral("%1 starts %2").arg(browser.manifestFile, browser.manifestProgram);
    return {name, browser.programRuns ? S::Ok : S::Broken, detail, browser.programRuns ? QString() : installCommand(browser)};
}

Link hostLink(const BrowserFacts& browser, const HostFacts& host)
{
    const QString name = QStringLiteral("host");
    if (!browser.reachable)
        return {name, S::Broken, browser.limits, QStringLiteral("Install this browser from another kind of package")};
    const bool named = !browser.manifestProgram.isEmpty();
    if (!browser.wrapper.isEmpty() && !browser.wrapperThere)
        return {name, S::Broken, QStringLiteral("%1 is not there").arg(browser.wrapper), installCommand(browser)};
    if (named && !browser.programRuns)
        return {name, S::Broken, QStringLiteral("%1 can't be run").arg(browser.manifestProgram), installCommand(browser)};
    if (host.daemonProgram.isEmpty())
        return {name, S::Broken, QStringLiteral("weir-daemon is not beside %1").arg(host.program),
            QStringLiteral("Install weir again")};
    const QString program = named ? browser.manifestProgram : host.program;
    // What a sandbox allows can't be seen from outside.
    return {name, browser.limits.isEmpty() ? S::Ok : S::Unknown, program, browser.limits};
}

Link socketLink(const HostFacts& host)
{
    const QString name = QStringLiteral("socket");
    if (!host.unreachable || host.unreachable->code == Code::RpcVersion)
        return {name, S::Ok, host.socket, {}};
    if (host.unreachable->code == Code::DaemonNotRunning)
        return {name, S::Ok, QStringLiteral("%1: no daemon runs now; the browser starts it").arg(host.socket), {}};
    return {name, S::Broken, describe(*host.unreachable), QString::fromUtf8(errorRow(host.unreachable->code).hint)};
}

Link daemonLink(const HostFacts& host)
{
    const QString name = QStringLiteral("daemon");
    if (host.unreachable && host.unreachable->code == Code::RpcVersion)
        return {name, S::Broken, describe(*host.unreachable),
            QStringLiteral("`weir daemon stop`: the next use starts the right one")};
    if (host.unreachable)
        return {name, S::Unknown, QStringLiteral("it does not run"), QStringLiteral("`weir daemon start`")};
    if (!host.complaints.isEmpty())
        return {name, S::Broken, host.complaints.join(QStringLiteral("; ")), QStringLiteral("`weir daemon doctor` tells more")};
    return {name, S::Ok, QStringLiteral("version %1").arg(host.daemonVersion), {}};
}

bool mentions(const QString& path, const QByteArray& id)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || file.size() > kMaxPreferences)
        return false;
    return file.readAll().contains(id);
}

/// Chromium keeps what it has loaded in each profile's preferences.
Seen lookInChromium(const QString& root, QString& where)
{
    const QByteArray id = kChromiumExtension;
    bool anyProfile = false;
    const QStringList folders = QDir(root).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString& folder : folders) {
        const QString profile = root + u'/' + folder;
        if (!QFileInfo::exists(profile + QStringLiteral("/Preferences")))
            continue;
        anyProfile = true;
        if (QFileInfo(profile + QStringLiteral("/Extensions/") + QLatin1String(id)).isDir()
            || mentions(profile + QStringLiteral("/Secure Preferences"), id)
            || mentions(profile + QStringLiteral("/Preferences"), id)) {
            where = profile;
            return Seen::Yes;
        }
    }
    return anyProfile ? Seen::No : Seen::Unknown;
}

/// Firefox lists what is installed for good; an extension that was loaded by about:debugging stands nowhere.
Seen lookInFirefox(const QString& root, QString& where)
{
    for (const QString& below : {root, root + QStringLiteral("/firefox")}) {
        const QStringList folders = QDir(below).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        for (const QString& folder : folders) {
            const QString profile = below + u'/' + folder;
            if (mentions(profile + QStringLiteral("/extensions.json"), kFirefoxExtension)) {
                where = profile;
                return Seen::Yes;
            }
        }
    }
    return Seen::Unknown;
}

bool isRunnable(const QString& program) { return QFileInfo(program).isFile() && QFileInfo(program).isExecutable(); }

} // namespace

std::vector<Link> diagnose(const BrowserFacts& browser, const HostFacts& host)
{
    return {extensionLink(browser), manifestLink(browser), hostLink(browser, host), socketLink(host), daemonLink(host)};
}

const Link* brokenLink(const std::vector<Link>& links)
{
    const auto found =
        std::find_if(links.begin(), links.end(), [](const Link& link) { return link.state == Link::State::Broken; });
    return found == links.end() ? nullptr : &*found;
}

BrowserFacts lookAt(const Browser& browser, const BrowserRoots& roots, const QString& program)
{
    BrowserFacts facts;
    facts.name = QLatin1String(browser.name);
    facts.title = QLatin1String(browser.title);
    facts.limits = limitsOf(browser);
    facts.reachable = canStartPrograms(browser);
    const QStringList profiles = profileRoots(browser, roots);
    for (const QString& root : profiles) {
        if (facts.extension == Seen::Yes)
            break;
        facts.extension =
            browser.family == Family::Chromium ? lookInChromium(root, facts.profile) : lookInFirefox(root, facts.profile);
    }
    facts.wrapper = wrapperPath(browser, roots);
    facts.wrapperThere = isRunnable(facts.wrapper);
    const QString wanted = facts.wrapper.isEmpty() ? program : facts.wrapper;
    // The user's own comes before that of all users.
    QStringList folders = manifestFolders(browser, roots);
    if (const QString shared = systemManifestFolder(browser, roots); !shared.isEmpty())
        folders += shared;
    facts.manifestFile = manifestFile(folders.first());
    for (const QString& folder : std::as_const(folders)) {
        const QString file = manifestFile(folder);
        const ManifestState state = manifestState(file, browser.family, wanted);
        if (state == ManifestState::Missing)
            continue;
        facts.manifestFile = file;
        facts.manifest = state;
        break;
    }
    if (facts.manifest != ManifestState::Missing && facts.manifest != ManifestState::Foreign)
        facts.manifestProgram = manifestProgram(facts.manifestFile);
    facts.programRuns = isRunnable(facts.manifestProgram);
    return facts;
}

HostFacts lookAtHost()
{
    HostFacts facts;
    facts.program = programDirectory() + QStringLiteral("/weir");
    facts.daemonProgram = daemonProgram().value_or(QString());
    const auto paths = Paths::locate();
    if (!paths) {
        facts.unreachable = paths.error();
        return facts;
    }
    facts.socket = paths->socket;
    auto client = connectToDaemon();
    if (!client) {
        facts.unreachable = client.error();
        return facts;
    }
    facts.daemonVersion = client->daemonVersion();
    const auto checks = client->call(QStringLiteral("system.doctor"));
    if (!checks) {
        facts.unreachable = checks.error();
        return facts;
    }
    const QJsonArray rows = checks->value(QLatin1String("checks")).toArray();
    for (const QJsonValue& row : rows)
        if (!row[QLatin1String("ok")].toBool())
            facts.complaints +=
                row[QLatin1String("name")].toString() + QStringLiteral(": ") + row[QLatin1String("detail")].toString();
    return facts;
}

} // namespace weir
