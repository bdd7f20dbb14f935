#include <weir/fetch.h>

#include <algorithm>

namespace weir {
inline namespace abi1 {

QByteArray headerValue(const Headers& headers, QByteArrayView name)
{
    for (const auto& [key, value] : headers)
        if (key.size() == name.size() && qstrnicmp(key.constData(), key.size(), name.data(), name.size()) == 0)
            return value.isNull() ? QByteArray("") : value;
    return {};
}

bool isStrongValidator(QByteArrayView validator)
{
    // etagc of RFC 9110: what else stands between the quotes may not be sent back in If-Range.
    const auto etagc = [](char c) { return quint8(c) >= 0x21 && c != '"' && quint8(c) != 0x7f; };
    return validator.size() >= 2 && validator.front() == '"' && validator.back() == '"'
        && std::all_of(validator.begin() + 1, validator.end() - 1, etagc);
}

void CookieJar::set(QList<QByteArray> netscapeLines)
{
    const std::scoped_lock lock(mutex_);
    lines_ = std::move(netscapeLines);
}

QList<QByteArray> CookieJar::lines() const
{
    const std::scoped_lock lock(mutex_);
    return lines_;
}

std::shared_ptr<const RequestContext> RequestContext::withoutSecrets() const
{
    auto plain = std::make_shared<RequestContext>();
    plain->auth.netrc = false;
    plain->proxy = proxy;
    plain->tls.caFile = tls.caFile;
    plain->tls.insecure = tls.insecure;
    plain->userAgent = userAgent;
    plain->bindTo = bindTo;
    return plain;
}

} // namespace abi1
} // namespace weir
