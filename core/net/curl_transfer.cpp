#include "net/curl_transfer.h"

#include "net/curl_errors.h"

#include <QDateTime>
#include <QLocale>

#include <utility>

namespace weir {

namespace {

using namespace std::chrono_literals;

/// An error page of this size is read to its end, so that the connection can serve again.
constexpr qint64 kDrain = 64 << 10;
constexpr auto kDrainTime = 3s;
/// For its goodbye an FTP or SSH server may keep libcurl, and with it the thread.
constexpr auto kLastWord = 900ms;

TimePoint now() { return std::chrono::steady_clock::now(); }

bool follows(int status, const Headers& headers)
{
    return status >= 300 && status < 400 && !headerValue(headers, "Location").isEmpty();
}

/// As a header says it; RFC 9110, section 5.6.7.
QByteArray httpDateText(qint64 seconds)
{
    return QLocale::c()
        .toString(QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC), QStringLiteral("ddd, dd MMM yyyy hh:mm:ss 'GMT'"))
        .toLatin1();
}

QList<QByteArray> cookieLines(CURL* easy)
{
    QList<QByteArray> lines;
    curl_slist* list = nullptr;
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &list);
    for (const curl_slist* line = list; line; line = line->next)
        lines.append(line->data);
    curl_slist_free_all(list);
    return lines;
}

} // namespace

CurlTransfer::CurlTransfer(CurlOrder order, Owner& owner) : order_(std::move(order)), owner_(owner) {}

CurlTransfer::~CurlTransfer()
{
    if (easy_)
        curl_easy_cleanup(easy_);
}

Result<void> CurlTransfer::setUp(CURLSH* share)
{
    easy_ = curl_easy_init();
    if (!easy_)
        return failure(Code::OutOfMemory, what());
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, text_);
    curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy_, CURLOPT_SHARE, share);
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &CurlTransfer::onHeader);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlTransfer::onBody);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &CurlTransfer::onConnected);
    curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
    if (order_.profile.holdsThread) {
        curl_easy_setopt(easy_, CURLOPT_XFERINFOFUNCTION, &CurlTransfer::onProgress);
        curl_easy_setopt(easy_, CURLOPT_XFERINFODATA, this);
        curl_easy_setopt(easy_, CURLOPT_NOPROGRESS, 0L);
    }
    if (order_.request.url.scheme() == QLatin1String("sftp"))
        hostKey_.watch(easy_, order_.request.context->tls.insecure);
    lastMove_ = now();
    if (auto ok = applyOptions(easy_, order_, lists_); !ok)
        return ok;
    if (order_.request.context->cookies)
        cookiesAtStart_ = cookieLines(easy_);
    return {};
}

int CurlTransfer::onConnected(void* self, char*, char*, int, int)
{
    auto& transfer = *static_cast<CurlTransfer*>(self);
    transfer.phase_ = Phase::Asking;
    transfer.drainUntil_ = TimePoint::max();
    transfer.lastMove_ = now();
    return CURL_PREREQFUNC_OK;
}

int CurlTransfer::onProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<CurlTransfer*>(self)->holdsThreadTooLong() ? 1 : 0;
}

bool CurlTransfer::holdsThreadTooLong()
{
    const TimePoint moment = now();
    if (!began_ || moment - owner_.calledAt() < kLastWord || moment - lastMove_ < kLastWord)
        return false;
    if (!isWhole())
        fail({Code::Stalled, what() + QStringLiteral(": the server does not say whether that was all")});
    return true;
}

std::size_t CurlTransfer::onHeader(char* data, std::size_t, std::size_t size, void* self)
{
    return static_cast<CurlTransfer*>(self)->header({data, qsizetype(size)}) ? size : 0;
}

bool CurlTransfer::header(QByteArrayView line)
{
    lastMove_ = now();
    if (began_ || phase_ == Phase::Draining)
        return true; // trailers
    switch (block_.add(line)) {
    case HeaderBlock::Line::Begin: judged_.reset(); return true;
    case HeaderBlock::Line::Field: {
        constexpr QByteArrayView kName = "set-cookie:";
        cookiesCame_ |= line.size() > kName.size() && qstrnicmp(line.data(), kName.size(), kName.data(), kName.size()) == 0;
        return true;
    }
    case HeaderBlock::Line::End: headersEnded(); return true;
    case HeaderBlock::Line::TooLarge: break;
    }
    fail({Code::HeadersTooLarge, what()});
    return false;
}

