#pragma once
// Errors are rows of one catalogue (errors.def): code, category, what to do about it, exit status, sentence, hint.
// An Error names a row and adds what is particular to this case. Plain values; any thread.

#include <QString>
#include <QStringList>

#include <chrono>
#include <optional>
#include <span>

namespace weir {
inline namespace abi1 {

enum class Category : quint8 {
    General,
    Input,
    Plugin,
    Disk,
    Ledger,
    Network,
    Tls,
    Proxy,
    Http,
    Ftp,
    Torrent,
    Stream,
    Media,
    Rpc,
    Host
};

/// What the program does after such an error. This column is the only retry policy there is.
enum class Retry : quint8 {
    Never,       ///< the task fails
    Now,         ///< at once, another way
    Later,       ///< the same again after a back-off
    OtherSource, ///< from another mirror first, then as Later
    AfterUser,   ///< the task stands still until somebody changes something; the hint says what
};

enum class Code : quint16 {
#define WEIR_ERROR(name, number, category, retry, exitStatus, text, hint) name = number,
#include <weir/errors.def>
#undef WEIR_ERROR
};

/// One row of the catalogue. The strings are static.
struct ErrorRow {
    Code code;
    const char* name;
    Category category;
    Retry retry;
    int exitStatus;   ///< of the command line; keeps aria2's meanings
    const char* text; ///< one sentence without a full stop: what happened
    const char* hint; ///< what the reader can do; never empty for AfterUser
};

/// What failed in this case.
struct Error {
    Code code;
    QString detail; ///< which file, URL or value, and while doing what ("open movie.mkv.part")
    int native = 0; ///< errno, CURLcode, HTTP status or AVERROR; 0: none
    std::optional<std::chrono::system_clock::time_point> notBefore = {}; ///< the other side asked to wait (Retry-After)

    bool operator==(const Error&) const = default;
};

/// All rows in the order of their numbers.
std::span<const ErrorRow> errorRows();
/// The row of a code; every code has one.
const ErrorRow& errorRow(Code code);
/// By symbol ("HttpNotFound", case does not matter) or number ("2404"); nullptr: unknown.
const ErrorRow* findErrorRow(QStringView nameOrNumber);
/// By number; nullptr: there is no such row.
const ErrorRow* findErrorRow(int number);

const char* toString(Category category);
const char* toString(Retry retry);

/// "The server has no such file: https://host/a.iso (404)": one line for people.
QString describe(const Error& error);

} // namespace abi1
} // namespace weir
