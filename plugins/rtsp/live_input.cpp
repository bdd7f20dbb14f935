#include "rtsp/live_input.h"

#include "media/container.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr int64_t kAnalyseMicros = 3'000'000;
constexpr int64_t kAnalyseBytes = 5 << 20;
constexpr int kMostStreams = 16;
constexpr auto kBreath = 100ms;
constexpr auto kGoodbye = 500ms;

using Clock = std::chrono::steady_clock;

QString shown(const QUrl& url) { return url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment); }

void setMicros(AVDictionary** options, const char* name, std::chrono::milliseconds time)
{
    av_dict_set_int(options, name, std::chrono::microseconds(time).count(), 0);
}

} // namespace

Error liveError(int averror, const QUrl& url, bool timedOut)
{
    const auto code = [&] {
        if (timedOut)
            return Code::Stalled;
        switch (averror) {
        case AVERROR_HTTP_UNAUTHORIZED: return Code::LoginRefused;
        case AVERROR_HTTP_FORBIDDEN: return Code::RemoteAccessDenied;
        case AVERROR_HTTP_NOT_FOUND: return Code::RemoteFileMissing;
        case AVERROR_HTTP_SERVER_ERROR: return Code::HostBusy;
        case AVERROR(ECONNREFUSED): return Code::ConnectRefused;
        case AVERROR(ETIMEDOUT): return Code::ConnectTimeout;
        case AVERROR(EHOSTUNREACH): return Code::HostUnreachable;
        case AVERROR(ENETUNREACH): return Code::NetworkUnreachable;
        case AVERROR(ECONNRESET):
        case AVERROR(EPIPE): return Code::ConnectionReset;
        case AVERROR(ENOMEM): return Code::OutOfMemory;
        case AVERROR(EIO): return Code::ConnectFailed;
        case AVERROR_EOF: return Code::EmptyReply;
        default: return Code::WeirdReply;
        }
    }();
    return {
        code, QStringLiteral("%1: %2").arg(shown(url), timedOut ? QStringLiteral("nothing came") : avText(averror)), averror};
}

struct LiveInput::Connection {
    AVFormatContext* demuxer = nullptr;
    std::atomic<bool> abandoned{false};
    std::atomic<Clock::rep> deadline{Clock::time_point::max().time_since_epoch().count()};
    LiveInput* reader = nullptr; ///< once it is open
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<int> opened; ///< what libavformat said

    ~Connection() { avformat_close_input(&demuxer); }
    bool isLate() const { return Clock::now().time_since_epoch().count() > deadline.load(); }
    void endAfter(std::chrono::milliseconds time) { deadline = (Clock::now() + time).time_since_epoch().count(); }

    static int interrupted(void* self)
    {
        const auto& connection = *static_cast<Connection*>(self);
        return connection.abandoned || connection.isLate() || (connection.reader && !connection.reader->mayWait());
    }
    int open(const LiveSource& source);
};

/// libavformat frees the demuxer when it can't open it.
int LiveInput::Connection::open(const LiveSource& source)
{
    const bool rtmp = source.url.scheme() == QLatin1String("rtmp");
    AVDictionary* options = nullptr;
    if (rtmp) {
        setMicros(&options, "rw_timeout", source.stallTimeout);
    } else {
        setMicros(&options, "timeout", source.stallTimeout);
        // Over UDP a lost packet is a damaged picture.
        if (!source.udp)
            av_dict_set(&options, "rtsp_flags", "prefer_tcp", 0);
    }
    const QByteArray url = source.url.toEncoded(QUrl::RemoveFragment);
    int done = avformat_open_input(&demuxer, url.constData(), av_find_input_format(rtmp ? "flv" : "rtsp"), &options);
    const std::unique_ptr<AVDictionary, AvFree> unused(options);
    if (done >= 0)
        done = avformat_find_stream_info(demuxer, nullptr);
    return done;
}

