"""A TCP proxy on loopback that hands bytes on, until it is told to cut and to delay them."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

_CHUNK: Final = 65536
_RESET: Final = struct.pack("ii", 1, 0)


@dataclass
class Weather:
    """How the line is.

    Attributes:
        cut: how likely each piece of data is the connection's end, from 0 to 1.
        delay: how many seconds each piece waits at most.
        refuses: whether new connections are ended at once.
        answer: what is answered to everything, in place of what stands behind.
    """

    cut: float = 0.0
    delay: float = 0.0
    refuses: bool = False
    answer: bytes = b""

    def clear(self) -> None:
        """Nothing is wrong with the line."""
        self.cut, self.delay, self.refuses, self.answer = 0.0, 0.0, False, b""


class Proxy:
    """Stands before the app; the app sees each client's own address."""

    def __init__(self, port: int, target: int, seed: int) -> None:
        self.port = port
        self.target = target
        self.weather = Weather()
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", self.port))

    def close(self) -> None:
        """Stop at once."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather.refuses:
            _reset(writer)
            return
        address = writer.get_extra_info("peername")[0]
        try:
            there, back = await asyncio.open_connection(
                "127.0.0.1", self.target, local_addr=(address, 0)
            )
        except OSError:
            _reset(writer)
            return
        pair = (self._pass_on(reader, back, writer), self._pass_on(there, writer))
        with suppress(OSError):
            await asyncio.gather(*pair)
        for end in (writer, back):
            end.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client: asyncio.StreamWriter | None = None,
    ) -> None:
        try:
            while data := await reader.read(_CHUNK):
                if client and self.weather.answer:
                    client.write(self.weather.answer)
                    client.close()
                    return
                if self.weather.delay:
                    await asyncio.sleep(self._random.uniform(0, self.weather.delay))
                if self._random.random() < self.weather.cut:
                    writer.write(data[: len(data) // 2])
                    _reset(writer)
                    return
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST instead of FIN: what is on its way is lost."""
    found = writer.get_extra_info("socket")
    with suppress(OSError):
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
