// FrameReader on any stream, cut anywhere: what comes out are just the frames that went in, none is longer than allowed, and
// the same bytes give the same messages whatever the cuts.

#include "check.h"

#include "rpc/frame.h"

using namespace weir;

namespace {

constexpr quint32 kMax = 2000;
constexpr qsizetype kLong = 140 << 10;  // beyond what the reader moves to the front at once
constexpr qsizetype kWorthIt = 100;     // bytes a message: repeating tiny ones takes all the time
constexpr std::size_t kPipe = 64 << 10; // as the native host reads

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
    if (!again.isEmpty() && again.size() >= kWorthIt * whole.messages.size()) {
        const qsizetype times = 1 + kLong / again.size();
        const Outcome many = read(again.repeated(times) + bytes.sliced(again.size()).toByteArray(), kPipe);
        WEIR_CHECK(many.messages.size() == whole.messages.size() * times);
        WEIR_CHECK(many.messages.last() == whole.messages.last());
        WEIR_CHECK(many.refused == whole.refused && many.idle == whole.idle);
    }
    return 0;
}
