// browser install, uninstall, doctor.

#include "browser_doctor.h"
#include "cli.h"
#include "platform/process.h"
#include "text.h"

#include <QJsonArray>

namespace weir {

namespace {

std::string browserNames()
{
    std::string names;
    for (const Browser& browser : browsers())
        names += (names.empty() ? "" : "|") + std::string(browser.name);
    return names;
}

/// What was done in one folder.
struct Step {
    const Browser* browser;
    QString file;
    QString did; ///< "written", "unchanged", "removed", "refused"
    QString note;
};

QJsonObject toJson(const Step& step)
{
    return {{QStringLiteral("browser"), QLatin1String(step.browser->name)}, {QStringLiteral("file"), step.file},
        {QStringLiteral("did"), step.did}, {QStringLiteral("note"), step.note}};
}

const char* toString(Link::State state)
{
    switch (state) {
    case Link::State::Ok: return "ok";
    case Link::State::Broken: return "broken";
    case Link::State::Unknown: break;
    }
    return "unknown";
}

QJsonObject toJson(const BrowserFacts& browser, const std::vector<Link>& links)
{
    QJsonArray rows;
    for (const Link& link : links)
        rows.append(
            QJsonObject{{QStringLiteral("name"), link.name}, {QStringLiteral("state"), QLatin1String(toString(link.state))},
                {QStringLiteral("detail"), link.detail}, {QStringLiteral("remedy"), link.remedy}});
    const Link* broken = brokenLink(links);
    return {{QStringLiteral("browser"), browser.name}, {QStringLiteral("title"), browser.title},
        {QStringLiteral("broken"), broken ? QJsonValue(broken->name) : QJsonValue()}, {QStringLiteral("links"), rows}};
}

class BrowserVerbs final : public Verbs {
public:
    explicit BrowserVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* browser = cli.verb(nullptr, "browser", "The browsers that may hand downloads over");
        CLI::App* install =
            cli.verb(browser, "install", "Let browsers find weir: all that are here", [this] { return this->install(); });
        CLI::App* uninstall =
            cli.verb(browser, "uninstall", "Take back what install has written", [this] { return this->uninstall(); });
        CLI::App* doctor =
            cli.verb(browser, "doctor", "Find the broken link between extension and daemon", [this] { return this->doctor(); });
        for (CLI::App* one : {install, uninstall, doctor})
            one->add_option("--browser", names_, "Only this one; may be given several times")->type_name(browserNames());
        for (CLI::App* one : {install, uninstall})
            one->add_flag("--system", system_, "For all users of this computer");
        install->add_flag("--force", force_, "Replace what weir has not written");
        doctor->add_flag("--all", all_, "Also browsers that are not here");
    }

private:
    Result<int> install();
    Result<int> uninstall();
    Result<int> doctor();
    /// Those that were named, or all that `wanted` likes.
    template <class Wanted> Result<std::vector<const Browser*>> chosen(Wanted wanted) const;
    Result<void> installOne(const Browser& browser, std::vector<Step>& steps);
    Result<void> uninstallOne(const Browser& browser, std::vector<Step>& steps);
    int report(const std::vector<Step>& steps, const std::optional<Error>& worst);
    void show(const BrowserFacts& browser, const std::vector<Link>& links);

