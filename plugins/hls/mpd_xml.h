#pragma once
// A walk over the elements of an XML text, with attributes as the types that DASH gives them. Document types and entities are
// refused. The first thing that is wrong ends the walk; error() tells it with URL and line. Pure; owned by its reader.

#include <weir/range_set.h>

#include <QUrl>
#include <QXmlStreamReader>

#include <chrono>
#include <optional>

namespace weir::mpd {

class Xml {
public:
    /// `url` must outlive this.
    Xml(QByteArrayView text, const QUrl& url) : url_(url) { reader_.addData(text.toByteArray()); }

    /// To the next child of the current element; false at its end. After each true the element must be consumed: by skip(),
    /// readText() or a loop over its own children.
    bool nextChild();
    void skip() { reader_.skipCurrentElement(); }
    QString readText();
    /// Reads what is left. A text that was cut off shows only at its end.
    void finish();

    QStringView name() const { return reader_.name(); }
    bool is(const char* name) const { return reader_.name() == QLatin1String(name); }
    qint64 line() const { return reader_.lineNumber(); }

    // Attributes of the current element. Absent: nullopt or empty. Malformed: the same, and the walk ends.
    QString text(const char* name) const;
    std::optional<qint64> number(const char* name);   ///< at most 2^60
    std::optional<double> seconds(const char* name);  ///< of an xs:duration, at most 1e11
    std::optional<double> decimal(const char* name);  ///< "INF" is 1e11
    std::optional<ByteRange> range(const char* name); ///< "0-719"
    std::optional<std::chrono::system_clock::time_point> date(const char* name);
    QString link() const; ///< xlink:href

    void fail(Code code, const QString& reason);
    std::optional<Error> error() const;

private:
    QXmlStreamReader reader_;
    const QUrl& url_;
    std::optional<Error> error_;
};

} // namespace weir::mpd
