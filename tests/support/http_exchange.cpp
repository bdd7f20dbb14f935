#include "support/http_exchange.h"

#include "support/content.h"
#include "support/gzip.h"
#include "support/http_digest.h"

#include <QDateTime>
#include <QLocale>
#include <QUrlQuery>

#include <algorithm>

namespace weir::test {
namespace {

QByteArray number(qint64 n) { return QByteArray::number(n); }

const char* reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 416: return "Range Not Satisfiable";
    case 429: return "Too Many Requests";
    case 503: return "Service Unavailable";
    default: return "Because";
    }
}

QByteArray httpDate(const QDateTime& time)
{
    return QLocale::c().toString(time.toUTC(), u"ddd, dd MMM yyyy hh:mm:ss 'GMT'").toLatin1();
}

/// "bytes=a-b", "bytes=a-" or "bytes=-n", one range; nullopt: none, or not understood, which is the same (RFC 9110).
struct Wanted {
    qint64 begin, end;
    bool open;
};
std::optional<Wanted> parseRange(const QByteArray& header, qint64 size)
{
    if (!header.startsWith("bytes=") || header.contains(','))
        return {};
    const qsizetype dash = header.indexOf('-', 6);
    if (dash < 0)
        return {};
    const QByteArray first = header.mid(6, dash - 6).trimmed(), last = header.mid(dash + 1).trimmed();
    bool ok = true;
    if (first.isEmpty()) {
        const qint64 n = last.toLongLong(&ok);
        return ok ? std::optional(Wanted{std::max<qint64>(0, size - n), size, false}) : std::nullopt;
    }
    const qint64 begin = first.toLongLong(&ok);
    if (!ok)
        return {};
    if (last.isEmpty())
        return Wanted{begin, size, true};
    const qint64 end = last.toLongLong(&ok) + 1;
    return ok && end > begin ? std::optional(Wanted{begin, std::min(end, size), false}) : std::nullopt;
}

/// One reply in the making.
class Composer {
public:
    Composer(const Behaviour& b, const HttpRequest& r, PathState& s, const QByteArray& origin, std::mt19937_64& random)
        : b_(b),
          r_(r),
          s_(s),
          origin_(origin),
          random_(random)
    {
        const bool later = b.changeAfter >= 0 && r.number > b.changeAfter;
        seed_ = later ? b.laterSeed.value_or(b.seed) : b.seed;
        size_ = later ? b.laterSize.value_or(b.sizeNow()) : b.sizeNow();
        etag_ = later ? b.laterEtag.value_or(b.etag) : b.etag;
        lastModified_ = later ? b.laterLastModified.value_or(b.lastModified) : b.lastModified;
    }

    HttpReply reply()
    {
        if (!refused() && !redirected() && !unwelcome() && !otherStatus())
            file();
        connection();
        return std::move(out_);
    }

private:
    void answer(int status, const QByteArray& body, const QByteArray& mime, const HeaderList& headers = {})
    {
        out_.literal = body;
        out_.length = body.size();
        out_.fromContent = false;
        head(status, HeaderList{{"Content-Type", mime}, {"Content-Length", number(body.size())}} + headers);
    }
    void head(int status, HeaderList headers)
    {
        const bool close = !b_.keepAlive || b_.http10 || out_.close || r_.version == "HTTP/1.0"
            || r_.header("Connection").toLower() == "close";
        out_.close = close;
        out_.status = status;
        QByteArray& h = out_.head;
        h = (b_.http10 ? "HTTP/1.0 " : "HTTP/1.1 ") + number(status) + ' ' + reason(status) + "\r\n";
        h += "Date: " + httpDate(QDateTime::currentDateTimeUtc()) + "\r\nServer: fault\r\n";
        if (close && !b_.http10)
            h += "Connection: close\r\n";
        for (int left = b_.hugeHeaders, i = 0; left > 0; left -= 1000, ++i)
            h += "X-Padding-" + number(i) + ": " + QByteArray(std::min(left, 1000), 'x') + "\r\n";
        if ((status == 429 || status == 503) && b_.retryAfter)
            h += "Retry-After: "
                + (b_.retryAfterDate ? httpDate(QDateTime::currentDateTimeUtc().addSecs(*b_.retryAfter))
                                     : number(*b_.retryAfter))
                + "\r\n";
        for (const auto& [name, value] : headers)
            h += name + ": " + value + "\r\n";
        h += "\r\n";
    }
    void page(const char* title)
    {
        answer(200,
            QByteArray("<!DOCTYPE html>\n<html><head><title>") + title
                + "</title></head><body><form>Name <input></form></body></html>\n",
            "text/html; charset=utf-8");
    }

