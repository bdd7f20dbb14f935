#include "base/text_log.h"

#include <algorithm>
#include <array>

namespace weir {

namespace {

constexpr const char* kHidden = "***";

bool isBlank(char c) { return c == ' ' || c == '\t'; }
bool isNameChar(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.'
        || c == '%';
}

template <std::size_t N> bool isOneOf(QByteArrayView word, const std::array<const char*, N>& list)
{
    return std::any_of(list.begin(), list.end(), [&](const char* entry) { return word == QByteArrayView(entry); });
}

/// Headers whose whole value is secret.
bool isSecretHeader(QByteArrayView lowerName)
{
    static constexpr std::array kNames{"cookie", "cookie2", "set-cookie", "set-cookie2", "authorization", "proxy-authorization",
        "x-amz-security-token", "x-csrf-token", "x-xsrf-token"};
    return isOneOf(lowerName, kNames);
}

/// Names whose value is secret wherever they stand.
bool isSecretName(QByteArrayView lowerName)
{
    static constexpr std::array kNames{
        "sig", "hmac", "pass", "pwd", "hdnts", "hdnea", "jwt", "apikey", "accesskey", "authkey", "rsskey"};
    static constexpr std::array kParts{"token", "secret", "signature", "passw", "passkey", "passphrase", "torrent_pass",
        "api-key", "api_key", "access-key", "access_key", "credential", "key-pair-id", "sessionid", "session_id", "session-id",
        "private-key", "private_key"};
    return isOneOf(lowerName, kNames) || std::any_of(kParts.begin(), kParts.end(), [&](const char* part) {
        return lowerName.contains(QByteArrayView(part));
    });
}

/// Names that are everyday words elsewhere ("exit code=22") and secrets in a query.
bool isSecretInQuery(QByteArrayView lowerName)
{
    static constexpr std::array kNames{"auth", "key", "policy", "sid", "session", "code", "otp", "pin", "ticket"};
    return isOneOf(lowerName, kNames);
}

struct Name {
    QByteArray word; ///< lower case
    char before;     ///< the character before it; 0: none
};

/// Copies text to `out_` and puts three stars where a secret stood. One pass; each rule looks at most to the end of its value.
class Masker {
public:
    explicit Masker(QByteArrayView text) : text_(text) { out_.reserve(text.size()); }

    QByteArray run()
    {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if ((c == '=' || c == ':') && maskAfterName(c, 1))
                continue;
            // A URL within a URL's query.
            if (c == '%' && at_ + 2 < text_.size() && text_[at_ + 1] == '3' && (text_[at_ + 2] | 0x20) == 'd'
                && maskAfterName('=', 3))
                continue;
            if (c == ':' && text_.sliced(at_).startsWith("://") && maskUserInfo())
                continue;
            if (isBlank(c) && maskScheme())
                continue;
            copy(1);
        }
        return out_;
    }

private:
    void copy(qsizetype bytes)
    {
        out_.append(text_.sliced(at_, bytes));
        at_ += bytes;
    }
    void hide(qsizetype end)
    {
        out_.append(kHidden);
        at_ = end;
    }

    /// The name that ends just before the separator, percent-decoded, without quotes.
    Name nameBefore(qsizetype separator) const
    {
        qsizetype end = separator;
        while (end > 0 && separator - end < 8 && (isBlank(text_[end - 1]) || text_[end - 1] == '"' || text_[end - 1] == '\''))
            --end;
        qsizetype begin = end;
        // Longer words are no names; the bound keeps a text of one endless word linear.
        while (begin > 0 && end - begin < 96 && isNameChar(text_[begin - 1]))
            --begin;
        const QByteArray decoded = QByteArray::fromPercentEncoding(text_.sliced(begin, end - begin).toByteArray()).toLower();
        qsizetype start = decoded.size();
        while (start > 0 && isNameChar(decoded[start - 1]))
            --start;
        return {decoded.sliced(start), start > 0 ? decoded[start - 1] : begin > 0 ? text_[begin - 1] : '\0'};
    }

