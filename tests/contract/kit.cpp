#include "contract/kit.h"

#include "test_paths.h"

#include <QFile>
#include <QJsonDocument>
#include <QProcess>

#include <gtest/gtest.h>

namespace weir::test {

namespace {

constexpr int kPatience = 110'000;

/// The worst of a rule.
QJsonObject findingOf(const QJsonArray& findings, const QString& rule)
{
    QJsonObject found;
    for (const QJsonValue& each : findings)
        if (each[u"rule"].toString() == rule && (found.isEmpty() || each[u"outcome"].toString() == u"broken"))
            found = each.toObject();
    return found;
}

void write(const QString& path, const QJsonObject& object)
{
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(QJsonDocument(object).toJson());
}

} // namespace

QString Kit::Checked::outcome(const QString& rule) const { return findingOf(findings, rule)[u"outcome"].toString(); }
QString Kit::Checked::detail(const QString& rule) const { return findingOf(findings, rule)[u"detail"].toString(); }

Kit::Kit() { EXPECT_TRUE(folder_.isValid()); }

QString Kit::own(const QString& name) { return QStringLiteral(WEIR_BUILD_DIR "/lib/weir/plugins/weir-%1.so").arg(name); }
QString Kit::forTests(const QString& name) { return QStringLiteral(WEIR_BUILD_DIR "/tests/plugins/weir-%1.so").arg(name); }

void Kit::configure(const QJsonObject& settings) { write(path(QStringLiteral("config.json")), settings); }

Kit::Checked Kit::check(const QString& library, const QJsonObject& addresses)
{
    const QString list = path(QStringLiteral("addresses.json"));
    write(list, addresses);
    QProcess weir;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("WEIR_HOME"), folder_.path());
    environment.insert(QStringLiteral("HOME"), folder_.path());
    weir.setProcessEnvironment(environment);
    weir.start(QStringLiteral(WEIR_BUILD_DIR "/bin/weir"),
        {QStringLiteral("plugin"), QStringLiteral("check"), library, QStringLiteral("--urls"), list, QStringLiteral("--json")});
    if (!weir.waitForFinished(kPatience))
        weir.kill();
    weir.waitForFinished();
    Checked checked;
    checked.status = weir.exitStatus() == QProcess::NormalExit ? weir.exitCode() : -1;
    checked.findings = QJsonDocument::fromJson(weir.readAllStandardOutput()).object()[u"findings"].toArray();
    checked.errors = weir.readAllStandardError();
    return checked;
}

void expectKept(const Kit::Checked& checked)
{
    EXPECT_EQ(checked.status, 0) << checked.errors.toStdString();
    for (const char* rule : {"opens", "download", "answers", "stop at once", "stop", "resume", "leaks"})
        EXPECT_EQ(checked.outcome(QLatin1String(rule)), "kept")
            << rule << ": " << checked.detail(QLatin1String(rule)).toStdString();
    for (const QJsonValue& each : checked.findings)
        EXPECT_NE(each[u"outcome"].toString(), "broken") << QJsonDocument(each.toObject()).toJson().toStdString();
}

} // namespace weir::test