    bool refused()
    {
        if (b_.noise) {
            out_.head = "\x16\x03\x01 this is not the protocol you are looking for\r\n\r\n";
            out_.status = 0;
            out_.close = out_.bodyless = true;
        } else if (b_.dropWithoutReply || (b_.maxParallel > 0 && s_.parallel > b_.maxParallel && b_.parallelStatus == 0)) {
            out_.silent = out_.close = true;
            out_.status = 0;
        } else if (b_.maxParallel > 0 && s_.parallel > b_.maxParallel) {
            answer(b_.parallelStatus, "too many\n", "text/plain");
        } else {
            return false;
        }
        return true;
    }

    void redirect(QByteArray to, HeaderList headers = {})
    {
        if (!b_.relativeLocation && to.startsWith('?'))
            to.prepend(origin_ + r_.path);
        if (!to.isEmpty())
            headers.append({"Location", to});
        answer(b_.redirectStatus, "elsewhere\n", "text/plain", headers);
    }
    bool redirected()
    {
        const QUrlQuery query(QString::fromLatin1(r_.query));
        const int hop = query.queryItemValue(QStringLiteral("hop")).toInt();
        if (b_.location) {
            redirect(*b_.location);
        } else if (b_.loop) {
            redirect("?hop=" + number(1 - hop % 2));
        } else if (hop < b_.hops) {
            redirect("?hop=" + number(hop + 1));
        } else if (b_.portal) {
            query.hasQueryItem(QStringLiteral("portal")) ? page("Log in to the network") : redirect("?portal=1");
        } else if (b_.cookieNeeded && !r_.header("Cookie").contains("session=opened")) {
            hop ? answer(403, "no cookie\n", "text/plain") : redirect("?hop=1", {{"Set-Cookie", "session=opened; Path=/"}});
        } else if (b_.singleUse) {
            const QByteArray token = query.queryItemValue(QStringLiteral("token")).toLatin1();
            if (token.isEmpty())
                redirect("?token=" + number(++s_.tokens));
            else if (token.toInt() > s_.tokens || !s_.usedTokens.insert(token).second)
                answer(403, "this link was used\n", "text/plain");
            else
                return false;
        } else {
            return false;
        }
        return true;
    }

    bool unwelcome()
    {
        using Login = Behaviour::Login;
        if (r_.method == "HEAD" && b_.headStatus) {
            answer(b_.headStatus, "no HEAD here\n", "text/plain");
        } else if (r_.method != b_.method && !(r_.method == "HEAD" && b_.method == "GET")) {
            answer(405, "another method\n", "text/plain", {{"Allow", b_.method}});
        } else if (!loggedIn(b_, r_)) {
            answer(401, "log in\n", "text/plain",
                {{"WWW-Authenticate",
                    b_.login == Login::Basic        ? "Basic realm=\"weir\""
                        : b_.login == Login::Bearer ? "Bearer realm=\"weir\""
                                                    : "Digest realm=\"weir\", nonce=\"n0nce\", qop=\"auth\""}});
        } else if (!b_.refererNeeded.isEmpty() && r_.header("Referer") != b_.refererNeeded) {
            answer(403, "no direct links\n", "text/plain");
        } else if (b_.requestBody && r_.body != *b_.requestBody) {
            answer(400, "another body\n", "text/plain");
        } else {
            return false;
        }
        return true;
    }

    bool otherStatus()
    {
        if (!b_.status || r_.number <= b_.statusAfter || (b_.statusForRangesOnly && r_.range().isNull())
            || (b_.statusTimes >= 0 && s_.answeredOtherwise >= b_.statusTimes)
            || (b_.statusOnce && !s_.rangesSeen.insert(r_.range()).second))
            return false;
        ++s_.answeredOtherwise;
        answer(b_.status, b_.statusBody, b_.statusMime);
        return true;
    }

