// docs/errors.md and docs/settings.md are printed from their tables; this test fails when they are not.
#include "base/error_docs.h"
#include "config/settings_docs.h"
#include "test_paths.h"

#include <QFile>

#include <gtest/gtest.h>

namespace weir {
namespace {

void expectDocument(const QString& name, const QString& wanted)
{
    QFile file(QStringLiteral(WEIR_SOURCE_DIR "/docs/") + name);
    if (qEnvironmentVariableIsSet("WEIR_UPDATE_DOCS")) {
        ASSERT_TRUE(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(wanted.toUtf8());
        return;
    }
    ASSERT_TRUE(file.open(QIODevice::ReadOnly)) << "run this test once with WEIR_UPDATE_DOCS=1";
    EXPECT_TRUE(QString::fromUtf8(file.readAll()) == wanted)
        << name.toStdString() << ": run this test once with WEIR_UPDATE_DOCS=1";
}

TEST(Docs, ErrorsAreMadeFromTheCatalogue) { expectDocument(QStringLiteral("errors.md"), errorsMarkdown()); }
TEST(Docs, SettingsAreMadeFromTheSchema) { expectDocument(QStringLiteral("settings.md"), settingsMarkdown()); }

} // namespace
} // namespace weir
