// FrameReader on any stream, cut anywhere: what comes out are just the frames that went in, none is longer than allowed, and
// the same bytes give the same messages whatever the cuts.

#include "check.h"

#include "rpc/frame.h"

using namespace weir;

namespace {

constexpr quint32 kMax = 2000;

struct Outcome {
    QList<QByteArray> messages;
    bool refused = false, idle = true;
    bool operator==(const Outcome&) const = default;
};

Outcome read(QByteArrayView bytes, std::size_t step)
{
    FrameReader reader(kMax);
    Outcome outcome;
    for (qsizetype at = 0; at < bytes.size() && !outcome.refused; at += qsizetype(step)) {
        reader.append(bytes.sliced(at, std::min(qsizetype(step), bytes.size() - at)));
        for (;;) {
            auto message = reader.next();
            if (!message) {
                WEIR_CHECK(message.error().code == Code::RpcFrameTooBig);
                outcome.refused = true;
                break;
            }
            if (!*message)
                break;
            WEIR_CHECK(!(*message)->isEmpty() && (*message)->size() <= qsizetype(kMax));
            outcome.messages.append(**message);
        }
    }
    outcome.idle = outcome.refused || reader.idle();
    return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    const Outcome whole = read(bytes, std::max<std::size_t>(size, 1));
    WEIR_CHECK(read(bytes, 1) == whole);
    WEIR_CHECK(read(bytes, 7) == whole);
    QByteArray again;
    for (const QByteArray& message : whole.messages)
        again += frame(message);
    WEIR_CHECK(bytes.startsWith(again));
    WEIR_CHECK(whole.refused || !whole.idle || again.size() == bytes.size());
    return 0;
}
