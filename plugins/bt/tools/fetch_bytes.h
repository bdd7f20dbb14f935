#pragma once
// Small contents as one QByteArray: of a file, of standard input ("-"), or of an http(s) URL, without the daemon. Blocking; any
// thread.

#include <weir/fetch.h>

namespace weir {

struct HttpOptions {
    std::chrono::milliseconds timeout{15'000};
    RequestContext context;
};

/// InputUnreadable; FileTooBigForLimit.
Result<QByteArray> readFile(const QString& path, qint64 most);
/// What a URL answers with success; the errors of the Network, Tls and Http categories. Gives up after the timeout.
Result<QByteArray> fetchBytes(const QUrl& url, qint64 most, const HttpOptions& options);
/// An http(s) URL, or a file.
Result<QByteArray> bytesOf(const QString& fileOrUrl, qint64 most, const HttpOptions& options);

} // namespace weir
