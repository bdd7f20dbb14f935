#include "media/spool.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

#include <csignal>
#include <thread>

#include <sys/resource.h>

namespace weir {
namespace {

using Kind = SpoolEntry::Kind;

class SpoolTest : public ::testing::Test {
protected:
    QString path() const { return folder_.filePath(QStringLiteral("film.spool")); }
    std::unique_ptr<Spool> open(const QByteArray& saved = {}, int tracks = 2)
    {
        auto spool = Spool::open(path(), tracks, saved);
        EXPECT_TRUE(spool) << qPrintable(describe(spool.error()));
        return spool ? std::move(*spool) : nullptr;
    }
    static void append(Spool& spool, int track, qint64 number, const QByteArray& bytes, Kind kind = Kind::Media)
    {
        const SpoolEntry entry{
            .kind = kind, .packing = Packing::Fmp4, .number = number, .start = double(number), .duration = 1};
        ASSERT_TRUE(spool.append(track, entry, {bytes.constData(), std::size_t(bytes.size())}));
    }
    static QByteArray bytesOf(const Spool& spool, int track, const SpoolEntry& entry)
    {
        QByteArray bytes(entry.size, '?');
        EXPECT_TRUE(spool.read(track, entry.offset, {bytes.data(), std::size_t(bytes.size())}));
        return bytes;
    }

