#pragma once
// A site for tests of streams: pages by path, each with its own answer, on a real server. What is not there is 404; queries are
// not looked at. Pages may change while it serves.

#include "support/plain_http_server.h"

#include "unit/media/media_lab.h"

#include <map>
#include <mutex>

namespace weir::test {

class StreamPages {
public:
    using Make = std::function<QByteArray()>;

    void put(const QByteArray& path, QByteArray body)
    {
        make(path, [body = std::move(body)] { return body; });
    }
    /// Called for each request.
    void make(const QByteArray& path, Make body)
    {
        const std::lock_guard lock(mutex_);
        pages_[path] = std::move(body);
    }
    void remove(const QByteArray& path)
    {
        const std::lock_guard lock(mutex_);
        pages_.erase(path);
    }
    int asked(const QByteArray& path) const
    {
        const std::lock_guard lock(mutex_);
        const auto known = asked_.find(path);
        return known == asked_.end() ? 0 : known->second;
    }
    QUrl url(const QString& path) const { return server_.url(path); }

    /// "/a/0.ts", "/a/1.ts" ... and "/a/init.mp4"; the playlist's lines for them, ENDLIST not among them.
    QByteArray putSegments(const QByteArray& folder, const lab::Made& made)
    {
        QByteArray lines;
        if (!made.init.isEmpty()) {
            put(folder + "init.mp4", made.init);
            lines += "#EXT-X-MAP:URI=\"init.mp4\"\n";
        }
        for (std::size_t i = 0; i < made.segments.size(); ++i) {
            const QByteArray name = QByteArray::number(int(i)) + ".ts";
            put(folder + name, made.segments[i].bytes);
            lines += "#EXTINF:" + QByteArray::number(made.segments[i].duration) + ",\n" + name + '\n';
        }
        return lines;
    }

private:
    bool answer(const PlainRequest& request, Connection& to)
    {
        const QByteArray path = request.target.split('?').first();
        Make make;
        {
            const std::lock_guard lock(mutex_);
            ++asked_[path];
            const auto page = pages_.find(path);
            if (page != pages_.end())
                make = page->second;
        }
        return make ? PlainHttpServer::serveFile(request, to, make(), "\"" + path + "\"")
                    : PlainHttpServer::reply(to, 404, "gone");
    }

    mutable std::mutex mutex_;
    std::map<QByteArray, Make> pages_;
    std::map<QByteArray, int> asked_;
    PlainHttpServer server_{[this](const PlainRequest& request, Connection& to) { return answer(request, to); }}; ///< last
};

inline const QByteArray kPlaylistHead = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n";

} // namespace weir::test
