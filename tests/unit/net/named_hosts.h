#pragma once
// The unit test program answers getaddrinfo() itself for names below ".test": 127.0.0.1, or nothing at all while they are
// held. Tests get several hosts and a slow name server that way.

namespace weir::test {

/// While one lives, names that end in "slow.test" are not answered.
class HeldNames {
public:
    HeldNames();
    ~HeldNames();
    void waitUntilAsked(); ///< returns when a resolver waits
};

} // namespace weir::test
