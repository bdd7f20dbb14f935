#pragma once
// The options of get, add and probe: CLI11 collects the text, items() makes task.add's items of it. Single thread.

#include <weir/result.h>

#include <QJsonArray>
#include <QJsonObject>

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace weir {

class AddOptions {
public:
    enum class For : char { Add, Probe };
    void define(CLI::App& app, For what);

    bool asks() const { return ask_; }
    /// One item for each URL, as task.add takes them. `current`: the folder for relative paths; `fallback`: names the target
    /// folder without --dir, called when all else is right (it may start the daemon).
    /// NoInput, InputUnreadable, BadUrl, BadOption, BadRate, BadTime, BadHeader, BadChecksum.
    Result<QJsonArray> items(const QString& current, const std::function<Result<QString>()>& fallback) const;

private:
    Result<QStringList> allUrls(const QString& current) const;
    Result<QJsonObject> common(const QString& current) const;
    Result<QJsonObject> options() const;
    Result<QJsonObject> secrets(const QString& current) const;
    Result<void> place(
        QJsonObject& item, const QString& current, const std::function<Result<QString>()>& fallback, qsizetype urls) const;

    std::vector<std::string> urls_, mirrors_, headers_, cookies_, checksums_, audio_, subs_, trackers_;
    std::string directory_, output_, input_, limit_, referer_, userAgent_, user_, data_, method_, proxy_, cacert_, cert_, key_,
        bind_, priority_, ifExists_, quality_, container_, ads_, adPattern_, order_, from_, to_, duration_, maxSize_, files_,
        seedTime_;
    int connections_ = 0, retries_ = -1;
    double seedRatio_ = -1;
    bool insecure_ = false, ask_ = false, sums_ = false, liveFromStart_ = false, sequential_ = false, paused_ = false;
};

/// The options that say what to take, as `choose` and get share them; BadOption.
struct TakeOptions {
    std::string quality, files;
    std::vector<std::string> audio, subs;
    Result<QJsonObject> toJson() const;
};

/// What `@FILE` names ("@-": standard input), or the text itself. InputUnreadable names the file.
Result<QByteArray> textOrFile(const std::string& text, const QString& current);
/// "Name: value" without line breaks; BadHeader.
Result<void> checkHeader(const QString& line);
/// A URL as typed: without a scheme http is meant, an existing file is itself. BadUrl.
Result<QString> urlAsTyped(const QString& text, const QString& current);

} // namespace weir
