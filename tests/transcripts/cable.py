"""A network cable between a browser and a site, which can be pulled out and put back."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Cable:
    """Carries connections from a port of its own to the site's."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.plugged = True

    async def open(self) -> int:
        """Listen; gives the port."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def pull(self) -> None:
        """Break every connection; new ones break at once."""
        self.plugged = False
        for writer in self._ends:
            writer.transport.abort()

    def put_back(self) -> None:
        self.plugged = True

    async def close(self) -> None:
        self.pull()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.plugged:
            writer.transport.abort()
            return
        onward, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends |= {writer, back}
        await asyncio.gather(self._pump(reader, back), self._pump(onward, writer))
        self._ends -= {writer, back}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()
