#include "base/json_writer.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <gtest/gtest.h>

#include <limits>

using namespace weir;

namespace {

QByteArray written(const QJsonValue& value)
{
    QByteArray out;
    JsonWriter(out).value(value);
    return out;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong)
{
    QByteArray out;
    JsonWriter writer(out);
    writer.beginObject().key("a").number(qint64(1)).key("b").beginArray().text(u"x").boolean(true).null().endArray();
    writer.key("c").beginObject().endObject().key("d").raw("[1]").endObject();
    EXPECT_EQ(out, R"({"a":1,"b":["x",true,null],"c":{},"d":[1]})");
}

TEST(JsonWriter, WritesWhatQtReadsAsTheSame)
{
    const QJsonObject hard{{QStringLiteral("text \"\\\n\t\u0001 é 日本 😀"), QStringLiteral("\u007f\u0080\uffff")},
        {QStringLiteral("numbers"), QJsonArray{0, -1, 1.5, 1e300, -2.25e-10, Q_INT64_C(9'007'199'254'740'991)}},
        {QStringLiteral("nested"),
            QJsonObject{{QStringLiteral("empty"), QJsonArray()}, {QStringLiteral("no"), false}, {QString(), QJsonValue()}}}};
    const QByteArray json = written(hard);
    QJsonParseError error;
    EXPECT_EQ(QJsonDocument::fromJson(json, &error).object(), hard) << json.toStdString();
    EXPECT_EQ(error.error, QJsonParseError::NoError);
}

TEST(JsonWriter, HalfASurrogatePairBecomesAReplacement)
{
    const QString half = QStringLiteral("a") + QChar(0xd83d) + QStringLiteral("b") + QChar(0xde00);
    EXPECT_EQ(written(half),
        "\"a\xef\xbf\xbd"
        "b\xef\xbf\xbd\"");
}

TEST(JsonWriter, LongTextsAreWhole)
{
    const QString text = QString(1000, u'x') + u'"' + QString(511, u'y');
    EXPECT_EQ(QJsonDocument::fromJson("[" + written(text) + "]").array().first().toString(), text);
}

TEST(JsonWriter, NumbersThatAreNoneBecomeNull)
{
    QByteArray out;
    JsonWriter(out).number(std::numeric_limits<double>::infinity());
    EXPECT_EQ(out, "null");
}

} // namespace
