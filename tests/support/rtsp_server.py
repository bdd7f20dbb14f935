#!/usr/bin/python3
"""An RTSP server on 127.0.0.1 for the tests, over GStreamer's library: /live shows a file for ever, /film shows it once."""

import argparse
import subprocess
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PAY = {
    "h264": "h264parse ! rtph264pay config-interval=-1",
    "aac": "aacparse ! rtpmp4gpay",
    "mulaw": "rtppcmupay",
}


def pipeline(source, audio):
    """A description of streams named pay0 and pay1, as the library wants them."""
    return (f"( {source} name=d  d.video{source_pad(source)} ! queue ! {PAY['h264']} name=pay0 pt=96"
            f"  d.audio{source_pad(source)} ! queue ! {PAY[audio]} name=pay1 pt=97 )")


def source_pad(source):
    return "_0" if source.endswith("qtdemux") else ""


class Live(GstRtspServer.RTSPMediaFactory):
    """Each media has an ffmpeg that plays the file at its pace; it ends when nobody reads it any more."""

    def __init__(self, path, audio):
        super().__init__()
        self.path, self.audio, self.players = path, audio, []

    def do_create_element(self, _url):
        sound = ["-c:a", "copy"] if self.audio == "aac" else ["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"]
        player = subprocess.Popen(
            ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", self.path, "-c:v", "copy", *sound, "-f", "flv", "-"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.players.append(player)  # keeps the pipe open
        return Gst.parse_launch(pipeline(f"fdsrc fd={player.stdout.fileno()} ! flvdemux", self.audio))


def permissions():
    allowed = GstRtspServer.RTSPPermissions()
    for what in ("media.factory.access", "media.factory.construct"):
        allowed.add_permission_for_role("viewer", what, True)
    return allowed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port")
    parser.add_argument("file")
    parser.add_argument("--audio", choices=["aac", "mulaw"], default="aac")
    parser.add_argument("--transport", choices=["tcp", "udp"])
    parser.add_argument("--login", metavar="NAME:PASSWORD")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    given = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(given.port)
    film = GstRtspServer.RTSPMediaFactory()
    film.set_launch(pipeline(f"filesrc location={given.file} ! qtdemux", "aac"))
    for path, factory in (("/live", Live(given.file, given.audio)), ("/film", film)):
        if given.transport:
            factory.set_protocols(
                GstRtsp.RTSPLowerTrans.TCP if given.transport == "tcp" else GstRtsp.RTSPLowerTrans.UDP)
        if given.login or given.tls:
            factory.set_permissions(permissions())
        server.get_mount_points().add_factory(path, factory)
    if given.login or given.tls:
        auth = GstRtspServer.RTSPAuth()
        if given.tls:
            auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(*given.tls))
        viewer = GstRtspServer.RTSPToken()
        viewer.set_string("media.factory.role", "viewer")
        if given.login:
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(*given.login.split(":", 1), viewer)
        else:
            auth.set_default_token(viewer)
        server.set_auth(auth)
    if server.attach(None) == 0:
        sys.exit("no listening socket")
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
