#include "queue/files_beside.h"

#include <QJsonArray>

namespace weir {

namespace {

const QString kKey = QStringLiteral("beside");

QStringList in(const SpecRecord& spec)
{
    QStringList paths;
    const QJsonArray kept = spec.options.value(kKey).toArray();
    for (const QJsonValue& path : kept)
        paths.append(path.toString());
    return paths;
}

} // namespace

QStringList filesBeside(Store& store, TaskId task) { return in(store.spec(task)); }

void keepFilesBeside(Store& store, TaskId task, const QStringList& paths)
{
    SpecRecord spec = store.spec(task);
    if (in(spec) == paths)
        return;
    spec.options.insert(kKey, QJsonArray::fromStringList(paths));
    store.updateSpec(task, spec);
}

QStringList besideOwn(const QStringList& finalPaths, const QString& directory, const QString& name)
{
    QStringList beside;
    for (const QString& path : finalPaths) {
        const QString relative = path.mid(directory.size() + 1);
        if (path.startsWith(directory + u'/') && relative != name && !relative.startsWith(name + u'/'))
            beside.append(relative);
    }
    return beside;
}

} // namespace weir
