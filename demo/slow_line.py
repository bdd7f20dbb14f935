"""A relay that plays the slow line of a server on loopback."""
import asyncio
import threading

PIECE = 16 << 10


class SlowLine:
    """Connections to `port` reach `target`, both on `host`; all that comes back has one rate, bytes a second. Runs on a thread of its own until
    close()."""

    def __init__(self, host, target, rate):
        self.host, self.target, self.rate = host, target, rate
        self.paid = 0.0  # the moment until which the line is busy
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.connect, host, 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    async def connect(self, reader, writer):
        ends = [writer]
        try:
            server_reader, server_writer = await asyncio.open_connection(self.host, self.target)
            ends.append(server_writer)
            copies = [asyncio.ensure_future(self.copy(reader, server_writer, False)), asyncio.ensure_future(self.copy(server_reader, writer, True))]
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
            for each in copies:
                each.cancel()
            await asyncio.gather(*copies, return_exceptions=True)
        except OSError:
            pass  # whichever end is gone: the other one hears it by the close
        finally:
            for end in ends:
                end.close()

    async def copy(self, reader, writer, slowly):
        while data := await reader.read(PIECE):
            if slowly:
                await self.take(len(data))
            writer.write(data)
            await writer.drain()

    async def take(self, count):
        self.paid = max(self.paid, self.loop.time()) + count / self.rate
        await asyncio.sleep(self.paid - self.loop.time())

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
