#pragma once
// A line between two machines of a NetLab with the delay and loss of a long way, by the program that WEIR_WANEM names. Main
// thread of a test; the line is there until the object goes, and the lab outlives it.

#include "support/net_lab.h"

#include <QProcess>

namespace weir::test {

class WideLine {
public:
    struct Way {
        int delayMs = 0; ///< in each direction
        int mbit = 100;
        double loss = 0; ///< of the packets from `near` to `far`
    };
    WideLine(const NetLab& lab, const QString& near, const QString& far, Way way);
    ~WideLine();

    static QString missing(); ///< why it can't be had; empty: it can
    bool ready() const { return ready_; }
    static QString nearAddress() { return QStringLiteral("10.214.7.1"); }
    static QString farAddress() { return QStringLiteral("10.214.7.2"); }

private:
    QProcess process_;
    bool ready_ = false;
};

} // namespace weir::test
