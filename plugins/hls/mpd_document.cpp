#include "hls/mpd_document.h"

#include "hls/m3u8_text.h"
#include "hls/stream_text.h"

#include <QXmlStreamReader>

#include <algorithm>

namespace weir::mpd {

namespace {

// Each is far above what real manifests have and far below what hurts.
constexpr std::size_t kMaxPeriods = 2000, kMaxSets = 500, kMaxRepresentations = 500, kMaxBases = 32, kMaxEvents = 20'000;
constexpr std::size_t kMaxDescriptors = 100;
constexpr qint64 kMaxTotal = 20'000; ///< representations of all periods together
constexpr std::size_t kMaxRuns = 500'000;
constexpr qsizetype kMaxText = 4096;
constexpr qint64 kMaxTime = qint64(1) << 60;
constexpr double kMaxSeconds = 1e11;

class Reader {
public:
    Reader(QByteArrayView text, const QUrl& url) : url_(url) { xml_.addData(text.toByteArray()); }
    Result<Document> document();

private:
    using Kind = SegmentInfo::Kind;

    void readMpd(Document& document);
    void readPeriod(Document& document);
    void readSet(Period& period);
    void readRepresentation(AdaptationSet& set);
    bool readCommon(Common& common);
    void readCommonAttributes(Common& common);
    void readSegmentInfo(SegmentInfo& info, Kind kind);
    std::shared_ptr<const std::vector<Run>> readTimeline();
    void readEvents(Period& period);
    Url readUrl(const char* source, const char* range);
    void readBase(std::vector<Base>& bases);
    void readDescriptor(std::vector<Descriptor>& list);
    QString readText();

    /// Of the children of the current element; false at its end. Every true needs one call that consumes the element.
    bool nextChild();
    bool is(const char* name) const { return xml_.name() == QLatin1String(name); }
    QString text(const char* name) const;
    std::optional<qint64> number(const char* name);
    std::optional<double> seconds(const char* name);
    std::optional<double> decimal(const char* name);
    std::optional<ByteRange> range(const char* name);
    std::optional<SystemTime> date(const char* name);
    QString link() const;
    template <class T>
    bool room(const std::vector<T>& list, std::size_t most)
    {
        if (list.size() >= most)
            fail(Code::PlaylistTooLarge, QStringLiteral("more than %1 of one kind of element").arg(most));
        return list.size() < most;
    }
    void fail(Code code, const QString& reason);

