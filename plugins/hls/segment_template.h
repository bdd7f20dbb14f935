#pragma once
// An address with $Number$, $Time$ and the like in it (ISO/IEC 23009-1, 5.3.9.4.4). Pure; any thread.

#include <weir/result.h>

#include <QByteArray>

#include <vector>

namespace weir {

class SegmentTemplate {
public:
    /// BadPlaylist: an unknown name, a width that is no width, a dollar sign alone.
    static Result<SegmentTemplate> parse(QByteArrayView text, QByteArrayView representation, qint64 bandwidth);

    QByteArray filled(qint64 number, qint64 time) const;
    bool varies() const; ///< it has a number or a time in it

private:
    enum class What : quint8 { Nothing, Number, Time };
    struct Part {
        QByteArray before; ///< literal
        What what = What::Nothing;
        int width = 1;
    };
    std::vector<Part> parts_;
};

} // namespace weir