void CurlTransfer::headersEnded()
{
    const int status = block_.status();
    if (status < 200)
        return;
    if (!std::exchange(answered_, true))
        owner_.answered(*this, overHttp2());
    judge();
    const char* scheme = nullptr;
    curl_easy_getinfo(easy_, CURLINFO_SCHEME, &scheme);
    if (scheme && qstricmp(scheme, "https") == 0)
        refuseDowngrade(easy_);
    if (follows(status, block_.headers()))
        phase_ = Phase::Redirecting;
    else if (!*judged_)
        drainUntil_ = now() + kDrainTime;
}

void CurlTransfer::judge()
{
    const char* url = nullptr;
    curl_easy_getinfo(easy_, CURLINFO_EFFECTIVE_URL, &url);
    long status = block_.status();
    if (status == 0)
        curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    judged_ = order_.profile.judge(int(status), replyHeaders(), QUrl::fromEncoded(url), order_.request);
}

/// Where there is no HTTP, what libcurl has learnt stands in for the fields.
Headers CurlTransfer::replyHeaders() const
{
    Headers headers = block_.headers();
    if (block_.status() != 0)
        return headers;
    curl_off_t length = -1, modified = -1;
    curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    curl_easy_getinfo(easy_, CURLINFO_FILETIME_T, &modified);
    if (length >= 0)
        headers.emplaceBack("Content-Length", QByteArray::number(qint64(length)));
    if (modified >= 0)
        headers.emplaceBack("Last-Modified", httpDateText(qint64(modified)));
    return headers;
}

std::size_t CurlTransfer::onBody(char* data, std::size_t, std::size_t size, void* self)
{
    return static_cast<CurlTransfer*>(self)->body({data, size});
}

std::size_t CurlTransfer::body(std::span<const char> data)
{
    if (phase_ == Phase::Draining)
        return drain(data.size()) ? data.size() : std::size_t(CURL_WRITEFUNC_ERROR);
    if (!began_ && !begin())
        return phase_ == Phase::Draining && drain(data.size()) ? data.size() : std::size_t(CURL_WRITEFUNC_ERROR);
    const TimePoint moment = now();
    if (mustWait(moment))
        return CURL_WRITEFUNC_PAUSE;
    const std::size_t came = data.size();
    if (endless_)
        data = data.first(std::size_t(std::min<qint64>(qint64(came), most_ - received_)));
    auto taken = decoder_ ? decoder_->decode(data, [this](std::span<const char> plain) { return take(plain); }) : take(data);
    if (!taken) {
        if (taken.error().code == Code::BadContentEncoding)
            taken.error().detail.prepend(what() + QStringLiteral(": "));
        fail(taken.error());
        return leave();
    }
    lastMove_ = order_.profile.holdsThread ? now() : moment; // a slow disk is not the server's silence
    if (order_.request.rate)
        order_.request.rate->charge(qint64(data.size()), moment);
    return endless_ && received_ == most_ ? leave() : came;
}

/// An error would make libcurl wait for the server's comment on it; whoever is removed while paused just goes.
std::size_t CurlTransfer::leave()
{
    if (!order_.profile.holdsThread)
        return CURL_WRITEFUNC_ERROR;
    owner_.enough(*this);
    return CURL_WRITEFUNC_PAUSE;
}

Result<void> CurlTransfer::take(std::span<const char> data)
{
    if (most_ >= 0 && received_ + qint64(data.size()) > most_)
        return failure(promised_ ? Code::LengthMismatch : Code::RemoteSizeWrong,
            QStringLiteral("%1: more than %2 bytes came").arg(what()).arg(begin_ + most_));
    if (auto taken = order_.sink->bytes(begin_ + received_, data); !taken)
        return taken;
    received_ += qint64(data.size());
    return {};
}

