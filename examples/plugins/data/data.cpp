// data: URLs (RFC 2397) for weir: a task of one's own, without any network. run() is the whole download.

#include <weir/plugin.h>

namespace {

using namespace weir;

struct Contents {
    QString mime;
    QByteArray bytes;
};

/// "data:[type][;base64],bytes"
Result<Contents> parse(const QUrl& url)
{
    const QByteArray text = url.toEncoded(QUrl::RemoveFragment).mid(5);
    const qsizetype comma = text.indexOf(',');
    if (comma < 0)
        return failure(Code::BadUrl, QStringLiteral("a data URL has a comma in front of its bytes"));
    QByteArray type = text.left(comma);
    const QByteArray bytes = QByteArray::fromPercentEncoding(text.mid(comma + 1));
    if (!type.endsWith(";base64"))
        return Contents{QString::fromLatin1(type), bytes};
    type.chop(7);
    const auto decoded = QByteArray::fromBase64Encoding(bytes, QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded)
        return failure(Code::BadUrl, QStringLiteral("its base64 is damaged"));
    return Contents{QString::fromLatin1(type), *decoded};
}

class DataTask final : public DownloadTask {
public:
    Result<void> run(TaskContext& ctx) override
    {
        const auto contents = parse(ctx.spec().url);
        if (!contents)
            return failure(contents.error());
        TaskInfo info{.name = QStringLiteral("data"), .size = contents->bytes.size()};
        info.mime = contents->mime.section(QLatin1Char(';'), 0, 0);
        const auto choice = ctx.describe(info); // the host makes the name safe and unique
        if (!choice)
            return failure(choice.error());
        const auto file = ctx.open(choice->name, contents->bytes.size());
        if (!file)
            return failure(file.error());
        return (*file)->write(0, {contents->bytes.constData(), std::size_t(contents->bytes.size())});
    }
};

class DataAdapter final : public ProtocolAdapter {
public:
    explicit DataAdapter(Services&) {}
    int support(const QUrl& url) const override { return url.scheme() == QLatin1String("data") ? 100 : 0; }
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return std::make_unique<DataTask>(); }
    void configureProxy(const ProxyConfig&) override {} // nothing is sent
};

} // namespace

WEIR_PLUGIN(DataAdapter, "data", "1.0", "data", "", "")
