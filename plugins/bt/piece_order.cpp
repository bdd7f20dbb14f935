#include "bt/piece_order.h"

#include <algorithm>

namespace weir {

namespace {

constexpr std::size_t kMostUrgent = 64;
constexpr qint64 kAhead = 32 << 20; // some seconds of a film

class Missing {
public:
    explicit Missing(const lt::typed_bitfield<lt::piece_index_t>& have) : have_(have) {}
    void add(lt::piece_index_t piece)
    {
        const bool there = int(piece) < have_.size() && have_.get_bit(piece);
        if (!there && !full() && std::find(pieces.begin(), pieces.end(), piece) == pieces.end())
            pieces.push_back(piece);
    }
    bool full() const { return pieces.size() >= kMostUrgent; }

    std::vector<lt::piece_index_t> pieces;

private:
    const lt::typed_bitfield<lt::piece_index_t>& have_;
};

} // namespace

PieceOrder pieceOrder(const QJsonObject& options)
{
    const QString wish = options.value(QLatin1String("order")).toString();
    if (wish == u"ends")
        return PieceOrder::Ends;
    if (wish == u"playback")
        return PieceOrder::Playback;
    const bool inOrder = wish == u"sequential" || options.value(QLatin1String("sequential")).toBool();
    return inOrder ? PieceOrder::Sequential : PieceOrder::Rarest;
}

std::vector<lt::piece_index_t> urgentPieces(PieceOrder order, const lt::file_storage& storage,
    const std::vector<TorrentFile>& files, const FilePriorities& priorities, const lt::typed_bitfield<lt::piece_index_t>& have)
{
    Missing missing(have);
    if (order == PieceOrder::Rarest)
        return {};
    if (order != PieceOrder::Sequential)
        for (const TorrentFile& file : files)
            if (isWanted(priorities, file))
                if (const auto range = piecesOf(storage, file); range.begin < range.end) {
                    missing.add(range.begin);
                    missing.add(range.last());
                }
    if (order == PieceOrder::Ends)
        return missing.pieces;
    qint64 ahead = kAhead;
    for (const TorrentFile& file : files) {
        if (!isWanted(priorities, file))
            continue;
        const auto range = piecesOf(storage, file);
        for (auto piece = range.begin; piece < range.end && ahead > 0 && !missing.full(); ++piece) {
            const auto before = missing.pieces.size();
            missing.add(piece);
            // From the first gap on, what is there counts, too: the stretch has an end.
            if (missing.pieces.size() > before || ahead < kAhead)
                ahead -= storage.piece_length();
        }
    }
    return missing.pieces;
}

} // namespace weir
