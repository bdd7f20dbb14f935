#include "config/capture_rules.h"

#include <QCryptographicHash>
#include <QFile>
#include <QJsonDocument>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kRevisionDigits = 16;

Result<CaptureRules::Set> readFile(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::SettingsUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    const QByteArray text = file.read(CaptureRules::kMaxBytes + 1);
    if (text.size() > CaptureRules::kMaxBytes)
        return failure(Code::SettingsUnreadable, QStringLiteral("%1: it is longer than 512 KiB").arg(path));
    QJsonParseError parsed;
    const QJsonDocument document = QJsonDocument::fromJson(text, &parsed);
    if (!document.isObject()) {
        const auto line = 1 + std::count(text.begin(), text.begin() + std::min<qsizetype>(parsed.offset, text.size()), '\n');
        return failure(Code::SettingsUnreadable,
            parsed.error == QJsonParseError::NoError
                ? QStringLiteral("%1: an object is expected").arg(path)
                : QStringLiteral("%1, line %2: %3").arg(path).arg(line).arg(parsed.errorString()));
    }
    const QByteArray canonical = document.toJson(QJsonDocument::Compact);
    const QByteArray digest = QCryptographicHash::hash(canonical, QCryptographicHash::Sha256).toHex();
    return CaptureRules::Set{QString::fromLatin1(digest.left(kRevisionDigits)), document.object()};
}

} // namespace

CaptureRules::CaptureRules(QString userFile, QStringList usualFiles)
    : userFile_(std::move(userFile)),
      usualFiles_(std::move(usualFiles)),
      current_(read()),
      watch_(userFile_, [this] { reread(); })
{}

Result<CaptureRules::Set> CaptureRules::read() const
{
    if (QFile::exists(userFile_))
        return readFile(userFile_);
    for (const QString& path : usualFiles_)
        if (QFile::exists(path))
            return readFile(path);
    return failure(Code::DiskNoSuchFile, usualFiles_.value(0));
}

void CaptureRules::reread()
{
    auto now = read();
    if (now && current_ && now->revision == current_->revision)
        return;
    if (now || !current_)
        current_ = now;
    if (listener_)
        listener_(now);
}

} // namespace weir