    QTemporaryDir folder_;
};

TEST_F(SpoolTest, WhatWasAppendedIsThereAfterOpeningAgain)
{
    QByteArray saved;
    std::vector<SpoolEntry> before;
    {
        auto spool = open();
        append(*spool, 0, 0, "init", Kind::Init);
        append(*spool, 0, 1, "first");
        append(*spool, 1, 1, "sound");
        append(*spool, 0, 2, "", Kind::Gap);
        append(*spool, 0, 3, "third");
        SpoolEntry shifted{.number = 9, .start = 0.1, .timeShift = -3.25, .discontinuity = 7};
        ASSERT_TRUE(spool->append(1, shifted, {"x", 1}));
        saved = spool->index();
        for (int i = 0; i < 4; ++i)
            before.push_back(*spool->entryNow(0, i));
    }
    auto spool = open(saved);
    ASSERT_EQ(spool->entryCount(0), 4);
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(*spool->entryNow(0, i), before[std::size_t(i)]) << i;
    EXPECT_EQ(bytesOf(*spool, 0, *spool->entryNow(0, 3)), "third");
    EXPECT_EQ(spool->entryNow(0, 3)->init, 0);
    EXPECT_EQ(spool->entryNow(1, 0)->init, -1);
    EXPECT_EQ(spool->entryNow(1, 1)->timeShift, -3.25);
    EXPECT_EQ(spool->entryNow(1, 1)->discontinuity, 7);
    EXPECT_EQ(spool->index(), saved);
    append(*spool, 0, 4, "more");
    EXPECT_EQ(bytesOf(*spool, 0, *spool->entryNow(0, 4)), "more");
}

TEST_F(SpoolTest, WhatTheSavedIndexDoesNotNameIsForgotten)
{
    QByteArray saved;
    {
        auto spool = open();
        append(*spool, 0, 1, "kept");
        saved = spool->index();
        append(*spool, 0, 2, "never durable");
        append(*spool, 1, 2, "neither");
    }
    auto spool = open(saved);
    EXPECT_EQ(spool->entryCount(0), 1);
    EXPECT_EQ(spool->entryCount(1), 0);
    EXPECT_EQ(QFileInfo(path() + QStringLiteral("/track0")).size(), 4);
    append(*spool, 0, 2, "again");
    EXPECT_EQ(bytesOf(*spool, 0, *spool->entryNow(0, 1)), "again");
}

TEST_F(SpoolTest, TheIndexStaysSmallAndNamesItsFiles)
{
    auto spool = open();
    const qsizetype size = spool->index().size();
    for (int i = 0; i < 100; ++i)
        append(*spool, 0, i, "bytes");
    EXPECT_EQ(spool->index().size(), size);
    EXPECT_EQ(spool->files().size(), 3);
    for (const QString& file : spool->files()) {
        EXPECT_TRUE(QFileInfo::exists(file)) << qPrintable(file);
        EXPECT_EQ(
            QFileInfo(file).permissions() & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther), 0);
    }
}

TEST_F(SpoolTest, EveryDamageIsFound)
{
    QByteArray saved;
    {
        auto spool = open();
        append(*spool, 0, 1, "0123456789");
        append(*spool, 1, 1, "0123456789");
        saved = spool->index();
    }
    const auto codeOf = [this](const QByteArray& state, int tracks = 2) {
        const auto spool = Spool::open(path(), tracks, state);
        return spool ? Code::Ok : spool.error().code;
    };
    ASSERT_EQ(codeOf(saved), Code::Ok);
    EXPECT_EQ(codeOf(saved, 3), Code::SpoolDamaged) << "another number of tracks";
    for (qsizetype size = 1; size < saved.size(); ++size)
        EXPECT_EQ(codeOf(saved.first(size)), Code::SpoolDamaged) << size;
    const QString entries = path() + QStringLiteral("/entries");
    QFile file(entries);
    ASSERT_TRUE(file.open(QIODevice::ReadWrite));
    const QByteArray good = file.readAll();
    for (qsizetype at = 0; at < good.size(); ++at) {
        QByteArray bad = good;
        bad[at] = char(bad[at] ^ 0x80);
        file.seek(0);
        file.write(bad);
        file.flush();
        const Code code = codeOf(saved);
        EXPECT_TRUE(code == Code::Ok || code == Code::SpoolDamaged) << at; // a changed duration can't be seen
    }
    file.seek(0);
    file.write(good);
    file.flush();
    ASSERT_EQ(codeOf(saved), Code::Ok);
    ASSERT_TRUE(QFile::resize(path() + QStringLiteral("/track1"), 9));
    EXPECT_EQ(codeOf(saved), Code::SpoolDamaged);
    QFile::remove(path() + QStringLiteral("/track1"));
    EXPECT_EQ(codeOf(saved), Code::SpoolDamaged);
}

TEST_F(SpoolTest, AnInitSegmentIsKeptOncePerChange)
{
    auto spool = open();
    append(*spool, 0, 1, "init a", Kind::Init);
    append(*spool, 0, 1, "one");
    append(*spool, 0, 2, "init a", Kind::Init);
    append(*spool, 0, 2, "two");
    append(*spool, 0, 3, "init b", Kind::Init);
    append(*spool, 0, 3, "three");
    ASSERT_EQ(spool->entryCount(0), 5);
    EXPECT_EQ(spool->entryNow(0, 2)->init, 0);
    EXPECT_EQ(spool->entryNow(0, 4)->init, 3);
}

TEST_F(SpoolTest, AReaderWaitsForWhatComesAndForTheEnd)
{
    auto spool = open();
    std::thread writer([&] {
        for (int i = 0; i < 50; ++i)
            append(*spool, 0, i, QByteArray::number(i));
        spool->finish();
    });
    QByteArray all;
    qsizetype count = 0;
    for (;; ++count) {
        const auto entry = spool->entry(0, count, {});
        if (!entry || !*entry)
            break;
        all += bytesOf(*spool, 0, **entry);
    }
    writer.join();
    EXPECT_EQ(count, 50);
    EXPECT_TRUE(all.startsWith("0123"));
    EXPECT_TRUE(all.endsWith("4849"));
}

TEST_F(SpoolTest, AReaderThatWaitsCanBeStopped)
{
    auto spool = open();
    std::stop_source stop;
    std::thread stopper([&] { stop.request_stop(); });
    const auto entry = spool->entry(0, 0, stop.get_token());
    stopper.join();
    ASSERT_FALSE(entry);
    EXPECT_EQ(entry.error().code, Code::Cancelled);
}

TEST_F(SpoolTest, LinksInTheFolderAreNotFollowed)
{
    open().reset();
    QFile::remove(path() + QStringLiteral("/track0"));
    ASSERT_TRUE(QFile::link(folder_.filePath(QStringLiteral("victim")), path() + QStringLiteral("/track0")));
    const auto refused = Spool::open(path(), 2, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::DiskLoop);
    EXPECT_FALSE(QFileInfo::exists(folder_.filePath(QStringLiteral("victim"))));
}

TEST_F(SpoolTest, AFileThatMayNotGrowIsAnErrorThatChangesNothing)
{
    auto spool = open();
    append(*spool, 0, 1, "there");
    const QByteArray before = spool->index();
    rlimit old{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{8, old.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const QByteArray more(100, 'x');
    const auto refused = spool->append(0, {.number = 2}, {more.constData(), std::size_t(more.size())});
    setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, ignored);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::DiskFileTooBig);
    EXPECT_EQ(spool->index(), before);
    append(*spool, 0, 2, "second");
    EXPECT_EQ(bytesOf(*spool, 0, *spool->entryNow(0, 1)), "second");
}

TEST_F(SpoolTest, RemovingTakesTheFolderAway)
{
    open().reset();
    ASSERT_TRUE(Spool::remove(path()));
    EXPECT_FALSE(QFileInfo::exists(path()));
    EXPECT_TRUE(Spool::remove(path())) << "again";
}

TEST_F(SpoolTest, ALargeSegmentGrowsAndIsThereAtOnce)
{
    QByteArray saved;
    {
        auto spool = open();
        append(*spool, 0, 1, "first");
        ASSERT_TRUE(spool->stage(0, 2, Packing::MpegTs, {"one", 3}));
        ASSERT_TRUE(spool->stage(0, 2, Packing::MpegTs, {"two", 3}));
        EXPECT_EQ(spool->entryCount(0), 1);
        EXPECT_EQ(spool->bytes(), 11);
        saved = spool->index();
        ASSERT_TRUE(spool->stage(0, 2, Packing::MpegTs, {"never saved", 11}));
    }
    auto spool = open(saved);
    EXPECT_EQ(spool->staged(0).number, 2);
    EXPECT_EQ(spool->staged(0).size, 6);
    EXPECT_EQ(spool->staged(0).packing, Packing::MpegTs);
    ASSERT_TRUE(spool->stage(0, 2, Packing::MpegTs, {"three", 5}));
    append(*spool, 0, 2, "four");
    ASSERT_EQ(spool->entryCount(0), 2);
    EXPECT_EQ(bytesOf(*spool, 0, *spool->entryNow(0, 1)), "onetwothreefour");
    EXPECT_EQ(spool->staged(0).size, 0);
    append(*spool, 0, 3, "next");
    EXPECT_EQ(bytesOf(*spool, 0, *spool->entryNow(0, 2)), "next");
}

TEST_F(SpoolTest, WhatWasBegunForAnotherSegmentIsForgotten)
{
    auto spool = open();
    ASSERT_TRUE(spool->stage(0, 2, Packing::MpegTs, {"old", 3}));
    ASSERT_TRUE(spool->stage(0, 3, Packing::MpegTs, {"new", 3}));
    append(*spool, 0, 3, "!");
    EXPECT_EQ(bytesOf(*spool, 0, *spool->entryNow(0, 0)), "new!");
    ASSERT_TRUE(spool->stage(0, 4, Packing::MpegTs, {"begun", 5}));
    append(*spool, 0, 4, "init", Kind::Init);
    append(*spool, 0, 4, "whole");
    EXPECT_EQ(bytesOf(*spool, 0, *spool->entryNow(0, 2)), "whole");
}

} // namespace
} // namespace weir
