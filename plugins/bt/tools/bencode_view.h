#pragma once
// A bencoded value for people and for programs. Strings that are text are shown as text, all others as hex. Pure; any thread.

#include "bencode.h"

#include <QJsonValue>
#include <QString>

namespace weir {

/// Strings become JSON strings, or {"hex": "00ff"} if they are not text; keys that are not text become "hex:00ff".
QJsonValue bencodeJson(const BencodeValue& value);
/// Indented lines; of a binary string at most `most` bytes are shown (0: all).
QString bencodeLines(const BencodeValue& value, qsizetype most);
/// UTF-8 without control characters other than tab and line break.
bool isPlainText(QByteArrayView bytes);

} // namespace weir
