#pragma once
// `weir plugin check` as a plugin's author runs it: the program, a list of addresses, what it found. Test thread.

#include <QJsonArray>
#include <QJsonObject>
#include <QProcessEnvironment>
#include <QTemporaryDir>

namespace weir::test {

class Kit {
public:
    Kit();

    struct Checked {
        int status = -1;
        QJsonArray findings;
        QByteArray errors; ///< what it said on standard error

        /// The worst outcome of a rule; empty: it was not looked at.
        QString outcome(const QString& rule) const;
        QString detail(const QString& rule) const;
    };
    /// `addresses`: as an author's list has them.
    Checked check(const QString& library, const QJsonObject& addresses);
    void configure(const QJsonObject& settings);
    QString path(const QString& below) const { return folder_.filePath(below); }

    /// One of ours, and one that is built for tests only.
    static QString own(const QString& name);
    static QString forTests(const QString& name);

private:
    QTemporaryDir folder_;
};

/// All rules of a download were kept; none was skipped.
void expectKept(const Kit::Checked& checked);

} // namespace weir::test
