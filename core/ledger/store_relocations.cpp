// Files on their way to another folder, as the store keeps them.

#include "ledger/query.h"

namespace weir {

void Store::saveRelocation(const RelocationRecord& relocation)
{
    dropRelocation(relocation.task);
    const int kept = Query(*db_, "INSERT INTO relocation SELECT id, ?2, ?3, ?4, ?5 FROM task WHERE id = ?1", relocation.task,
        relocation.from, relocation.to, relocation.staging, relocation.switched)
                         .run();
    if (kept == 0)
        return;
    int place = 0;
    for (const RelocationRecord::Entry& entry : relocation.entries)
        Query(*db_, "INSERT INTO relocation_entry VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", relocation.task, place++, entry.from,
            entry.to, entry.origin.device, entry.origin.inode, entry.origin.born, entry.placed.device, entry.placed.inode,
            entry.placed.born)
            .run();
}

void Store::dropRelocation(TaskId task) { Query(*db_, "DELETE FROM relocation WHERE task = ?", task).run(); }

std::optional<RelocationRecord> Store::relocation(TaskId task)
{
    RelocationRecord record;
    {
        Query query(*db_, "SELECT source, target, staging, switched FROM relocation WHERE task = ?", task);
        if (!query.next())
            return std::nullopt;
        record.task = task;
        record.from = query.text();
        record.to = query.text();
        record.staging = query.text();
        record.switched = query.integer() != 0;
    }
    Query query(*db_,
        "SELECT source, target, device, inode, born, placedDevice, placedInode, placedBorn FROM relocation_entry"
        " WHERE task = ? ORDER BY place",
        task);
    const auto identity = [&query] {
        FileIdentity read;
        read.device = quint64(query.integer());
        read.inode = quint64(query.integer());
        read.born = query.integer();
        return read;
    };
    while (query.next()) {
        query.row();
        RelocationRecord::Entry entry;
        entry.from = query.text();
        entry.to = query.text();
        entry.origin = identity();
        entry.placed = identity();
        record.entries.push_back(std::move(entry));
    }
    return record;
}

std::vector<RelocationRecord> Store::relocations()
{
    std::vector<TaskId> tasks;
    {
        Query query(*db_, "SELECT task FROM relocation ORDER BY task");
        while (query.next()) {
            query.row();
            tasks.push_back(query.integer());
        }
    }
    std::vector<RelocationRecord> records;
    for (const TaskId task : tasks)
        if (auto record = relocation(task))
            records.push_back(std::move(*record));
    return records;
}

} // namespace weir