    QXmlStreamReader xml_;
    const QUrl& url_;
    std::optional<Error> error_;
    qint64 total_ = 0;
    std::size_t runs_ = 0;
};

void Reader::fail(Code code, const QString& reason)
{
    if (error_)
        return;
    error_ = Error {code, atLine(url_, xml_.lineNumber(), reason), 0, {}};
    xml_.raiseError(reason);
}

bool Reader::nextChild()
{
    while (!xml_.atEnd()) {
        switch (xml_.readNext()) {
        case QXmlStreamReader::StartElement:
            if (xml_.qualifiedName().size() > 1000)
                fail(Code::BadPlaylist, QStringLiteral("an element's name is too long"));
            return !error_;
        case QXmlStreamReader::EndElement: return false;
        case QXmlStreamReader::DTD: fail(Code::BadPlaylist, QStringLiteral("a document type is not accepted")); break;
        case QXmlStreamReader::EntityReference: fail(Code::BadPlaylist, QStringLiteral("entities are not accepted")); break;
        default: break;
        }
    }
    return false;
}

QString Reader::text(const char* name) const { return xml_.attributes().value(QLatin1String(name)).trimmed().toString(); }

std::optional<qint64> Reader::number(const char* name)
{
    if (!xml_.attributes().hasAttribute(QLatin1String(name)))
        return std::nullopt;
    const auto value = parseNumber(text(name).toLatin1());
    if (!value || *value > kMaxTime)
        fail(Code::BadPlaylist, QStringLiteral("%1 is not a usable number").arg(QLatin1String(name)));
    return value;
}

std::optional<double> Reader::seconds(const char* name)
{
    if (!xml_.attributes().hasAttribute(QLatin1String(name)))
        return std::nullopt;
    const auto value = parseIsoDuration(text(name).toLatin1());
    if (!value || *value > kMaxSeconds)
        fail(Code::BadPlaylist, QStringLiteral("%1 is not a duration").arg(QLatin1String(name)));
    return value;
}

std::optional<double> Reader::decimal(const char* name)
{
    const QString value = text(name);
    if (value.isEmpty())
        return std::nullopt;
    return value.compare(u"INF", Qt::CaseInsensitive) == 0 ? std::optional(kMaxSeconds) : parseDecimal(value.toLatin1());
}

/// "0-719": both ends belong to it.
std::optional<ByteRange> Reader::range(const char* name)
{
    const QString value = text(name);
    if (value.isEmpty())
        return std::nullopt;
    const QByteArray bytes = value.toLatin1();
    const qsizetype dash = bytes.indexOf('-');
    const auto first = parseNumber(QByteArrayView(bytes).first(std::max<qsizetype>(dash, 0)));
    const bool open = dash == bytes.size() - 1;
    const auto last = open ? std::optional<qint64>(-2) : parseNumber(QByteArrayView(bytes).sliced(dash + 1));
    if (!first || !last || *first > kMaxTime || *last > kMaxTime || (!open && *last < *first)) {
        fail(Code::BadPlaylist, QStringLiteral("%1 is not a byte range").arg(QLatin1String(name)));
        return std::nullopt;
    }
    return ByteRange {*first, open ? -1 : *last + 1};
}

std::optional<SystemTime> Reader::date(const char* name)
{
    if (!xml_.attributes().hasAttribute(QLatin1String(name)))
        return std::nullopt;
    const auto value = parseDateTime(text(name).toLatin1());
    if (!value)
        fail(Code::BadPlaylist, QStringLiteral("%1 is not a date").arg(QLatin1String(name)));
    return value;
}

QString Reader::link() const { return xml_.attributes().value(QLatin1String("http://www.w3.org/1999/xlink"), QLatin1String("href")).toString(); }

QString Reader::readText()
{
    QString text;
    while (!xml_.atEnd()) {
        const auto token = xml_.readNext();
        if (token == QXmlStreamReader::Characters && text.size() < kMaxText)
            text += xml_.text();
        else if (token == QXmlStreamReader::StartElement)
            xml_.skipCurrentElement();
        else if (token == QXmlStreamReader::EndElement)
            break;
        else if (token == QXmlStreamReader::EntityReference)
            fail(Code::BadPlaylist, QStringLiteral("entities are not accepted"));
    }
    return text.left(kMaxText).trimmed();
}

void Reader::readBase(std::vector<Base>& bases)
{
    Base base;
    base.availabilityOffset = decimal("availabilityTimeOffset").value_or(0);
    base.complete = text("availabilityTimeComplete") != u"false";
    base.text = readText().toUtf8();
    if (room(bases, kMaxBases))
        bases.push_back(std::move(base));
}

void Reader::readDescriptor(std::vector<Descriptor>& list)
{
    Descriptor descriptor {text("schemeIdUri"), text("value"), text("id")};
    xml_.skipCurrentElement();
    if (room(list, kMaxDescriptors))
        list.push_back(std::move(descriptor));
}

Url Reader::readUrl(const char* source, const char* bytes)
{
    Url url {text(source).toUtf8(), range(bytes)};
    xml_.skipCurrentElement();
    return url;
}

std::shared_ptr<const std::vector<Run>> Reader::readTimeline()
{
    auto runs = std::make_shared<std::vector<Run>>();
    while (nextChild()) {
        if (!is("S")) {
            xml_.skipCurrentElement();
            continue;
        }
        Run run;
        run.time = number("t");
        run.duration = number("d").value_or(0);
        if (number("k").value_or(1) > 1)
            fail(Code::PlaylistUnsupported, QStringLiteral("sequences of segments (S@k)"));
        const QString repeat = text("r");
        if (repeat.startsWith(u'-'))
            run.repeat = -1;
        else if (!repeat.isEmpty())
            run.repeat = number("r").value_or(0);
        if (run.duration == 0)
            fail(Code::BadPlaylist, QStringLiteral("S without a duration"));
        if (++runs_ > kMaxRuns)
            fail(Code::PlaylistTooLarge, QStringLiteral("more than %1 S").arg(kMaxRuns));
        xml_.skipCurrentElement();
        runs->push_back(run);
    }
    return runs;
}

void Reader::readSegmentInfo(SegmentInfo& info, Kind kind)
{
    info.kind = kind;
    info.line = xml_.lineNumber();
    info.timescale = number("timescale");
    if (info.timescale == 0)
        fail(Code::BadPlaylist, QStringLiteral("timescale is 0"));
    info.timeOffset = number("presentationTimeOffset");
    info.duration = number("duration");
    info.startNumber = number("startNumber");
    info.endNumber = number("endNumber");
    info.availabilityOffset = decimal("availabilityTimeOffset");
    if (const QString complete = text("availabilityTimeComplete"); !complete.isEmpty())
        info.complete = complete != u"false";
    info.indexRange = range("indexRange");
    if (const QString media = text("media"); !media.isEmpty())
        info.media = media.toUtf8();
    if (const QString initialization = text("initialization"); !initialization.isEmpty())
        info.initialization = initialization.toUtf8();
    auto list = std::make_shared<std::vector<Url>>();
    const bool remote = !link().isEmpty() && link() != u"urn:mpeg:dash:resolve-to-zero:2013";
    while (nextChild()) {
        if (is("Initialization") || is("Initialisation"))
            info.initializationUrl = readUrl("sourceURL", "range");
        else if (is("SegmentTimeline"))
            info.timeline = readTimeline();
        else if (is("SegmentURL")) {
            if (++runs_ > kMaxRuns)
                fail(Code::PlaylistTooLarge, QStringLiteral("more than %1 SegmentURL").arg(kMaxRuns));
            list->push_back(readUrl("media", "mediaRange"));
        } else
            xml_.skipCurrentElement();
    }
    if (remote && list->empty() && !info.timeline)
        fail(Code::PlaylistUnsupported, QStringLiteral("a list of segments that stands elsewhere (xlink)"));
    if (!list->empty())
        info.list = std::move(list);
}

void Reader::readCommonAttributes(Common& common)
{
    common.id = text("id").left(kMaxText);
    common.mimeType = text("mimeType").toLower();
    common.codecs = text("codecs");
    common.frameRate = text("frameRate");
    common.language = text("lang");
    common.width = number("width");
    common.height = number("height");
}

/// False: the element is none of those that AdaptationSet and Representation share.
bool Reader::readCommon(Common& common)
{
    if (is("BaseURL"))
        readBase(common.bases);
    else if (is("SegmentBase"))
        readSegmentInfo(common.segments, Kind::Base);
    else if (is("SegmentList"))
        readSegmentInfo(common.segments, Kind::List);
    else if (is("SegmentTemplate"))
        readSegmentInfo(common.segments, Kind::Template);
    else if (is("ContentProtection"))
        readDescriptor(common.protections);
    else if (is("EssentialProperty") || is("SupplementalProperty"))
        readDescriptor(common.properties);
    else if (is("AudioChannelConfiguration"))
        readDescriptor(common.channels);
    else if (is("Label"))
        common.label = readText();
    else
        return false;
    return true;
}

void Reader::readRepresentation(AdaptationSet& set)
{
    Representation representation;
    readCommonAttributes(representation);
    representation.line = xml_.lineNumber();
    representation.bandwidth = number("bandwidth").value_or(0);
    while (nextChild())
        if (!readCommon(representation))
            xml_.skipCurrentElement();
    if (++total_ > kMaxTotal)
        fail(Code::PlaylistTooLarge, QStringLiteral("more than %1 representations").arg(kMaxTotal));
    if (room(set.representations, kMaxRepresentations))
        set.representations.push_back(std::move(representation));
}

void Reader::readSet(Period& period)
{
    AdaptationSet set;
    readCommonAttributes(set);
    set.contentType = text("contentType").toLower();
    const QString href = link();
    QStringList kinds;
    while (nextChild()) {
        if (is("Representation"))
            readRepresentation(set);
        else if (is("Role"))
            readDescriptor(set.roles);
        else if (is("Accessibility"))
            readDescriptor(set.accessibility);
        else if (is("ContentComponent")) {
            kinds.append(text("contentType").toLower());
            set.language = set.language.isEmpty() ? text("lang") : set.language;
            xml_.skipCurrentElement();
        } else if (!readCommon(set))
            xml_.skipCurrentElement();
    }
    kinds.removeDuplicates();
    set.mixed = kinds.size() > 1;
    if (set.contentType.isEmpty() && !kinds.isEmpty())
        set.contentType = kinds.contains(u"video") ? QStringLiteral("video") : kinds.first();
    if (href == u"urn:mpeg:dash:resolve-to-zero:2013")
        return;
    if (!href.isEmpty() && set.representations.empty())
        fail(Code::PlaylistUnsupported, QStringLiteral("an AdaptationSet that stands elsewhere (xlink)"));
    if (room(period.sets, kMaxSets))
        period.sets.push_back(std::move(set));
}

void Reader::readEvents(Period& period)
{
    const QString scheme = text("schemeIdUri").left(kMaxText);
    const double timescale = double(std::max<qint64>(number("timescale").value_or(1), 1));
    const double offset = double(number("presentationTimeOffset").value_or(0));
    while (nextChild()) {
        if (!is("Event")) {
            xml_.skipCurrentElement();
            continue;
        }
        Event event {text("id").left(kMaxText), scheme, {}};
        event.start = (double(number("presentationTime").value_or(0)) - offset) / timescale;
        if (const auto duration = number("duration"))
            event.duration = double(*duration) / timescale;
        event.text = text("messageData").left(kMaxText);
        const QString content = readText();
        event.text = event.text.isEmpty() ? content : event.text;
        if (room(period.events, kMaxEvents))
            period.events.push_back(std::move(event));
    }
}

void Reader::readPeriod(Document& document)
{
    Period period;
    period.id = text("id").left(kMaxText);
    period.start = seconds("start");
    period.duration = seconds("duration");
    period.line = xml_.lineNumber();
    const QString href = link();
    while (nextChild()) {
        if (is("AdaptationSet"))
            readSet(period);
        else if (is("BaseURL"))
            readBase(period.bases);
        else if (is("SegmentBase"))
            readSegmentInfo(period.segments, Kind::Base);
        else if (is("SegmentList"))
            readSegmentInfo(period.segments, Kind::List);
        else if (is("SegmentTemplate"))
            readSegmentInfo(period.segments, Kind::Template);
        else if (is("EventStream"))
            readEvents(period);
        else
            xml_.skipCurrentElement();
    }
    if (href == u"urn:mpeg:dash:resolve-to-zero:2013")
        return;
    // What stands inside is what is to be used if the other place does not answer.
    if (!href.isEmpty() && period.sets.empty())
        fail(Code::PlaylistUnsupported, QStringLiteral("a Period that stands elsewhere (xlink)"));
    if (room(document.periods, kMaxPeriods))
        document.periods.push_back(std::move(period));
}

void Reader::readMpd(Document& document)
{
    document.dynamic = text("type") == u"dynamic";
    document.duration = seconds("mediaPresentationDuration");
    document.updatePeriod = seconds("minimumUpdatePeriod");
    document.windowDepth = seconds("timeShiftBufferDepth");
    document.presentationDelay = seconds("suggestedPresentationDelay");
    document.maxSegmentDuration = seconds("maxSegmentDuration");
    document.availabilityStart = date("availabilityStartTime");
    document.availabilityEnd = date("availabilityEndTime");
    while (nextChild()) {
        if (is("Period"))
            readPeriod(document);
        else if (is("BaseURL"))
            readBase(document.bases);
        else if (is("Location")) {
            const QByteArray location = readText().toUtf8();
            if (document.locations.size() < qsizetype(kMaxBases))
                document.locations.append(location);
        } else if (is("UTCTiming")) {
            if (document.clocks.size() < qsizetype(kMaxDescriptors))
                document.clocks.append({text("schemeIdUri"), text("value").left(kMaxText)});
            xml_.skipCurrentElement();
        } else if (is("ProgramInformation")) {
            while (nextChild()) {
                if (is("Title"))
                    document.title = readText();
                else
                    xml_.skipCurrentElement();
            }
        } else
            xml_.skipCurrentElement();
    }
}

Result<Document> Reader::document()
{
    Document document;
    if (nextChild()) {
        if (is("MPD"))
            readMpd(document);
        else
            fail(Code::BadPlaylist, QStringLiteral("the outermost element is not MPD but ") + xml_.name().toString().left(100));
    }
    // The rest must be read too: a text that was cut off shows only at its end.
    while (!error_ && !xml_.atEnd())
        xml_.readNext();
    if (error_)
        return failure(*error_);
    if (xml_.hasError())
        return failure(Code::BadPlaylist, atLine(url_, xml_.lineNumber(), xml_.errorString()));
    if (document.periods.empty() && !document.dynamic)
        return failure(Code::BadPlaylist, atLine(url_, xml_.lineNumber(), QStringLiteral("it has no Period")));
    return document;
}

template <class T>
void inherit(std::optional<T>& inner, const std::optional<T>& outer)
{
    if (!inner)
        inner = outer;
}

} // namespace

Result<Document> read(QByteArrayView text, const QUrl& url) { return Reader(text, url).document(); }

SegmentInfo inherited(const SegmentInfo& outer, const SegmentInfo& inner)
{
    if (inner.kind == SegmentInfo::Kind::None)
        return outer;
    if (outer.kind != inner.kind)
        return inner;
    SegmentInfo both = inner;
    inherit(both.timescale, outer.timescale);
    inherit(both.timeOffset, outer.timeOffset);
    inherit(both.duration, outer.duration);
    inherit(both.startNumber, outer.startNumber);
    inherit(both.endNumber, outer.endNumber);
    inherit(both.availabilityOffset, outer.availabilityOffset);
    inherit(both.complete, outer.complete);
    inherit(both.media, outer.media);
    inherit(both.initialization, outer.initialization);
    inherit(both.initializationUrl, outer.initializationUrl);
    inherit(both.indexRange, outer.indexRange);
    both.timeline = both.timeline ? both.timeline : outer.timeline;
    both.list = both.list ? both.list : outer.list;
    return both;
}

} // namespace weir::mpd