    Cli& cli_;
    const BrowserRoots roots_ = BrowserRoots::ofUser();
    std::vector<std::string> names_;
    bool system_ = false, force_ = false, all_ = false;
};

template <class Wanted> Result<std::vector<const Browser*>> BrowserVerbs::chosen(Wanted wanted) const
{
    std::vector<const Browser*> out;
    for (const std::string& name : names_) {
        const auto browser = browserNamed(QString::fromStdString(name));
        if (!browser)
            return failure(browser.error());
        out.push_back(*browser);
    }
    if (names_.empty())
        for (const Browser& browser : browsers())
            if (wanted(browser))
                out.push_back(&browser);
    return out;
}

Result<int> BrowserVerbs::install()
{
    const auto found = chosen([this](const Browser& browser) { return isPresent(browser, roots_); });
    if (!found)
        return failure(found.error());
    if (found->empty())
        return failure(Code::NoBrowserFound);
    std::vector<Step> steps;
    std::optional<Error> worst;
    for (const Browser* browser : *found)
        if (auto ok = installOne(*browser, steps); !ok)
            worst = ok.error();
    return report(steps, worst);
}

Result<void> BrowserVerbs::installOne(const Browser& browser, std::vector<Step>& steps)
{
    const QString program = programDirectory() + QStringLiteral("/weir");
    const QString wrapper = wrapperPath(browser, roots_);
    QStringList folders = manifestFolders(browser, roots_);
    if (system_)
        folders = {systemManifestFolder(browser, roots_)};
    const bool impossible = !canStartPrograms(browser);
    if (impossible || folders.first().isEmpty()) {
        const QString why = impossible ? limitsOf(browser) : QStringLiteral("it has no place for all users");
        steps.push_back({&browser, {}, QStringLiteral("refused"), why});
        // Among all that are here it is only worth a remark.
        return names_.empty() ? Result<void>() : failure(Code::Unsupported, why);
    }
    if (!wrapper.isEmpty())
        if (auto ok = writeWrapper(wrapper, program); !ok) {
            steps.push_back({&browser, wrapper, QStringLiteral("refused"), describe(ok.error())});
            return ok;
        }
    Result<void> outcome;
    for (const QString& folder : std::as_const(folders)) {
        const auto written = writeManifest(folder, browser.family, wrapper.isEmpty() ? program : wrapper, force_);
        if (!written) {
            steps.push_back({&browser, manifestFile(folder), QStringLiteral("refused"), describe(written.error())});
            outcome = failure(written.error());
            continue;
        }
        steps.push_back({&browser, written->file, written->changed ? QStringLiteral("written") : QStringLiteral("unchanged"),
            limitsOf(browser)});
    }
    return outcome;
}

Result<int> BrowserVerbs::uninstall()
{
    const auto all = chosen([](const Browser&) { return true; });
    if (!all)
        return failure(all.error());
    std::vector<Step> steps;
    std::optional<Error> worst;
    for (const Browser* browser : *all)
        if (auto ok = uninstallOne(*browser, steps); !ok)
            worst = ok.error();
    return report(steps, worst);
}

Result<void> BrowserVerbs::uninstallOne(const Browser& browser, std::vector<Step>& steps)
{
    QStringList folders = everyManifestFolder(browser, roots_);
    if (system_)
        folders = {systemManifestFolder(browser, roots_)};
    folders.removeAll(QString());
    Result<void> outcome;
    const auto note = [&](const QString& file, const Result<bool>& removed) {
        if (!removed) {
            steps.push_back({&browser, file, QStringLiteral("refused"), describe(removed.error())});
            outcome = failure(removed.error());
        } else if (*removed) {
            steps.push_back({&browser, file, QStringLiteral("removed"), {}});
        }
    };
    for (const QString& folder : std::as_const(folders))
        note(manifestFile(folder), removeManifest(folder));
    if (const QString wrapper = wrapperPath(browser, roots_); !wrapper.isEmpty() && !system_)
        note(wrapper, removeWrapper(wrapper));
    return outcome;
}

int BrowserVerbs::report(const std::vector<Step>& steps, const std::optional<Error>& worst)
{
    if (cli_.json()) {
        QJsonArray rows;
        for (const Step& step : steps)
            rows.append(toJson(step));
        cli_.printJson(rows);
    } else {
        for (const Step& step : steps) {
            const QString file = step.file.isEmpty() ? QString() : QStringLiteral(": ") + printable(step.file);
            cli_.out().line(step.did + u' ' + QLatin1String(step.browser->title) + file);
            if (!step.note.isEmpty())
                cli_.out().line(QStringLiteral("  ") + printable(step.note));
        }
        if (steps.empty())
            cli_.err().line(QStringLiteral("nothing of weir was there"));
    }
    return worst ? errorRow(worst->code).exitStatus : 0;
}

Result<int> BrowserVerbs::doctor()
{
    const auto found = chosen([this](const Browser& browser) { return all_ || isPresent(browser, roots_); });
    if (!found)
        return failure(found.error());
    if (found->empty())
        return failure(Code::NoBrowserFound);
    const HostFacts host = lookAtHost();
    QJsonArray rows;
    bool well = true;
    for (const Browser* browser : *found) {
        const BrowserFacts facts = lookAt(*browser, roots_, host.program);
        const std::vector<Link> links = diagnose(facts, host);
        well = well && !brokenLink(links);
        if (cli_.json())
            rows.append(toJson(facts, links));
        else
            show(facts, links);
    }
    if (cli_.json())
        cli_.printJson(rows);
    return well ? 0 : 1;
}

void BrowserVerbs::show(const BrowserFacts& browser, const std::vector<Link>& links)
{
    constexpr int kStateWidth = 8, kNameWidth = 10;
    Output& out = cli_.out();
    out.line(out.paint(Colour::Bold, browser.title));
    for (const Link& link : links) {
        const Colour colour = link.state == Link::State::Ok ? Colour::Green
            : link.state == Link::State::Broken             ? Colour::Red
                                                            : Colour::Yellow;
        out.line(QStringLiteral("  %1%2 %3")
                     .arg(out.paint(colour, padded(QLatin1String(toString(link.state)), kStateWidth)),
                         padded(link.name, kNameWidth), printable(link.detail)));
        if (!link.remedy.isEmpty() && link.state != Link::State::Ok)
            out.line(QString(kStateWidth + kNameWidth + 3, u' ') + printable(link.remedy));
    }
}

} // namespace

std::unique_ptr<Verbs> browserVerbs(Cli& cli) { return std::make_unique<BrowserVerbs>(cli); }

} // namespace weir
