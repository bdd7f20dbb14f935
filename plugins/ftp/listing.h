#pragma once
// What a server says is in a folder: MLSD (RFC 3659), or the text of LIST as Unix and Windows servers write it, which SFTP's
// long names look like as well. Pure; any thread. The text is hostile: a name that could not be a name is left out.

#include <weir/result.h>

#include <QByteArray>

#include <vector>

namespace weir {

struct ListedEntry {
    enum class Kind : quint8 { File, Folder, Link };
    Kind kind = Kind::File;
    QByteArray name; ///< as the server's bytes; never empty, ".", "..", with a slash or a control character
    qint64 size = -1;
    bool operator==(const ListedEntry&) const = default;
};

/// In the server's order. Errors: FtpListingBad if there are lines but none makes sense.
Result<std::vector<ListedEntry>> parseMlsd(QByteArrayView text);
Result<std::vector<ListedEntry>> parseList(QByteArrayView text);

} // namespace weir
