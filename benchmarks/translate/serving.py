"""Our translator behind HTTP on the loopback, as LibreTranslate is: the comparison includes the same transport."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from translation.service import Translator


class OursOverHttp:
    """A server in this process, and a client with room for all callers. Use as an async context manager."""

    def __init__(self, translator: Translator, *, callers: int) -> None:
        self._translator = translator
        self._callers = callers

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/translate", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self._client = aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", connector=aiohttp.TCPConnector(limit=self._callers)
        )
        return self

    async def _answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        said = await self._translator.translate(asked["q"], source=asked["source"], target=asked["target"])
        return web.json_response({"translatedText": said.text})

    async def translate(self, text: str) -> str:
        """One sentence from Japanese into English."""
        question = {"q": text, "source": "ja", "target": "en"}
        async with self._client.post("/translate", json=question) as answer:
            answer.raise_for_status()
            return str((await answer.json())["translatedText"])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()
        await self._runner.cleanup()
