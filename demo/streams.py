"""The second half of the demo: the sample site's HLS and DASH streams, captured and remuxed."""
import functools
import http.server
import json
import subprocess
import threading

SECONDS = 20
FILM = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25", "-f", "lavfi", "-i", "sine=440:r=48000", "-t", str(SECONDS),
        "-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-c:a", "aac"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


def ffmpeg(folder, *arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], cwd=folder, check=True)


def make_site(folder):
    for name in ("hls", "dash"):
        (folder / name).mkdir(parents=True)
    ffmpeg(folder, *FILM, "film.mp4")
    ffmpeg(folder / "hls", "-i", "../film.mp4", "-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_list_size", "0", "film.m3u8")
    ffmpeg(folder / "dash", "-i", "../film.mp4", "-c", "copy", "-f", "dash", "-seg_duration", "2", "clip.mpd")


def tracks(path):
    """(seconds, {codec: packets})."""
    reply = subprocess.run(["ffprobe", "-v", "error", "-count_packets", "-show_entries", "format=duration:stream=codec_name,nb_read_packets", "-of", "json", str(path)],
                           capture_output=True, text=True, check=False)
    told = json.loads(reply.stdout or "{}")
    return float(told.get("format", {}).get("duration", 0)), {s["codec_name"]: int(s["nb_read_packets"]) for s in told.get("streams", [])}


def show_streams(weir, folder, say):
    """True: both files have every packet of the film."""
    site, target = folder / "site", folder / "streams"
    make_site(site)
    target.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _, expected = tracks(site / "film.mp4")
    good = True
    try:
        for kind, path, made in (("HLS", "hls/film.m3u8", "film.mp4"), ("DASH", "dash/clip.mpd", "clip.mp4")):
            url = f"http://127.0.0.1:{server.server_address[1]}/{path}"
            say(f"\nCommand:  weir get -d {target} {url}")
            status = weir.start("get", "-q", "-d", str(target), url).wait(timeout=60)
            file = target / made
            seconds, found = tracks(file)
            whole = status == 0 and found == expected
            good = good and whole
            size = file.stat().st_size / 1e6 if file.exists() else 0
            say(f"{kind + ':':10}{file.name}, {size:.1f} MB, {seconds:.1f} s, tracks: "
                + ", ".join(f"{codec} ({packets} packets)" for codec, packets in found.items())
                + ("" if whole else f"; EXPECTED {expected}"))
    finally:
        weir.stop()
        server.shutdown()
    return good
