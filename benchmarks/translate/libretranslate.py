"""A LibreTranslate server for comparison.

LibreTranslate is AGPL-3.0: it is no dependency of ours. It is installed with pip into an environment of its own in the
cache folder when the comparison is first asked for, runs as a process of its own, and is spoken to over HTTP.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from benchmarks.translate.bench import NotMeasured, say
from benchmarks.translate.sides import TUNED, argos_environment

VERSION = "1.9.6"
START = Path(__file__).with_name("start_libretranslate.py")
INSTALL_S = 900
START_S = 120
REQUEST_S = 120


def install(cache: Path, *, allowed: bool) -> Path:
    """The interpreter of LibreTranslate's environment, made on first use. Blocks. Raises `NotMeasured`."""
    folder = cache / f"libretranslate-{VERSION}"
    python, complete = folder / "bin" / "python", folder / "complete"
    if complete.exists():
        return python
    if not allowed:
        raise NotMeasured(f"LibreTranslate {VERSION} is not in {folder}, and --no-install was given.")
    say(f"Installing LibreTranslate {VERSION} into {folder} (about 600 MB) …")
    try:
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", f"libretranslate=={VERSION}"],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)
    except (subprocess.SubprocessError, OSError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise NotMeasured(
            f"LibreTranslate {VERSION} does not install: {said[-1] if said else error}"
        ) from error
    complete.touch()
    return python


def versions(python: Path) -> dict[str, str]:
    """What its environment holds of what matters."""
    code = "import importlib.metadata as m; [print(n, m.version(n)) for n in "
    names = ("libretranslate", "argos-translate-lt", "ctranslate2", "waitress")
    done = subprocess.run(
        [str(python), "-c", f"{code}{names}]"], check=True, capture_output=True, text=True, timeout=60
    )
    return dict(line.split() for line in done.stdout.splitlines())


class LibreTranslate:
    """A server on a port of its own, and a client with room for all callers. Use as an async context manager."""

    def __init__(self, python: Path, home: Path, scratch: Path, *, callers: int, tuned: bool = False) -> None:
        self._python = python
        self._log = scratch / f"libretranslate-{int(tuned)}.log"
        self._callers = callers
        self._port = _free_port()
        self._environment = {
            "PATH": os.defpath,
            "HOME": str(home),
            "LT_HOST": "127.0.0.1",
            "LT_PORT": str(self._port),
            **argos_environment(home),
            **({name: str(number) for name, number in TUNED.items()} if tuned else {}),
        }

    async def __aenter__(self) -> Self:
        self._process = await asyncio.to_thread(self._start)
        self._client = aiohttp.ClientSession(
            f"http://127.0.0.1:{self._port}",
            connector=aiohttp.TCPConnector(limit=self._callers),
            timeout=aiohttp.ClientTimeout(total=REQUEST_S),
        )
        try:
            await asyncio.wait_for(self._until_ready(), START_S)
        except TimeoutError:
            await self.__aexit__(None, None, None)
            raise NotMeasured(f"LibreTranslate did not answer within {START_S} s.") from None
        except NotMeasured:
            await self.__aexit__(None, None, None)
            raise
        return self

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [str(self._python), "-P", str(START)],  # -P: this folder must not hide its modules
                env=self._environment,
                cwd=self._log.parent,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    async def _until_ready(self) -> None:
        while True:
            if self._process.poll() is not None:
                last = self._log.read_text(errors="replace").strip().splitlines()[-1:]
                raise NotMeasured(f"LibreTranslate ended at its start: {''.join(last)}")
            try:
                async with self._client.get("/languages") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.2)

    async def translate(self, text: str) -> str:
        """One sentence from Japanese into English."""
        question = {"q": text, "source": "ja", "target": "en", "format": "text"}
        async with self._client.post("/translate", json=question) as answer:
            if answer.status != 200:
                raise NotMeasured(f"LibreTranslate answered {answer.status}: {(await answer.text())[:200]}")
            return str((await answer.json())["translatedText"])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, 10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


def _free_port() -> int:
    """A port that is free now. LibreTranslate does not tell which one it was given, so it cannot choose itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
