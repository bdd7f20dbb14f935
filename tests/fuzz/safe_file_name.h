#pragma once
// What every name that weir gives to a file must be, for fuzz targets.

#include "check.h"

#include "base/file_name.h"

inline void checkSafe(const QString& name)
{
    WEIR_CHECK(!name.isEmpty());
    WEIR_CHECK(name.toUtf8().size() <= weir::kMaxNameBytes);
    WEIR_CHECK(QString::fromUtf8(name.toUtf8()) == name); // no half surrogate pairs
    WEIR_CHECK(!name.startsWith(u'.') && !name.startsWith(u' ') && !name.endsWith(u'.') && !name.endsWith(u' '));
    for (const QChar c : name) {
        WEIR_CHECK(c != u'/' && c != u'\\' && c != u':');
        WEIR_CHECK(c.category() != QChar::Other_Control);
        WEIR_CHECK(!(c.unicode() >= 0x202a && c.unicode() <= 0x202e) && !(c.unicode() >= 0x2066 && c.unicode() <= 0x2069));
        WEIR_CHECK(c.unicode() != 0x200e && c.unicode() != 0x200f && c.unicode() != 0x061c);
    }
    const QString stem = name.section(u'.', 0, 0).trimmed().toUpper();
    WEIR_CHECK(stem != u"CON" && stem != u"NUL" && stem != u"AUX" && stem != u"PRN" && stem != u"COM1" && stem != u"LPT1");
}
