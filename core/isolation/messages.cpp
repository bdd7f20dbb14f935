#include "isolation/messages.h"

#include <QCborArray>
#include <QCborStreamReader>
#include <QJsonObject>

#include <limits>

namespace weir {

namespace {

constexpr int kMostElements = 1'000'000; ///< each takes some 20 bytes when it is read
constexpr int kMostNested = 32;

/// Counts what reading it would make, before any of it is made.
bool isPlausible(QCborStreamReader& reader, int& elements, int nested)
{
    while (reader.isValid() && reader.hasNext()) {
        if (++elements > kMostElements || nested > kMostNested)
            return false;
        if (reader.isContainer()) {
            if (!reader.enterContainer() || !isPlausible(reader, elements, nested + 1) || !reader.leaveContainer())
                return false;
        } else if (!reader.next()) {
            return false;
        }
    }
    return reader.lastError() == QCborError::NoError;
}

int toInt(qint64 number)
{
    return int(std::clamp<qint64>(number, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

template <class List, class Make> QCborArray arrayOf(const List& list, Make make)
{
    QCborArray array;
    for (const auto& each : list)
        array.append(make(each));
    return array;
}
template <class List, class Make> List listFrom(const QCborValue& array, Make make)
{
    List list;
    const QCborArray values = array.toArray();
    for (const QCborValue& each : values)
        list.append(make(each));
    return list;
}

QCborArray toCbor(const Headers& headers)
{
    return arrayOf(headers, [](const auto& header) { return QCborValue(QCborArray{header.first, header.second}); });
}
Headers headersFrom(const QCborValue& array)
{
    return listFrom<Headers>(array, [](const QCborValue& pair) {
        const QCborArray both = pair.toArray();
        return qMakePair(both.at(0).toByteArray(), both.at(1).toByteArray());
    });
}

QCborArray toCbor(const QList<QUrl>& urls)
{
    return arrayOf(urls, [](const QUrl& url) { return QCborValue(urlText(url)); });
}
QList<QUrl> urlsFrom(const QCborValue& array)
{
    return listFrom<QList<QUrl>>(array, [](const QCborValue& url) { return QUrl(url.toString()); });
}

QCborMap toCbor(const RequestContext& request)
{
    return fields({{"method", request.method}, {"body", request.body}, {"headers", toCbor(request.headers)},
        {"user", request.auth.user}, {"password", request.auth.password}, {"bearer", request.auth.bearer},
        {"netrc", request.auth.netrc}, {"proxy", toCbor(request.proxy)}, {"caFile", request.tls.caFile},
        {"certificate", request.tls.clientCertificate}, {"key", request.tls.clientKey}, {"insecure", request.tls.insecure},
        {"userAgent", request.userAgent}, {"bindTo", request.bindTo},
        {"cookies", arrayOf(request.cookies ? request.cookies->lines() : QList<QByteArray>(), [](const QByteArray& line) {
             return QCborValue(line);
         })}});
}
std::shared_ptr<const RequestContext> requestFrom(const QCborMap& map)
{
    auto request = std::make_shared<RequestContext>();
    request->method = bytesIn(map, "method");
    request->body = bytesIn(map, "body");
    request->headers = headersFrom(field(map, "headers"));
    request->auth = {textIn(map, "user"), textIn(map, "password"), bytesIn(map, "bearer"), flagIn(map, "netrc")};
    request->proxy = proxyFrom(mapIn(map, "proxy"));
    request->tls = {textIn(map, "caFile"), textIn(map, "certificate"), textIn(map, "key"), flagIn(map, "insecure")};
    request->userAgent = textIn(map, "userAgent");
    request->bindTo = textIn(map, "bindTo");
    request->cookies = std::make_shared<CookieJar>();
    request->cookies->set(
        listFrom<QList<QByteArray>>(field(map, "cookies"), [](const QCborValue& line) { return line.toByteArray(); }));
    return request;
}

QCborArray toCbor(const QList<ExpectedDigest>& digests)
{
    return arrayOf(digests, [](const ExpectedDigest& digest) {
        return QCborValue(QCborArray{digest.algorithm, digest.value});
    });
}
QList<ExpectedDigest> digestsFrom(const QCborValue& array)
{
    return listFrom<QList<ExpectedDigest>>(array, [](const QCborValue& pair) {
        return ExpectedDigest{pair.toArray().at(0).toByteArray(), pair.toArray().at(1).toByteArray()};
    });
}

QCborMap toCbor(const DescribedFile& file)
{
    return fields({{"name", file.name}, {"size", file.size}, {"digests", toCbor(file.digests)},
        {"pieceAlgorithm", file.pieces.algorithm}, {"pieceLength", file.pieces.length},
        {"pieces", arrayOf(file.pieces.digests, [](const QByteArray& digest) { return QCborValue(digest); })},
        {"sources", toCbor(file.sources)}});
}
DescribedFile describedFileFrom(const QCborMap& map)
{
    DescribedFile file;
    file.name = textIn(map, "name");
    file.size = std::max<qint64>(-1, numberIn(map, "size", -1));
    file.digests = digestsFrom(field(map, "digests"));
    file.pieces.algorithm = bytesIn(map, "pieceAlgorithm");
    file.pieces.length = std::max<qint64>(0, numberIn(map, "pieceLength"));
    file.pieces.digests =
        listFrom<QList<QByteArray>>(field(map, "pieces"), [](const QCborValue& digest) { return digest.toByteArray(); });
    file.sources = urlsFrom(field(map, "sources"));
    return file;
}

qint64 toMs(std::chrono::system_clock::time_point time)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

} // namespace

Result<QCborMap> decodeMessage(const QByteArray& bytes)
{
    QCborStreamReader reader(bytes);
    int elements = 0;
    if (!reader.isMap() || !isPlausible(reader, elements, 0))
        return failure(Code::PluginAnswerBad, QStringLiteral("a message that can't be read"));
    QCborParserError error;
    const QCborValue value = QCborValue::fromCbor(bytes, &error);
    if (error.error != QCborError::NoError || !value.isMap())
        return failure(Code::PluginAnswerBad, error.errorString());
    return value.toMap();
}

QCborMap toCbor(const Error& error)
{
    QCborMap map = fields({{"code", int(error.code)}, {"detail", error.detail}, {"native", error.native}});
    if (error.notBefore)
        map.insert(QLatin1StringView("notBefore"), toMs(*error.notBefore));
    return map;
}

Error errorFrom(const QCborMap& map)
{
    const ErrorRow* row = findErrorRow(toInt(numberIn(map, "code", -1)));
    if (!row || row->code == Code::Ok)
        return Error{Code::PluginContract, QStringLiteral("there is no error %1").arg(numberIn(map, "code", -1))};
    Error error{row->code, textIn(map, "detail"), toInt(numberIn(map, "native"))};
    // A clock of this program counts nanoseconds: a moment far away would wrap around.
    constexpr qint64 kFarAway = 4'000'000'000'000;
    if (const qint64 at = numberIn(map, "notBefore"); at > 0 && at < kFarAway)
        error.notBefore = std::chrono::system_clock::time_point(std::chrono::milliseconds(at));
    return error;
}

QCborMap toCbor(const Result<void>& outcome) { return outcome ? QCborMap() : fields({{"error", toCbor(outcome.error())}}); }

Result<void> outcomeFrom(const QCborMap& map)
{
    if (!field(map, "error").isMap())
        return {};
    return failure(errorFrom(mapIn(map, "error")));
}

QCborMap toCbor(const TaskSpec& spec)
{
    QCborMap map = fields({{"id", spec.id}, {"url", urlText(spec.url)}, {"mirrors", toCbor(spec.mirrors)},
        {"request", toCbor(spec.request ? *spec.request : RequestContext())}, {"mime", spec.mime},
        {"directory", spec.directory}, {"name", spec.name}, {"crowded", spec.crowded}, {"connections", spec.connections},
        {"weights", QCborArray{spec.weights.bandwidth, spec.weights.latency, spec.weights.success}},
        {"options", QCborMap::fromJsonObject(spec.options)}, {"digests", toCbor(spec.digests)}});
    if (spec.prefetched)
        map.insert(QLatin1StringView("prefetched"), toCbor(*spec.prefetched));
    return map;
}

TaskSpec taskSpecFrom(const QCborMap& map)
{
    TaskSpec spec;
    spec.id = numberIn(map, "id");
    spec.url = urlIn(map, "url");
    spec.mirrors = urlsFrom(field(map, "mirrors"));
    spec.request = requestFrom(mapIn(map, "request"));
    spec.mime = textIn(map, "mime");
    spec.directory = textIn(map, "directory");
    spec.name = textIn(map, "name");
    spec.crowded = flagIn(map, "crowded");
    spec.connections = toInt(numberIn(map, "connections"));
    const QCborArray weights = field(map, "weights").toArray();
    spec.weights = {weights.at(0).toDouble(), weights.at(1).toDouble(), weights.at(2).toDouble()};
    spec.options = mapIn(map, "options").toJsonObject();
    spec.digests = digestsFrom(field(map, "digests"));
    if (field(map, "prefetched").isMap())
        spec.prefetched = prefetchedFrom(mapIn(map, "prefetched"));
    return spec;
}

QCborMap toCbor(const TaskInfo& info)
{
    return fields({{"name", info.name}, {"size", info.size}, {"mime", info.mime}, {"resumable", info.resumable},
        {"verifiable", info.verifiable},
        {"files",
            arrayOf(info.files,
                [](const FileItem& file) {
                    return QCborValue(QCborArray{file.path, file.size});
                })},
        {"variants", arrayOf(info.variants, [](const Variant& variant) {
             return QCborValue(QCborArray{variant.label, variant.language, variant.bitrate, variant.codecs});
         })}});
}

TaskInfo taskInfoFrom(const QCborMap& map)
{
    TaskInfo info;
    info.name = textIn(map, "name");
    info.size = std::max<qint64>(-1, numberIn(map, "size", -1));
    info.mime = textIn(map, "mime");
    info.resumable = flagIn(map, "resumable");
    info.verifiable = flagIn(map, "verifiable");
    info.files = listFrom<QList<FileItem>>(field(map, "files"), [](const QCborValue& file) {
        return FileItem{file.toArray().at(0).toString(), std::max<qint64>(-1, file.toArray().at(1).toInteger(-1))};
    });
    info.variants = listFrom<QList<Variant>>(field(map, "variants"), [](const QCborValue& variant) {
        const QCborArray parts = variant.toArray();
        return Variant{parts.at(0).toString(), parts.at(1).toString(), parts.at(2).toInteger(), parts.at(3).toString()};
    });
    return info;
}

QCborMap toCbor(const Choice& choice)
{
    const auto number = [](int value) { return QCborValue(value); };
    return fields(
        {{"name", choice.name}, {"files", arrayOf(choice.files, number)}, {"variants", arrayOf(choice.variants, number)}});
}

Choice choiceFrom(const QCborMap& map)
{
    const auto number = [](const QCborValue& value) { return toInt(value.toInteger()); };
    return {textIn(map, "name"), listFrom<QList<int>>(field(map, "files"), number),
        listFrom<QList<int>>(field(map, "variants"), number)};
}

QCborMap toCbor(const Activity& activity)
{
    return fields({{"phase", activity.phase}, {"done", activity.done}, {"total", activity.total},
        {"rateDown", activity.rateDown}, {"rateUp", activity.rateUp}, {"uploaded", activity.uploaded},
        {"connections", activity.connections}, {"trouble", activity.trouble},
        {"details", QCborMap::fromJsonObject(activity.details)},
        {"files",
            arrayOf(activity.files,
                [](const FileState& file) {
                    return QCborValue(QCborArray{file.path, file.size, file.done});
                })},
        {"sources", arrayOf(activity.sources, [](const SourceState& source) {
             return QCborValue(QCborArray{urlText(source.url), source.score, source.rate, source.errors, source.connections});
         })}});
}

Activity activityFrom(const QCborMap& map)
{
    Activity activity;
    const auto amount = [&](const char* name) { return std::max<qint64>(-1, numberIn(map, name, -1)); };
    activity.phase = textIn(map, "phase");
    activity.done = amount("done");
    activity.total = amount("total");
    activity.rateDown = amount("rateDown");
    activity.rateUp = std::max<qint64>(0, amount("rateUp"));
    activity.uploaded = std::max<qint64>(0, amount("uploaded"));
    activity.connections = std::max(0, toInt(numberIn(map, "connections")));
    activity.trouble = textIn(map, "trouble");
    activity.details = mapIn(map, "details").toJsonObject();
    activity.files = listFrom<QList<FileState>>(field(map, "files"), [](const QCborValue& file) {
        const QCborArray parts = file.toArray();
        return FileState{parts.at(0).toString(), parts.at(1).toInteger(-1), parts.at(2).toInteger()};
    });
    activity.sources = listFrom<QList<SourceState>>(field(map, "sources"), [](const QCborValue& source) {
        const QCborArray parts = source.toArray();
        return SourceState{QUrl(parts.at(0).toString()), parts.at(1).toDouble(), parts.at(2).toInteger(),
            toInt(parts.at(3).toInteger()), toInt(parts.at(4).toInteger())};
    });
    return activity;
}

QCborMap toCbor(const Prefetched& reply)
{
    QCborMap map = fields({{"finalUrl", urlText(reply.finalUrl)}, {"headers", toCbor(reply.headers)}, {"body", reply.body}});
    if (reply.describes)
        map.insert(QLatin1StringView("describes"), toCbor(*reply.describes));
    return map;
}

Prefetched prefetchedFrom(const QCborMap& map)
{
    Prefetched reply{urlIn(map, "finalUrl"), headersFrom(field(map, "headers")), bytesIn(map, "body"), {}};
    if (field(map, "describes").isMap())
        reply.describes = describedFileFrom(mapIn(map, "describes"));
    return reply;
}

QCborMap toCbor(const QList<DescribedFile>& files)
{
    return fields({{"files", arrayOf(files, [](const DescribedFile& file) { return QCborValue(toCbor(file)); })}});
}

QList<DescribedFile> describedFilesFrom(const QCborMap& map)
{
    return listFrom<QList<DescribedFile>>(
        field(map, "files"), [](const QCborValue& file) { return describedFileFrom(file.toMap()); });
}

QCborMap toCbor(const ProxyConfig& proxy)
{
    return fields({{"url", urlText(proxy.url)}, {"user", proxy.user}, {"password", proxy.password},
        {"bypass", QCborArray::fromStringList(proxy.bypass)}, {"bindTo", proxy.bindTo}});
}

ProxyConfig proxyFrom(const QCborMap& map)
{
    return {urlIn(map, "url"), textIn(map, "user"), textIn(map, "password"),
        listFrom<QStringList>(field(map, "bypass"), [](const QCborValue& host) { return host.toString(); }),
        textIn(map, "bindTo")};
}

QCborMap toCbor(const CurlEngine::Config& network)
{
    return fields({{"proxy", toCbor(network.proxy)}, {"userAgent", network.userAgent}, {"bindTo", network.bindTo},
        {"stallTimeout", qint64(network.stallTimeout.count())}, {"connectTimeout", qint64(network.connectTimeout.count())},
        {"http3", network.http3}});
}

CurlEngine::Config networkFrom(const QCborMap& map)
{
    CurlEngine::Config network;
    network.proxy = proxyFrom(mapIn(map, "proxy"));
    network.userAgent = textIn(map, "userAgent");
    network.bindTo = textIn(map, "bindTo");
    network.stallTimeout = std::chrono::milliseconds(numberIn(map, "stallTimeout"));
    network.connectTimeout = std::chrono::milliseconds(numberIn(map, "connectTimeout"));
    network.http3 = flagIn(map, "http3");
    return network;
}

} // namespace weir
