#!/usr/bin/env python3
"""weir beside ffmpeg, streamlink and yt-dlp: the same HLS streams to one MP4, from the same nginx, in turns, in one run.

    ./dev bench stream [quick] [CASE...]      cases: plain aes wan
The packets of every result are counted. `wan` needs root and the program of a wide-area link named by WEIR_WANEM.
"""
import json
import secrets
import shlex
import subprocess
import sys

import contestants as c
from http_bench import Bench, Case, at_most, run_bench
from lab import BenchError
from wide_area import WideArea

CASES = ("plain", "aes", "wan")
SEGMENT = 2  # seconds


def ffmpeg(*arguments, cwd=None):
    reply = subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False)
    if reply.returncode != 0:
        raise BenchError(f"ffmpeg: {reply.stderr.strip()[-500:]}")


def packets(path):
    reply = subprocess.run(["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_type,nb_read_packets", "-of", "json", str(path)],
                           capture_output=True, text=True, check=False)
    if reply.returncode != 0:
        return None
    return sorted((stream["codec_type"], int(stream["nb_read_packets"])) for stream in json.loads(reply.stdout)["streams"])


class StreamCase(Case):
    """Right is a result that has every packet of the source."""

    def __init__(self, *arguments, source):
        super().__init__(*arguments)
        self.expected = packets(source)

    def wrong(self, target):
        made = list(target.glob("*.mp4"))
        return [] if len(made) == 1 and packets(made[0]) == self.expected else [f"{[p.name for p in made]}: {made and packets(made[0])}, expected {self.expected}"]


def by_ffmpeg(job):
    return ["ffmpeg", "-v", "error", "-y", "-i", job.urls[0], "-c", "copy", "out.mp4"]


def by_streamlink(job):
    url = shlex.quote(job.urls[0])
    return ["sh", "-c", f"streamlink -l error --stream-segment-threads 10 -o out.ts {url} best && "
                        "ffmpeg -v error -y -i out.ts -c copy out.mp4 && rm out.ts"]


def by_ytdlp(job):
    return ["yt-dlp", "-q", "--no-warnings", "-N", "16", "-f", "best", "-o", "out.mp4", job.urls[0]]


class StreamBench(Bench):
    def prepare(self, names):
        self.streams = self.root / "streams"
        loops, name = (4, "q") if self.quick else (20, "f")
        self.film = self.streams / f"{name}.mp4"
        if not self.film.exists():
            self.streams.mkdir(parents=True, exist_ok=True)
            minute = self.streams / "minute.mp4"
            ffmpeg("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25,noise=alls=8:allf=t", "-f", "lavfi", "-i", "sine=440:r=48000", "-t", 60, "-c:v", "libx264",
                   "-preset", "ultrafast", "-b:v", "1750k", "-maxrate", "1750k", "-bufsize", "1750k", "-g", 50, "-c:a", "aac", "-b:a", "96k", minute)
            ffmpeg("-stream_loop", loops - 1, "-i", minute, "-c", "copy", self.film)
        for kind in ("plain", "aes", "wan"):
            self.make(kind, name)

    def make(self, kind, name):
        folder = self.streams / f"{kind}-{name}"
        if (folder / "film.m3u8").exists():
            return
        folder.mkdir(exist_ok=True)
        more = []
        if kind == "aes":
            (folder / "key.bin").write_bytes(secrets.token_bytes(16))
            (folder / "keyinfo").write_text(f"key.bin\n{folder / 'key.bin'}\n")
            more = ["-hls_key_info_file", folder / "keyinfo"]
        if kind == "wan" and not self.quick:
            more = ["-t", 400]
        ffmpeg("-i", self.film, "-c", "copy", *more, "-f", "hls", "-hls_time", SEGMENT, "-hls_list_size", 0, "-hls_segment_filename", "s%04d.ts", "film.m3u8", cwd=folder)

    def case(self, kind, server, prefix=(), goals=()):
        name = "q" if self.quick else "f"
        folder = self.streams / f"{kind}-{name}"
        segments = sorted(folder.glob("*.ts"))
        size = sum(p.stat().st_size for p in segments)
        fields = [self.weir(prefix=prefix), c.Peer("ffmpeg -c copy", by_ffmpeg, prefix), c.Peer("streamlink", by_streamlink, prefix), c.Peer("yt-dlp -N 16", by_ytdlp, prefix)]
        title = {"plain": "on loopback", "aes": "on loopback, AES-128", "wan": "over 200 Mbit/s, 50 ms"}[kind]
        url = server.url(f"streams/{kind}-{name}/film.m3u8", "http")
        return StreamCase(kind, f"{len(segments)} segments, {size / 1e6:.0f} MB, {title}", lambda target: c.Job(server, [url], target), fields, segments, goals,
                          source=folder / "film.m3u8" if kind != "aes" else self.film)

    def plain(self, server):
        return self.case("plain", server, goals=[("at most ffmpeg's time", at_most("weir", "complete", 1, ["ffmpeg -c copy"])),
                                                 ("the same, durable", at_most("weir", "durable", 1, ["ffmpeg -c copy"])),
                                                 ("at most 80 MB of memory", lambda case: (case.value("weir", "rss") <= 80e6, f"{case.value('weir', 'rss') / 1e6:.0f} MB"))])

    def aes(self, server):
        return self.case("aes", server, goals=[("at most 0.6 x the best", at_most("weir", "durable", 0.6, ["ffmpeg -c copy", "streamlink", "yt-dlp -N 16"]))])

    def wan_cases(self):
        yield WideArea(self.work, delay_ms=25, mbit=200), lambda link, server: self.case(
            "wan", server, link.client, [("at most 0.8 x the best", at_most("weir", "durable", 0.8, ["ffmpeg -c copy", "streamlink", "yt-dlp -N 16"]))])


if __name__ == "__main__":
    sys.exit(run_bench("stream", StreamBench, CASES, __doc__))
