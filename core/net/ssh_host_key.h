#pragma once
// Is an SSH server the one that it was? Looks into ~/.ssh/known_hosts by way of libcurl and remembers why it refused. One for
// each transfer, which owns it; libcurl calls back on the shard's thread.

#include <weir/result.h>

#include <optional>

#include <curl/curl.h>

namespace weir {

class SshHostKey {
public:
    /// Every SSH connection of `easy` is checked from now on. A changed key is refused in any case.
    void watch(CURL* easy, bool acceptUnknown);
    /// SshHostUnknown or SshHostChanged with the key's fingerprint; nullopt: it was not refused.
    const std::optional<Error>& refusal() const { return refusal_; }

private:
    static int onKey(CURL*, const curl_khkey* known, const curl_khkey* found, curl_khmatch match, void* self);

    bool acceptUnknown_ = false;
    std::optional<Error> refusal_;
};

/// "SHA256:..." as OpenSSH shows it.
QString sshFingerprint(const QByteArray& key);

} // namespace weir