    bool maskAfterName(char separator, qsizetype separatorSize)
    {
        const auto [name, before] = nameBefore(at_);
        const bool wholeLine = separator == ':' && isSecretHeader(name);
        const bool inQuery =
            separator == '=' && (before == '?' || before == '&' || before == ';' || before == '#' || before == '\0');
        if (!isSecretHeader(name) && !isSecretName(name) && !(inQuery && isSecretInQuery(name)))
            return false;
        copy(separatorSize);
        while (at_ < text_.size() && (isBlank(text_[at_]) || text_[at_] == '"' || text_[at_] == '\'')) {
            const char c = text_[at_];
            copy(1);
            if (!isBlank(c)) {
                hide(endOfQuoted(c));
                return true;
            }
        }
        const qsizetype end = wholeLine ? endOfHeader() : endOfWord(at_, separatorSize > 1);
        if (end > at_)
            hide(end);
        return true;
    }

    qsizetype endOfQuoted(char quote) const
    {
        qsizetype end = at_;
        while (end < text_.size() && text_[end] != quote && text_[end] != '\n')
            end += text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n' ? 2 : 1;
        return std::min(end, text_.size());
    }
    /// With the folded lines that belong to it.
    qsizetype endOfHeader() const
    {
        for (qsizetype end = at_;; ++end) {
            end = text_.indexOf('\n', end);
            if (end < 0)
                return text_.size();
            if (end + 1 >= text_.size() || !isBlank(text_[end + 1]))
                return end > at_ && text_[end - 1] == '\r' ? end - 1 : end;
        }
    }
    qsizetype endOfWord(qsizetype from, bool encoded) const
    {
        const auto stops = [](char c) { return quint8(c) <= ' ' || QByteArrayView("&;#\"'<>,)").contains(c); };
        qsizetype end = std::find_if(text_.begin() + from, text_.end(), stops) - text_.begin();
        for (const char* stop : {"%26", "%23", "%3B", "%3b"})
            if (const qsizetype found = encoded ? text_.first(end).indexOf(stop, from) : -1; found >= 0)
                end = found;
        return end;
    }

    /// "://name:password@": up to the authority's last '@', since passwords have them too.
    bool maskUserInfo()
    {
        const qsizetype begin = at_ + 3;
        const auto ends = [](char c) { return quint8(c) <= ' ' || QByteArrayView("/?#\"'<>").contains(c); };
        const qsizetype end = std::find_if(text_.begin() + begin, text_.end(), ends) - text_.begin();
        const QByteArrayView authority = text_.sliced(begin, end - begin);
        const qsizetype host = authority.lastIndexOf('@'), colon = authority.indexOf(':');
        if (host < 0 || colon < 0 || colon > host)
            return false;
        copy(3 + colon + 1);
        hide(begin + host);
        return true;
    }

    /// "Bearer abc" and "Basic abc" without their header's name.
    bool maskScheme()
    {
        constexpr qsizetype kLeast = 8;
        if (at_ < 5 || isBlank(text_[at_ - 1]))
            return false;
        const QByteArray scheme = nameBefore(at_).word;
        if (scheme != "bearer" && scheme != "basic")
            return false;
        const qsizetype end = endOfWord(at_ + 1, false);
        const QByteArrayView word = text_.sliced(at_ + 1, end - at_ - 1);
        // "Basic" is an English word too: a password says so by its colon.
        if (word.size() < kLeast || (scheme == "basic" && !QByteArray::fromBase64(word.toByteArray()).contains(':')))
            return false;
        copy(1);
        hide(end);
        return true;
    }

    QByteArrayView text_;
    QByteArray out_;
    qsizetype at_ = 0;
};

} // namespace

QByteArray maskSecrets(QByteArrayView text) { return Masker(text).run(); }

QString maskSecrets(const QString& text)
{
    const QByteArray bytes = text.toUtf8();
    const QByteArray masked = maskSecrets(QByteArrayView(bytes));
    return masked == bytes ? text : QString::fromUtf8(masked);
}

} // namespace weir
