#include "queue/why.h"

#include <QDateTime>
#include <QJsonArray>
#include <QLocale>

namespace weir {

namespace {

class Explanation {
public:
    void add(const char* what, const QString& text)
    {
        if (parts_.isEmpty())
            sentence_ = text;
        parts_.append(QJsonObject{{QStringLiteral("what"), QString::fromLatin1(what)}, {QStringLiteral("text"), text}});
    }
    bool empty() const { return parts_.isEmpty(); }
    QJsonObject finish() { return {{QStringLiteral("sentence"), sentence_}, {QStringLiteral("parts"), parts_}}; }

private:
    QString sentence_;
    QJsonArray parts_;
};

QString rate(qint64 bytesPerSecond)
{
    return QLocale::c().formattedDataSize(bytesPerSecond, 1, QLocale::DataSizeTraditionalFormat) + QStringLiteral("/s");
}

QString sentenceOf(const Error& error)
{
    const ErrorRow& row = errorRow(error.code);
    QString text = describe(error) + u'.';
    if (row.hint && *row.hint)
        text += u' ' + QString::fromUtf8(row.hint) + u'.';
    return text;
}

void explainHolds(const WhyFacts& facts, Explanation& result)
{
    for (const HoldRecord& hold : facts.holds) {
        QString text = QStringLiteral("It is held by %1: %2")
                           .arg(hold.owner, hold.reason.isEmpty() ? QStringLiteral("no reason was given") : hold.reason);
        if (!text.endsWith(u'.'))
            text += u'.';
        if (hold.until > 0)
            text += QStringLiteral(" It goes on at %1.").arg(clockTime(hold.until, facts.now));
        result.add("hold", text);
    }
}

void explainTimes(const WhyFacts& facts, Explanation& result)
{
    if (facts.notBefore > facts.now)
        result.add("retry",
            QStringLiteral("It is tried again at %1 after %2 failure%3 in a row.")
                .arg(clockTime(facts.notBefore, facts.now))
                .arg(facts.attempts)
                .arg(facts.attempts == 1 ? QString() : QStringLiteral("s")));
    if (facts.hostNotBefore > facts.now)
        result.add("host",
            QStringLiteral("%1 asked for a pause until %2.").arg(facts.host, clockTime(facts.hostNotBefore, facts.now)));
}

void explainWaiting(const WhyFacts& facts, Explanation& result)
{
    explainHolds(facts, result);
    if (facts.hanging)
        result.add("hanging", QStringLiteral("Its plugin has not stopped an earlier run yet."));
    explainTimes(facts, result);
    if (!facts.started)
        result.add("queue", QStringLiteral("The queue has not been started yet."));
    if (facts.programFull)
        result.add("connections",
            QStringLiteral("All connections are in use, and %1 task%2 before it.")
                .arg(facts.ahead)
                .arg(facts.ahead == 1 ? QStringLiteral(" comes") : QStringLiteral("s come")));
    else if (facts.hostFull)
        result.add("connections", QStringLiteral("All connections to %1 are in use.").arg(facts.host));
    if (result.empty())
        result.add("start", QStringLiteral("It is about to start."));
    if (facts.error.code != Code::Ok)
        result.add("error", sentenceOf(facts.error));
}

void explainRunning(const WhyFacts& facts, Explanation& result)
{
    if (facts.finishing)
        result.add("finishing", QStringLiteral("All bytes are here; they are being made durable under the final name."));
    else if (facts.stopping)
        result.add("stopping", QStringLiteral("It was asked to stop and is about to."));
    const qint64 limit = facts.ownLimit > 0 ? facts.ownLimit : facts.totalLimit;
    if (limit > 0 && facts.rateDown >= limit - limit / 5)
        result.add("limit",
            QStringLiteral("It is held to %1 by %2.")
                .arg(rate(limit),
                    facts.ownLimit > 0 ? QStringLiteral("its own limit") : QStringLiteral("the limit for all downloads")));
    if (facts.hostNotBefore > facts.now)
        result.add("host",
            QStringLiteral("%1 wants fewer requests until %2.").arg(facts.host, clockTime(facts.hostNotBefore, facts.now)));
    if (!facts.activity.trouble.isEmpty())
        result.add("trouble", facts.activity.trouble);
    int bad = 0;
    for (const SourceState& source : facts.activity.sources)
        bad += source.errors > 0 ? 1 : 0;
    if (bad > 0)
        result.add("sources", QStringLiteral("%1 of %2 sources had errors.").arg(bad).arg(facts.activity.sources.size()));
    const QString phase = facts.activity.phase.isEmpty() ? QStringLiteral("running") : facts.activity.phase;
    result.add("running", QStringLiteral("It is %1, at %2.").arg(phase, rate(facts.rateDown)));
}

} // namespace

QJsonObject explainWhy(const WhyFacts& facts)
{
    Explanation result;
    if (!facts.moving.isEmpty())
        result.add("moving", facts.moving);
    switch (facts.state) {
    case State::Waiting: explainWaiting(facts, result); break;
    case State::Running: explainRunning(facts, result); break;
    case State::Sharing: result.add("sharing", QStringLiteral("It is complete and shares what it has.")); break;
    case State::Choosing: result.add("choice", QStringLiteral("It waits for a choice: answer with `weir choose ID`.")); break;
    case State::Done: result.add("done", QStringLiteral("It is done.")); break;
    case State::Failed: result.add("error", sentenceOf(facts.error)); break;
    }
    return result.finish();
}

QString clockTime(qint64 ms, qint64 now)
{
    const QDateTime when = QDateTime::fromMSecsSinceEpoch(ms);
    const bool today = when.date() == QDateTime::fromMSecsSinceEpoch(now).date();
    return when.toString(today ? QStringLiteral("HH:mm:ss") : QStringLiteral("yyyy-MM-dd HH:mm:ss"));
}

} // namespace weir
