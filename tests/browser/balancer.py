"""A load balancer that knows no HTTP: a connection goes to the first server that answers.

python -m tests.browser.balancer PORT SERVER_PORT...
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

CHUNK = 65536


async def serve(port: int, servers: Sequence[int]) -> None:
    """Pass connections on, for ever."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for server in servers:
            with suppress(OSError):
                there, back = await asyncio.open_connection("localhost", server)
                await asyncio.gather(_copy(reader, back), _copy(there, writer))
                return
        writer.close()

    listener = await asyncio.start_server(pass_on, "localhost", port)
    await listener.serve_forever()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
    with suppress(OSError):
        target.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
