#include "hls/mpd_document.h"

#include "hls/mpd_xml.h"

#include <algorithm>

namespace weir::mpd {

namespace {

// Each is far above what real manifests have and far below what hurts.
constexpr std::size_t kMaxPeriods = 2000, kMaxSets = 500, kMaxRepresentations = 500, kMaxBases = 32, kMaxEvents = 20'000;
constexpr std::size_t kMaxDescriptors = 100;
constexpr qint64 kMaxTotal = 20'000; ///< representations of all periods together
constexpr std::size_t kMaxRuns = 500'000;
constexpr qsizetype kMaxText = 4096;

class Reader {
public:
    Reader(QByteArrayView text, const QUrl& url) : xml_(text, url) {}
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

    template <class T> bool room(const std::vector<T>& list, std::size_t most)
    {
        if (list.size() >= most)
            xml_.fail(Code::PlaylistTooLarge, QStringLiteral("more than %1 of one kind of element").arg(most));
        return list.size() < most;
    }

    Xml xml_;
    qint64 total_ = 0;
    std::size_t runs_ = 0;
};

void Reader::readBase(std::vector<Base>& bases)
{
    Base base;
    base.availabilityOffset = xml_.decimal("availabilityTimeOffset").value_or(0);
    base.complete = xml_.text("availabilityTimeComplete") != u"false";
    base.text = xml_.readText().toUtf8();
    if (room(bases, kMaxBases))
        bases.push_back(std::move(base));
}

void Reader::readDescriptor(std::vector<Descriptor>& list)
{
    Descriptor descriptor{xml_.text("schemeIdUri"), xml_.text("value"), xml_.text("id")};
    xml_.skip();
    if (room(list, kMaxDescriptors))
        list.push_back(std::move(descriptor));
}

Url Reader::readUrl(const char* source, const char* bytes)
{
    Url url{xml_.text(source).toUtf8(), xml_.range(bytes)};
    xml_.skip();
    return url;
}

std::shared_ptr<const std::vector<Run>> Reader::readTimeline()
{
    auto runs = std::make_shared<std::vector<Run>>();
    while (xml_.nextChild()) {
        if (!xml_.is("S")) {
            xml_.skip();
            continue;
        }
        Run run;
        run.time = xml_.number("t");
        run.duration = xml_.number("d").value_or(0);
        if (xml_.number("k").value_or(1) > 1)
            xml_.fail(Code::PlaylistUnsupported, QStringLiteral("sequences of segments (S@k)"));
        const QString repeat = xml_.text("r");
        if (repeat.startsWith(u'-'))
            run.repeat = -1;
        else if (!repeat.isEmpty())
            run.repeat = xml_.number("r").value_or(0);
        if (run.duration == 0)
            xml_.fail(Code::BadPlaylist, QStringLiteral("S without a duration"));
        if (++runs_ > kMaxRuns)
            xml_.fail(Code::PlaylistTooLarge, QStringLiteral("more than %1 S").arg(kMaxRuns));
        xml_.skip();
        runs->push_back(run);
    }
    return runs;
}

void Reader::readSegmentInfo(SegmentInfo& info, Kind kind)
{
    info.kind = kind;
    info.line = xml_.line();
    info.timescale = xml_.number("timescale");
    if (info.timescale == 0)
        xml_.fail(Code::BadPlaylist, QStringLiteral("timescale is 0"));
    info.timeOffset = xml_.number("presentationTimeOffset");
    info.duration = xml_.number("duration");
    info.startNumber = xml_.number("startNumber");
    info.endNumber = xml_.number("endNumber");
    info.availabilityOffset = xml_.decimal("availabilityTimeOffset");
    if (const QString complete = xml_.text("availabilityTimeComplete"); !complete.isEmpty())
        info.complete = complete != u"false";
    info.indexRange = xml_.range("indexRange");
    if (const QString media = xml_.text("media"); !media.isEmpty())
        info.media = media.toUtf8();
    if (const QString initialization = xml_.text("initialization"); !initialization.isEmpty())
        info.initialization = initialization.toUtf8();
    auto list = std::make_shared<std::vector<Url>>();
    const bool remote = !xml_.link().isEmpty() && xml_.link() != u"urn:mpeg:dash:resolve-to-zero:2013";
    while (xml_.nextChild()) {
        if (xml_.is("Initialization") || xml_.is("Initialisation"))
            info.initializationUrl = readUrl("sourceURL", "range");
        else if (xml_.is("SegmentTimeline"))
            info.timeline = readTimeline();
        else if (xml_.is("SegmentURL")) {
            if (++runs_ > kMaxRuns)
                xml_.fail(Code::PlaylistTooLarge, QStringLiteral("more than %1 SegmentURL").arg(kMaxRuns));
            list->push_back(readUrl("media", "mediaRange"));
        } else
            xml_.skip();
    }
    if (remote && list->empty() && !info.timeline)
        xml_.fail(Code::PlaylistUnsupported, QStringLiteral("a list of segments that stands elsewhere (xlink)"));
    if (!list->empty())
        info.list = std::move(list);
}

void Reader::readCommonAttributes(Common& common)
{
    common.id = xml_.text("id").left(kMaxText);
    common.mimeType = xml_.text("mimeType").toLower();
    common.codecs = xml_.text("codecs");
    common.frameRate = xml_.text("frameRate");
    common.language = xml_.text("lang");
    common.width = xml_.number("width");
    common.height = xml_.number("height");
}

/// False: the element is none of those that AdaptationSet and Representation share.
bool Reader::readCommon(Common& common)
{
    if (xml_.is("BaseURL"))
        readBase(common.bases);
    else if (xml_.is("SegmentBase"))
        readSegmentInfo(common.segments, Kind::Base);
    else if (xml_.is("SegmentList"))
        readSegmentInfo(common.segments, Kind::List);
    else if (xml_.is("SegmentTemplate"))
        readSegmentInfo(common.segments, Kind::Template);
    else if (xml_.is("ContentProtection"))
        readDescriptor(common.protections);
    else if (xml_.is("EssentialProperty") || xml_.is("SupplementalProperty"))
        readDescriptor(common.properties);
    else if (xml_.is("AudioChannelConfiguration"))
        readDescriptor(common.channels);
    else if (xml_.is("Label"))
        common.label = xml_.readText();
    else
        return false;
    return true;
}

void Reader::readRepresentation(AdaptationSet& set)
{
    Representation representation;
    readCommonAttributes(representation);
    representation.line = xml_.line();
    representation.bandwidth = xml_.number("bandwidth").value_or(0);
    while (xml_.nextChild())
        if (!readCommon(representation))
            xml_.skip();
    if (++total_ > kMaxTotal)
        xml_.fail(Code::PlaylistTooLarge, QStringLiteral("more than %1 representations").arg(kMaxTotal));
    if (room(set.representations, kMaxRepresentations))
        set.representations.push_back(std::move(representation));
}

void Reader::readSet(Period& period)
{
    AdaptationSet set;
    readCommonAttributes(set);
    set.contentType = xml_.text("contentType").toLower();
    const QString href = xml_.link();
    QStringList kinds;
    while (xml_.nextChild()) {
        if (xml_.is("Representation"))
            readRepresentation(set);
        else if (xml_.is("Role"))
            readDescriptor(set.roles);
        else if (xml_.is("Accessibility"))
            readDescriptor(set.accessibility);
        else if (xml_.is("ContentComponent")) {
            kinds.append(xml_.text("contentType").toLower());
            set.language = set.language.isEmpty() ? xml_.text("lang") : set.language;
            xml_.skip();
        } else if (!readCommon(set))
            xml_.skip();
    }
    kinds.removeDuplicates();
    set.mixed = kinds.size() > 1;
    if (set.contentType.isEmpty() && !kinds.isEmpty())
        set.contentType = kinds.contains(u"video") ? QStringLiteral("video") : kinds.first();
    if (href == u"urn:mpeg:dash:resolve-to-zero:2013")
        return;
    if (!href.isEmpty() && set.representations.empty())
        xml_.fail(Code::PlaylistUnsupported, QStringLiteral("an AdaptationSet that stands elsewhere (xlink)"));
    if (room(period.sets, kMaxSets))
        period.sets.push_back(std::move(set));
}

void Reader::readEvents(Period& period)
{
    const QString scheme = xml_.text("schemeIdUri").left(kMaxText);
    const double timescale = double(std::max<qint64>(xml_.number("timescale").value_or(1), 1));
    const double offset = double(xml_.number("presentationTimeOffset").value_or(0));
    while (xml_.nextChild()) {
        if (!xml_.is("Event")) {
            xml_.skip();
            continue;
        }
        Event event{xml_.text("id").left(kMaxText), scheme, {}};
        event.start = (double(xml_.number("presentationTime").value_or(0)) - offset) / timescale;
        if (const auto duration = xml_.number("duration"))
            event.duration = double(*duration) / timescale;
        event.text = xml_.text("messageData").left(kMaxText);
        const QString content = xml_.readText();
        event.text = event.text.isEmpty() ? content : event.text;
        if (room(period.events, kMaxEvents))
            period.events.push_back(std::move(event));
    }
}

void Reader::readPeriod(Document& document)
{
    Period period;
    period.id = xml_.text("id").left(kMaxText);
    period.start = xml_.seconds("start");
    period.duration = xml_.seconds("duration");
    period.line = xml_.line();
    const QString href = xml_.link();
    while (xml_.nextChild()) {
        if (xml_.is("AdaptationSet"))
            readSet(period);
        else if (xml_.is("BaseURL"))
            readBase(period.bases);
        else if (xml_.is("SegmentBase"))
            readSegmentInfo(period.segments, Kind::Base);
        else if (xml_.is("SegmentList"))
            readSegmentInfo(period.segments, Kind::List);
        else if (xml_.is("SegmentTemplate"))
            readSegmentInfo(period.segments, Kind::Template);
        else if (xml_.is("EventStream"))
            readEvents(period);
        else
            xml_.skip();
    }
    if (href == u"urn:mpeg:dash:resolve-to-zero:2013")
        return;
    // What stands inside is what is to be used if the other place does not answer.
    if (!href.isEmpty() && period.sets.empty())
        xml_.fail(Code::PlaylistUnsupported, QStringLiteral("a Period that stands elsewhere (xlink)"));
    if (room(document.periods, kMaxPeriods))
        document.periods.push_back(std::move(period));
}

void Reader::readMpd(Document& document)
{
    document.dynamic = xml_.text("type") == u"dynamic";
    document.duration = xml_.seconds("mediaPresentationDuration");
    document.updatePeriod = xml_.seconds("minimumUpdatePeriod");
    document.windowDepth = xml_.seconds("timeShiftBufferDepth");
    document.presentationDelay = xml_.seconds("suggestedPresentationDelay");
    document.maxSegmentDuration = xml_.seconds("maxSegmentDuration");
    document.availabilityStart = xml_.date("availabilityStartTime");
    document.availabilityEnd = xml_.date("availabilityEndTime");
    while (xml_.nextChild()) {
        if (xml_.is("Period"))
            readPeriod(document);
        else if (xml_.is("BaseURL"))
            readBase(document.bases);
        else if (xml_.is("Location")) {
            const QByteArray location = xml_.readText().toUtf8();
            if (document.locations.size() < qsizetype(kMaxBases))
                document.locations.append(location);
        } else if (xml_.is("UTCTiming")) {
            if (document.clocks.size() < qsizetype(kMaxDescriptors))
                document.clocks.append({xml_.text("schemeIdUri"), xml_.text("value").left(kMaxText)});
            xml_.skip();
        } else if (xml_.is("ProgramInformation")) {
            while (xml_.nextChild()) {
                if (xml_.is("Title"))
                    document.title = xml_.readText();
                else
                    xml_.skip();
            }
        } else
            xml_.skip();
    }
}

Result<Document> Reader::document()
{
    Document document;
    if (xml_.nextChild()) {
        if (xml_.is("MPD"))
            readMpd(document);
        else
            xml_.fail(
                Code::BadPlaylist, QStringLiteral("the outermost element is not MPD but ") + xml_.name().toString().left(100));
    }
    xml_.finish();
    if (!xml_.error() && document.periods.empty() && !document.dynamic)
        xml_.fail(Code::BadPlaylist, QStringLiteral("it has no Period"));
    if (const auto error = xml_.error())
        return failure(*error);
    return document;
}

template <class T> void inherit(std::optional<T>& inner, const std::optional<T>& outer)
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