Result<std::unique_ptr<LiveInput>> LiveInput::open(const LiveSource& source, Breathe breathe)
{
    av_log_set_level(AV_LOG_FATAL); // it would name addresses with their passwords
    auto connection = std::make_shared<Connection>();
    connection->demuxer = avformat_alloc_context();
    if (!connection->demuxer)
        return failure(Code::OutOfMemory);
    AVFormatContext& demuxer = *connection->demuxer;
    demuxer.interrupt_callback = {&Connection::interrupted, connection.get()};
    demuxer.protocol_whitelist = av_strdup("rtsp,rtp,udp,tcp,tls,rtmp"); // nothing that an answer names leads elsewhere
    demuxer.max_streams = kMostStreams;
    demuxer.probesize = kAnalyseBytes;
    demuxer.max_analyze_duration = kAnalyseMicros;
    connection->endAfter(source.connectTimeout);
    std::thread([connection, source] {
        const int done = connection->open(source);
        const std::lock_guard lock(connection->mutex);
        connection->opened = done;
        connection->changed.notify_all();
    }).detach();
    std::unique_lock lock(connection->mutex);
    while (!connection->changed.wait_for(lock, kBreath, [&] { return connection->opened.has_value(); })) {
        lock.unlock();
        if (!breathe()) {
            connection->abandoned = true;
            return failure(Code::Cancelled);
        }
        lock.lock();
    }
    lock.unlock();
    if (*connection->opened < 0)
        return tl::unexpected(liveError(*connection->opened, source.url, connection->isLate()));
    std::unique_ptr<LiveInput> input(new LiveInput(std::move(connection), source, std::move(breathe)));
    if (input->streams_.empty())
        return failure(Code::MediaUnreadable, shown(source.url));
    return input;
}

LiveInput::LiveInput(std::shared_ptr<Connection> connection, LiveSource source, Breathe breathe)
    : connection_(std::move(connection)),
      source_(std::move(source)),
      breathe_(std::move(breathe)),
      lastPacket_(Clock::now())
{
    connection_->endAfter(365 * 24h);
    connection_->reader = this;
    chooseStreams();
}

LiveInput::~LiveInput()
{
    connection_->reader = nullptr;
    connection_->endAfter(kGoodbye);
}

void LiveInput::chooseStreams()
{
    bool pictures = false;
    const AVFormatContext& demuxer = *connection_->demuxer;
    for (unsigned i = 0; i < demuxer.nb_streams; ++i) {
        AVStream& stream = *demuxer.streams[i];
        const AVCodecParameters& parameters = *stream.codecpar;
        const bool isVideo = parameters.codec_type == AVMEDIA_TYPE_VIDEO;
        const bool wanted = (isVideo && !pictures) || parameters.codec_type == AVMEDIA_TYPE_AUDIO;
        if (!wanted || !holds(Container::Mkv, parameters.codec_id) || !Fragments::hold(parameters.codec_id)) {
            if (wanted)
                leftOut_.append(QString::fromLatin1(avcodec_get_name(parameters.codec_id)));
            stream.discard = AVDISCARD_ALL;
            places_.push_back(-1);
            continue;
        }
        pictures = pictures || isVideo;
        places_.push_back(int(streams_.size()));
        streams_.push_back({&parameters, stream.time_base});
    }
}

std::optional<double> LiveInput::duration() const
{
    const int64_t duration = connection_->demuxer->duration;
    return duration > 0 && duration != AV_NOPTS_VALUE ? std::optional(double(duration) / AV_TIME_BASE) : std::nullopt;
}

/// The end of a stream and that of its connection look the same to libavformat; behind the first RTSP can still be spoken.
bool LiveInput::stillAnswers()
{
    lastPacket_ = Clock::now();
    if (source_.url.scheme() == QLatin1String("rtmp"))
        return false;
    const int answer = av_read_pause(connection_->demuxer);
    return answer >= 0 || answer == AVERROR_HTTP_OTHER_4XX || answer == AVERROR_HTTP_BAD_REQUEST
        || answer == AVERROR_HTTP_NOT_FOUND;
}

bool LiveInput::mayWait() const
{
    stopped_ = stopped_ || !breathe_();
    return !stopped_ && Clock::now() - lastPacket_ < source_.stallTimeout;
}

Result<bool> LiveInput::read(AVPacket& packet)
{
    lastPacket_ = Clock::now();
    while (true) {
        const int got = av_read_frame(connection_->demuxer, &packet);
        if (stopped_)
            return failure(Code::Cancelled);
        if (got == AVERROR_EOF && stillAnswers())
            return false;
        if (got == AVERROR_EOF)
            return failure(stopped_ ? Code::Cancelled : Code::ConnectionClosed, shown(source_.url));
        if (got == AVERROR(EAGAIN))
            continue;
        if (got < 0)
            return tl::unexpected(liveError(got, source_.url, Clock::now() - lastPacket_ >= source_.stallTimeout));
        const auto number = std::size_t(packet.stream_index);
        const int place = number < places_.size() ? places_[number] : -1;
        if (place >= 0 && packet.size > 0) {
            packet.stream_index = place;
            return true;
        }
        av_packet_unref(&packet);
    }
}

} // namespace weir
