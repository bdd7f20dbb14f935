#pragma once
// One run of a segmented task: first reply, lanes, sources, end. All of it on the task's thread; sinks run on the fetchers'.
// Read run() first. The decisions are in split.h, pace.h, weir/source_score.h and source_error.h.

#include "transfer/file_sink.h"
#include "transfer/first_reply.h"
#include "transfer/identity.h"
#include "transfer/pace.h"
#include "transfer/split.h"

#include <weir/context.h>
#include <weir/memory_sink.h>
#include <weir/source_score.h>

#include <list>
#include <random>

namespace weir {

class Download {
public:
    explicit Download(TaskContext& ctx);
    ~Download();
    Result<void> run();

private:
    static constexpr std::chrono::milliseconds kReportEvery{500};

    struct Source {
        QUrl url;
        RangeFetcher* fetcher = nullptr;
        SourceRecord record;
        RangeSet brought;        ///< in this run
        QByteArray validator;    ///< of its own replies; mirrors have other ones than the first source
        bool conditional = true; ///< If-Range works there
        bool proven = false;     ///< its bytes were seen to be ours
        bool dropped = false;
        bool named = true; ///< by the user; else by another server
        bool rangesWork = true;
        int failures = 0; ///< in a row, without a byte in between
        TimePoint notBefore{};
    };
    /// One running fetch into the file.
    struct Lane {
        quint64 id = 0;
        int source = 0;
        std::unique_ptr<FileSink> sink;
        std::optional<quint64> raceWith;
        std::optional<quint64> takesFrom; ///< that lane is cut at our begin as soon as we deliver
        qint64 begin = 0;
        TimePoint started{}, lastByte{};
        qint64 seen = 0; ///< received at the last tick
        double rate = 0;
        bool permit = false; ///< taken from the connection budget
    };
    /// A sample of what is already here, fetched again from a source that has still to prove itself.
    struct Proof {
        quint64 id = 0;
        int source = 0;
        ByteRange range;
        std::unique_ptr<MemorySink> sink;
        TimePoint started{};
        bool permit = false;
    };

    // The first reply.
    Result<void> begin(); ///< asks for the whole, learns what it is, opens the file
    Result<FetchHead> awaitFirst(int source);
    Result<void> decide(const FetchHead& head);
    Result<void> handOver(const FetchHead& head);
    Result<void> openAgain();
    Result<void> fromZero(const QString& why);

    // The loop.
    Result<void> loop();
    bool awaitsEnd() const; ///< a lane runs that will see it
    std::optional<FetchDone> nextDone();
    int wantedLanes() const;
    Result<void> fillLanes();
    bool startLane(int source);
    bool startProof(int source);
    int pickSource();
    Result<void> ended(FetchDone done);
    Result<void> laneEnded(std::list<Lane>::iterator lane, FetchDone& done);
    Result<void> proofEnded(FetchDone& done);
    Result<void> sourceFailed(int source, const Error& error, bool cutShort);
    void cutVictims(); ///< of lanes that deliver by now
    void tick();
    void report(const QString& phase);
    std::vector<LaneView> laneViews() const;
    RangeSet freeRanges() const;
    int busyLanes() const; ///< that are not standing still
    int lanesOf(int source) const;
    std::vector<double> sourceScores() const;
    bool takePermit(int source);

    // The end.
    Result<void> repair(); ///< by piece hashes, where they are known
    Result<void> verify();
    void blame(const std::vector<ByteRange>& wrong); ///< who brought it; dropped if there are others
    void reportVerifying(qint64 bytes);
    QList<ExpectedDigest> wantedDigests();

    void addSource(const QUrl& url, RangeFetcher& fetcher);
    FetchRequest request(const Source& source) const;
    void saveIdentity();
    std::chrono::microseconds latency() const;

    TaskContext& ctx_;
    const TaskSpec& spec_;
    Clock& clock_;
    std::minstd_rand random_;
    std::vector<Source> sources_;
    Identity identity_;
    OutputFile* file_ = nullptr;
    Pace pace_;
    std::unique_ptr<FirstReply> first_; ///< alive as long as its fetch, which is lanes_' first
    std::list<Lane> lanes_;
    std::optional<Proof> proof_;
    std::optional<Error> lastError_;
    TimePoint begun_{}, lastTick_{}, lastReport_{};
    qint64 receivedByEnded_ = 0; ///< of lanes that are gone
    int restarts_ = 0;
    bool endInDoubt_ = false; ///< the size is a promise of a server that was seen to end nowhere yet
    bool piecesFit_ = false;  ///< every byte was checked by the hash of its piece
    FetchGroup group_;        ///< last: nothing it writes to may die before it
};

} // namespace weir
