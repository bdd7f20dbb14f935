#pragma once
// The addresses that a plugin's author lists for the contract kit, one JSON object: address -> "taken", "refused", "download"
// (taken, and fetched), or a digest like "sha-256=HEX" (fetched, and these bytes come). Pure; any thread.

#include <weir/fetch.h>

namespace weir {

struct ListedAddress {
    enum class Wish : quint8 { Taken, Refused, Download };
    QUrl url;
    Wish wish = Wish::Taken;
    std::optional<ExpectedDigest> digest;
};

/// BadOption names the entry that can't be understood.
Result<std::vector<ListedAddress>> readAddressList(const QByteArray& json);

} // namespace weir