/// A multiplexed reply is never paused: it would stall its neighbours on the connection. Its start was delayed instead.
bool CurlTransfer::mustWait(TimePoint moment)
{
    if (!order_.request.rate || multiplex())
        return false;
    const auto wait = order_.request.rate->wait(moment);
    if (wait.count() <= 0)
        return false;
    paused_ = true;
    owner_.waitForRate(*this, wait);
    return true;
}

bool CurlTransfer::goOn()
{
    paused_ = false;
    lastMove_ = now();
    // What libcurl held back comes through body() within this call.
    const CURLcode code = curl_easy_pause(easy_, CURLPAUSE_CONT);
    if (code != CURLE_OK && !failure_)
        failure_ = error(code);
    return !failure_;
}

bool CurlTransfer::nudge()
{
    if (phase_ != Phase::Asking)
        return false;
    // A change of what is paused makes the handle due at once; nothing is received between the two.
    curl_easy_pause(easy_, CURLPAUSE_RECV);
    curl_easy_pause(easy_, CURLPAUSE_CONT);
    return true;
}

bool CurlTransfer::flush()
{
    if (!began_)
        return true;
    auto flushed = order_.sink->flush();
    if (!flushed)
        fail(std::move(flushed.error()));
    return flushed.has_value();
}

/// The last reply is the one that counts.
bool CurlTransfer::begin()
{
    if (!judged_)
        judge();
    if (!*judged_) {
        refuse();
        return false;
    }
    FetchHead& head = **judged_;
    head.multiplexed = overHttp2();
    begin_ = head.offset;
    const auto& range = order_.request.range;
    if (head.ranged && range && range->end >= 0)
        most_ = range->end - begin_;
    else if (head.totalSize >= 0)
        most_ = head.totalSize - begin_;
    endless_ = head.ranged && !head.rangesVouched && range && range->end >= 0 && range->end != head.totalSize;
    promised_ = head.rangesVouched;
    if (head.encoded)
        decoder_.emplace();
    storeCookies();
    phase_ = Phase::Receiving;
    began_ = true;
    if (auto taken = order_.sink->begin(head); !taken) {
        fail(std::move(taken.error()));
        return false;
    }
    return true;
}

bool CurlTransfer::overHttp2() const
{
    long version = 0;
    curl_easy_getinfo(easy_, CURLINFO_HTTP_VERSION, &version);
    return version >= CURL_HTTP_VERSION_2_0;
}

QByteArray CurlTransfer::host() const
{
    const QUrl& url = order_.request.url;
    return QStringLiteral("%1://%2:%3").arg(url.scheme(), url.host()).arg(url.port(0)).toUtf8();
}

void CurlTransfer::refuse()
{
    curl_off_t length = -1;
    curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    fail(judged_->error());
    phase_ = Phase::Draining;
    drained_ = length > kDrain ? kDrain : 0;
    drainUntil_ = std::min(drainUntil_, now() + kDrainTime);
}

bool CurlTransfer::drain(std::size_t size)
{
    drained_ += qint64(size);
    return drained_ <= kDrain;
}

void CurlTransfer::fail(Error error)
{
    if (!failure_)
        failure_ = std::move(error);
}

TimePoint CurlTransfer::deadline() const
{
    if (paused_)
        return TimePoint::max();
    if (phase_ == Phase::Redirecting) // libcurl reads the rest of the reply without telling, then connects
        return lastMove_ + order_.request.stallTimeout + order_.request.connectTimeout;
    if (phase_ == Phase::Connecting)
        return TimePoint::max();                 // libcurl has a time limit for connections; waiting for a free stream has none
    if (isWhole() && order_.profile.holdsThread) // only the end of the data connection is missing, or there is more
        return lastMove_ + kLastWord;
    return std::min(drainUntil_, lastMove_ + order_.request.stallTimeout);
}

bool CurlTransfer::checkStalled(TimePoint moment)
{
    if (moment < deadline())
        return false;
    if (isWhole() && order_.profile.holdsThread)
        return true;
    if (moment >= drainUntil_ && judged_ && !*judged_) {
        fail(judged_->error());
        return true;
    }
    curl_off_t sent = 0;
    curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &sent);
    if (std::exchange(sent_, sent) != sent) {
        lastMove_ = moment;
        return false;
    }
    fail({Code::Stalled, QStringLiteral("%1: nothing for %2 s").arg(what()).arg(order_.request.stallTimeout.count() / 1000.0)});
    return true;
}