    void file()
    {
        out_.fromContent = !b_.body;
        out_.seed = seed_;
        out_.literal = b_.body.value_or(QByteArray());
        out_.length = size_;
        const auto wanted = parseRange(r_.range(), size_);
        if (!wanted || b_.ranges == Behaviour::Ranges::Ignored || b_.ranges == Behaviour::Ranges::Denied
            || (b_.wholeForOpenStart && wanted->open && wanted->begin == 0)) {
            whole();
            return;
        }
        const QByteArray condition = r_.ifRange();
        if (!condition.isNull()) {
            const bool same = (condition == etag_ && !etag_.startsWith("W/")) || condition == lastModified_;
            if (b_.ifRange == Behaviour::IfRange::Fails412) {
                answer(412, "not so\n", "text/plain");
                return;
            }
            if (b_.ifRange == Behaviour::IfRange::Always200 || (!same && b_.ifRange == Behaviour::IfRange::Honest)) {
                whole();
                return;
            }
        }
        if (wanted->begin >= size_ || b_.ranges == Behaviour::Ranges::Refused) {
            answer(416, "no such part\n", "text/plain", {{"Content-Range", "bytes */" + number(size_)}});
            return;
        }
        part(*wanted);
    }

    void whole() { describe(200, {}); }

    void part(const Wanted& wanted)
    {
        using Ranges = Behaviour::Ranges;
        qint64 begin = wanted.begin, end = wanted.end, total = size_, shift = 0, beyond = 0;
        switch (b_.ranges) {
        case Ranges::OffsetShifted: shift = 1024; break;
        case Ranges::OtherTotal: total += 1000; break;
        case Ranges::EndBeyond: beyond = size_ - end + 10; break;
        case Ranges::OtherRange: begin = begin / 2, end = std::min(size_, begin + wanted.end - wanted.begin); break;
        case Ranges::Shorter: end -= (end - begin) / 2; break;
        default: break;
        }
        out_.begin = b_.ranges == Ranges::OtherBytes ? begin / 2 + 1 : begin;
        out_.length = end - begin;
        if (!out_.fromContent) {
            out_.literal = out_.literal.mid(out_.begin, out_.length);
            out_.begin = 0;
        }
        if (b_.ranges == Ranges::Multipart) {
            multipart(begin, end);
            return;
        }
        QByteArray range = "bytes " + number(begin + shift) + '-' + number(end + shift + beyond - 1) + '/'
            + (b_.ranges == Ranges::UnknownTotal ? QByteArray("*") : number(total));
        if (b_.ranges == Ranges::GarbledContentRange)
            range = "bytes some-thing/else";
        describe(206, b_.ranges == Ranges::NoContentRange ? HeaderList{} : HeaderList{{"Content-Range", range}});
    }

    void multipart(qint64 begin, qint64 end)
    {
        QByteArray bytes = out_.fromContent ? content(seed_, begin, end - begin) : out_.literal;
        out_.fromContent = false;
        out_.begin = 0;
        out_.literal = "--PART\r\nContent-Type: " + b_.mime + "\r\nContent-Range: bytes " + number(begin) + '-'
            + number(end - 1) + '/' + number(size_) + "\r\n\r\n" + bytes + "\r\n--PART--\r\n";
        out_.length = out_.literal.size();
        head(206,
            {{"Content-Type", "multipart/byteranges; boundary=PART"}, {"Content-Length", number(out_.length)},
                {"ETag", etag_}});
    }

    void describe(int status, HeaderList headers)
    {
        const auto add = [&](const char* name, const QByteArray& value) {
            if (!value.isEmpty())
                headers.append({name, value});
        };
        add("Content-Type", b_.mime);
        add("Content-Disposition", b_.disposition);
        add("ETag", etag_);
        add("Last-Modified", lastModified_);
        if (b_.ranges == Behaviour::Ranges::Denied)
            add("Accept-Ranges", "none");
        else if (b_.ranges != Behaviour::Ranges::Ignored)
            add("Accept-Ranges", "bytes");
        if (b_.digest != Behaviour::Digest::None)
            headers.append(digestHeader(b_, seed_, size_));
        headers += b_.headers;
        encode(headers);
        frame(headers);
        head(status, headers);
    }

