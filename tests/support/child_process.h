#pragma once
// A QProcess for tests that also run under the thread sanitizer. Qt starts programs by vfork, which the sanitizer takes for a
// fork of this process: from then on it sees no lock of the thread that called. Given a modifier, Qt forks in full.

#include <QProcess>

namespace weir::test {

class ChildProcess : public QProcess {
public:
    ChildProcess()
    {
#ifdef __SANITIZE_THREAD__
        setChildProcessModifier([] {});
#endif
    }
};

} // namespace weir::test
