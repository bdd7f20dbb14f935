// bdecode: any bencoded file as text or JSON.

#include "bencode_view.h"
#include "cli.h"
#include "fetch_bytes.h"
#include "text.h"
#include "tool_verbs.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace weir {

namespace {

constexpr qint64 kMostBytes = 256 << 20;
constexpr qsizetype kShownBytes = 32;

class BdecodeVerb final : public Verbs {
public:
    explicit BdecodeVerb(Cli& cli) : cli_(cli)
    {
        CLI::App* verb = cli.verb(
            nullptr, "bdecode", "What a bencoded file (torrent, resume data, tracker reply) holds", [this] { return run(); });
        verb->add_option("file", file_, "Which; - is standard input")->type_name("FILE")->required();
        verb->add_flag("--full", full_, "Show all bytes of binary strings, not only the first 32");
    }

private:
    Result<int> run()
    {
        const auto bytes = readFile(QString::fromStdString(file_), kMostBytes);
        if (!bytes)
            return failure(bytes.error());
        BencodeRemarks remarks;
        const auto value = readBencode(*bytes, {.bytes = kMostBytes}, &remarks);
        if (!value)
            return failure(value.error());
        if (cli_.json())
            cli_.out().line(jsonText(bencodeJson(*value)));
        else
            cli_.out().write(bencodeLines(*value, full_ ? 0 : kShownBytes));
        for (const QString& remark : remarks)
            cli_.err().line(QStringLiteral("weir: ") + remark);
        return 0;
    }

    /// Also of a value that is no document.
    static QString jsonText(const QJsonValue& value)
    {
        if (value.isObject())
            return QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact));
        const QByteArray list =
            QJsonDocument(value.isArray() ? value.toArray() : QJsonArray{value}).toJson(QJsonDocument::Compact);
        return QString::fromUtf8(value.isArray() ? list : list.sliced(1, list.size() - 2));
    }

    Cli& cli_;
    std::string file_;
    bool full_ = false;
};

} // namespace

std::unique_ptr<Verbs> toolVerbs(Cli& cli) { return std::make_unique<BdecodeVerb>(cli); }

} // namespace weir