void CurlTransfer::storeCookies()
{
    const auto& jar = order_.request.context->cookies;
    if (!jar || !std::exchange(cookiesCame_, false))
        return;
    const QList<QByteArray> now = cookieLines(easy_);
    jar->update(cookiesAtStart_, now);
    cookiesAtStart_ = now;
}

QString CurlTransfer::what() const
{
    return QStringLiteral("%1 %2").arg(QLatin1String(order_.request.context->method), displayUrl(order_.request.url));
}

Error CurlTransfer::error(CURLcode code) const
{
    const bool asking = phase_ != Phase::Connecting && phase_ != Phase::Redirecting;
    const char* url = nullptr;
    curl_easy_getinfo(easy_, CURLINFO_EFFECTIVE_URL, &url);
    if (hostKey_.refusal())
        return {hostKey_.refusal()->code, what() + QStringLiteral(": ") + hostKey_.refusal()->detail, int(code), {}};
    const CurlFailure failure =
        inspect(easy_, code, text_, goesThrough(proxyOf(order_), QUrl::fromEncoded(url).host()), asking);
    QString reason = QString::fromUtf8(text_[0] ? text_ : curl_easy_strerror(code));
    if (block_.status() == 0 && !block_.headers().isEmpty())
        reason += QStringLiteral(" (the server said: %1)").arg(QString::fromUtf8(block_.headers().last().second.left(200)));
    const auto explained =
        order_.profile.explain ? order_.profile.explain(int(code), replyHeaders(), order_.request) : std::nullopt;
    return {explained ? *explained : curlErrorCode(failure).value_or(Code::CurlError),
        QStringLiteral("%1: %2").arg(what(), reason), failure.osError != 0 ? failure.osError : int(code), {}};
}

/// What libcurl says at the end, beside what was decided before.
void CurlTransfer::settle(CURLcode code)
{
    if (failure_)
        return;
    // Some never say goodbye, and some end TLS without a word.
    const bool onlyTheEnd = code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_RECV_ERROR;
    if (onlyTheEnd && isWhole() && order_.profile.holdsThread)
        return;
    const bool refused = judged_ && !*judged_;
    if (code != CURLE_OK && refused && phase_ == Phase::Asking)
        failure_ = judged_->error(); // the connection broke behind an error status: that status is the reason
    else if (code != CURLE_OK)
        failure_ = error(code);
    else
        settleGood();
}

void CurlTransfer::settleGood()
{
    if (!began_)
        begin(); // an empty body
    if (failure_)
        return;
    if (!promised_ && most_ >= 0 && received_ < most_) // libcurl was not told how much it should be
        failure_ = Error{Code::ConnectionClosed,
            QStringLiteral("%1: %2 of %3 bytes came").arg(what()).arg(begin_ + received_).arg(begin_ + most_)};
    else if (decoder_ && !decoder_->whole())
        failure_ = Error{Code::LengthMismatch, QStringLiteral("%1: the reply ends inside its content coding").arg(what())};
}

void CurlTransfer::finish(CURLcode code)
{
    FetchDone done{.id = order_.id, .head = FetchHead{}};
    if (easy_) {
        settle(code);
        storeCookies();
        curl_off_t first = 0;
        curl_easy_getinfo(easy_, CURLINFO_STARTTRANSFER_TIME_T, &first);
        done.firstByte = std::chrono::microseconds(first);
        done.newConnection = connectionsMade() > 0;
    }
    if (began_) {
        if (auto flushed = order_.sink->end(); !flushed)
            fail(std::move(flushed.error()));
    }
    done.bytes = received_;
    if (failure_)
        done.head = tl::unexpected(std::move(*failure_));
    else if (judged_)
        done.head = std::move(*judged_);
    order_.done(std::move(done));
}

int CurlTransfer::connectionsMade() const
{
    long made = 0;
    if (easy_)
        curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &made);
    return int(made);
}

} // namespace weir