    void encode(HeaderList& headers)
    {
        using Coding = Behaviour::Coding;
        if (b_.coding == Coding::None)
            return;
        headers.emplaceBack("Content-Encoding", b_.coding == Coding::Unknown ? "x-riddle" : "gzip");
        if (b_.coding == Coding::Unknown)
            return;
        if (out_.fromContent)
            out_.literal = content(out_.seed, out_.begin, out_.length);
        out_.fromContent = false;
        out_.begin = 0;
        out_.literal = gzip(out_.literal);
        if (b_.coding == Coding::GzipBroken)
            out_.literal[out_.literal.size() / 2] = static_cast<char>(out_.literal[out_.literal.size() / 2] ^ 0x7f);
        out_.close |= b_.coding == Coding::GzipWrongLength;
        out_.length = out_.literal.size();
    }

    void frame(HeaderList& headers)
    {
        using Length = Behaviour::Length;
        const qint64 right = b_.coding == Behaviour::Coding::GzipWrongLength ? size_ : out_.length;
        QByteArray value;
        switch (b_.http10 && b_.length == Length::Chunked ? Length::None : b_.length) {
        case Length::Right: value = number(right); break;
        case Length::TooBig:
            value = number(right + 5000);
            out_.close = true;
            break;
        case Length::TooSmall:
            value = number(right - right / 3);
            out_.close = true;
            break;
        case Length::Negative:
            value = "-5";
            out_.close = true;
            break;
        case Length::Garbage:
            value = "many";
            out_.close = true;
            break;
        case Length::Huge:
            value = "99999999999999999999999999";
            out_.close = true;
            break;
        case Length::TwoDifferent:
            headers.append({"Content-Length", number(right + 1)});
            value = number(right);
            out_.close = true;
            break;
        case Length::None: out_.close = true; break;
        case Length::ChunkedBroken: out_.brokenChunk = true; [[fallthrough]];
        case Length::ChunkedCut:
            out_.lastChunk = false;
            out_.close = true;
            [[fallthrough]];
        case Length::Chunked:
            out_.chunked = true;
            headers.emplaceBack("Transfer-Encoding", "chunked");
            break;
        }
        if (!value.isEmpty())
            headers.append({"Content-Length", value});
        out_.extraBytes = b_.extraBytes;
        out_.close |= b_.extraBytes > 0;
    }

    void connection()
    {
        out_.bodyless |= r_.method == "HEAD";
        out_.firstByteDelay = b_.firstByteDelay;
        out_.dripBytes = b_.dripBytes;
        out_.dripPause = b_.dripPause;
        if (!b_.rates.empty())
            out_.rate = b_.rates[static_cast<std::size_t>(r_.connection) % b_.rates.size()];
        const bool good = out_.status == 200 || out_.status == 206;
        if (good && !out_.bodyless && (b_.cutAfter || b_.cutAnywhere) && (b_.cutTimes < 0 || s_.cuts < b_.cutTimes)) {
            const qint64 at = b_.cutAnywhere
                ? std::uniform_int_distribution<qint64>(0, std::max<qint64>(0, out_.length - 1))(random_)
                : *b_.cutAfter;
            if (at < out_.length) {
                ++s_.cuts;
                out_.cutAfter = at;
                out_.reset = b_.reset;
                out_.close = true;
            }
        }
        if (good && !out_.bodyless && b_.stallAfter && *b_.stallAfter < out_.length
            && (b_.stallTimes < 0 || s_.stalls < b_.stallTimes)) {
            ++s_.stalls;
            out_.stallAfter = b_.stallAfter;
        }
    }

    const Behaviour& b_;
    const HttpRequest& r_;
    PathState& s_;
    const QByteArray& origin_;
    std::mt19937_64& random_;
    HttpReply out_;
    quint64 seed_;
    qint64 size_;
    QByteArray etag_, lastModified_;
};

} // namespace

QByteArray HttpRequest::header(const char* name) const
{
    for (const auto& [key, value] : headers)
        if (key.compare(name, Qt::CaseInsensitive) == 0)
            return value.isNull() ? QByteArray("") : value;
    return {};
}

HttpReply compose(
    const Behaviour& behaviour, const HttpRequest& request, PathState& state, const QByteArray& origin, std::mt19937_64& random)
{
    return Composer(behaviour, request, state, origin, random).reply();
}

} // namespace weir::test
