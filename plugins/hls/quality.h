#pragma once
// --quality as a condition on tracks. Pure; any thread.

#include "hls/stream_model.h"

namespace weir {

class Quality {
public:
    static Result<Quality> parse(const QString& text); ///< BadOption

    bool fits(const Track& track) const;
    bool worst() const { return worst_; } ///< of what fits, the least
    bool none() const { return none_; }   ///< no video at all

private:
    enum class Field : quint8 { Height, Width, Rate, Bandwidth, Codec, Range };
    enum class Relation : quint8 { Less, LessOrEqual, Equal, NotEqual, GreaterOrEqual, Greater };
    struct Condition {
        Field field;
        Relation relation;
        double number = 0;
        QString word;
    };
    static Result<Condition> parseCondition(const QString& text);
    static bool holds(const Condition& condition, const Track& track);

    QList<Condition> conditions_;
    bool worst_ = false, none_ = false;
};

/// "720p" of 1280x536 and of 720x1280 alike; 0: not known.
int nominalHeight(const Track& track);

} // namespace weir
