"""Fetching large files over HTTP, so that a cut line or a killed process costs little.

What has arrived stays in the downloads folder under a name made from the address, with the validator (ETag or
Last-Modified) that the server gave. The next try asks for the rest with `Range` and `If-Range` (RFC 9110, sections
13.1.5 and 14): a server whose file has changed, or that knows no ranges, sends all of it, and we start from zero.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp

from core.clock import Clock, SystemClock
from core.errors import TooLarge, Unavailable
from core.log import get_logger
from core.metrics import counter
from translation.packages.disk import writing_to

log = get_logger(__name__)

RETRIES = counter("model_download_retries", "Downloads of models that were tried again")

Result = TypeVar("Result")

# Called with the bytes that have arrived and the bytes expected (0: unknown).
Told = Callable[[int, int], None]

CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
AGAIN = (408, 425, 429, 500, 502, 503, 504)  # answers that time may change
MOVED = (301, 302, 303, 307, 308)
BUFFER_BYTES = 1 << 20  # written at once
KINDS = ("part", "json", "done")  # of files in the downloads folder: half, its validator, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOptions:
    """Limits of downloads."""

    tries: int = 6  # of one file, without a pause for the operator
    pause_s: float = 1.0  # before the second try; doubled each time
    connect_s: float = 15.0
    silence_s: float = 30.0  # without a byte until a connection is given up
    redirects: int = 5
    catalogue_bytes: int = 32 << 20  # of an index or of the records
    keep_days: float = 30.0  # how long a half file that nobody came back for is kept


class Interrupted(Exception):
    """A try that failed in a way that another may not."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What is known about a half file. `validator` is what If-Range needs; "" means that it cannot be resumed."""

    url: str
    validator: str = ""


def allowed(url: str, base: str) -> bool:
    """May something be fetched from `url` when the settings or an index said `base`? https always; http only where
    the operator chose http, and then only from the same host."""
    there, here = urlsplit(url), urlsplit(base)
    if there.scheme == "https":
        return bool(there.netloc)
    return there.scheme == "http" == here.scheme and there.netloc == here.netloc


class Downloads:
    """Fetches files into a folder. `async with` opens and closes the connections."""

    def __init__(
        self, folder: Path, options: DownloadOptions = DownloadOptions(), clock: Clock | None = None
    ) -> None:
        self._folder = folder
        self._options = options
        self._clock = clock or SystemClock()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Downloads:
        options = self._options
        await asyncio.to_thread(self._sweep)
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            trust_env=True,  # city halls are often behind a proxy, which HTTPS_PROXY names
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=options.connect_s, sock_read=options.silence_s
            ),
            headers={"User-Agent": "madoguchi", "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._session is not None:
            await self._session.close()

    def _sweep(self) -> None:
        oldest = self._clock.now().timestamp() - self._options.keep_days * 86_400
        for kind in KINDS:
            for path in self._folder.glob(f"*.{kind}"):
                if path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)

    async def read(self, url: str) -> bytes:
        """A small file, such as an index. Raises `Unavailable` or `TooLarge`."""
        limit = self._options.catalogue_bytes

        async def once() -> bytes:
            async with self._answer(url, {}) as answer:
                self._check(answer, url, (200,))
                body = bytearray()
                async for chunk in answer.content.iter_chunked(BUFFER_BYTES):
                    body += chunk
                    if len(body) > limit:
                        raise TooLarge(f"“{url}” sends more than {limit >> 20} MB; check its address.")
                return bytes(body)

        return await self._retried(url, once)

    async def fetch(
        self, url: str, *, limit: int, size: int = 0, told: Told = lambda done, total: None
    ) -> Path:
        """The file at `url`, complete, in the downloads folder; give it to `forget` when it is used.

        `size` is what it must have, where that is known. Raises `Unavailable` (the network, the server or the disk;
        what has arrived stays) or `TooLarge`.
        """
        done = self._path(url, "done")
        with writing_to(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            if done.exists():
                told(done.stat().st_size, done.stat().st_size)
                return done

        async def once() -> Path:
            try:
                await self._try(url, limit=limit, size=size, told=told)
            except TooLarge:
                self.forget(url)
                raise
            with writing_to(self._folder):
                os.replace(self._path(url, "part"), done)
            return done

        return await self._retried(url, once)

    def forget(self, url: str) -> None:
        """Drop what was fetched from `url`: it has been used, or is not what it should be."""
        for kind in KINDS:
            self._path(url, kind).unlink(missing_ok=True)

    async def _try(self, url: str, *, limit: int, size: int, told: Told) -> None:
        part = self._path(url, "part")
        have = part.stat().st_size if part.exists() else 0
        validator = self._read_partial(url).validator
        headers = {"Range": f"bytes={have}-", "If-Range": validator} if have and validator else {}
        async with self._answer(url, headers) as answer:
            if answer.status == 416:
                if answer.headers.get("Content-Range") == f"bytes */{have}" and size in (0, have):
                    return  # all of it was here already
                self.forget(url)
                raise Interrupted("the server has less than was fetched before")
            self._check(answer, url, (200, 206) if headers else (200,))
            start, total = _extent(answer, have)
            if start not in (0, have):
                self.forget(url)
                raise Interrupted("the server sent another part than was asked for")
            expected = size or total
            if expected > limit or (size and total and total != size):
                raise TooLarge(_too_large(url, total or expected, limit, size))
            self._check_room(expected - start)
            if not start:
                self._write_partial(Partial(url, _validator(answer.headers)))
            await self._receive(answer, url, start, expected, limit, told)

    def _check_room(self, wanted: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if wanted > free:
            raise Unavailable(
                f"The disk with “{self._folder}” has {free >> 20} MB left and {wanted >> 20} MB are needed; make room "
                "and run the same command again."
            )

    async def _receive(
        self, answer: aiohttp.ClientResponse, url: str, start: int, expected: int, limit: int, told: Told
    ) -> None:
        """Write the body behind what is there. What arrived before a cut is written too."""
        with writing_to(self._folder), self._path(url, "part").open("r+b" if start else "wb", 0) as file:
            file.truncate(start)
            file.seek(start)
            at, waiting = start, bytearray()
            try:
                async for chunk in answer.content.iter_chunked(1 << 16):
                    waiting += chunk
                    at += len(chunk)
                    told(at, expected)
                    if at > (expected or limit):
                        raise TooLarge(_too_large(url, at, limit, expected))
                    if len(waiting) >= BUFFER_BYTES:
                        await _write(file, waiting)
            except aiohttp.ClientError as error:
                raise Interrupted(_reason(error)) from error
            finally:
                await _write(file, waiting)
            if at < expected:
                raise Interrupted("the connection was cut")
            await asyncio.to_thread(os.fsync, file.fileno())

    @asynccontextmanager
    async def _answer(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer after following redirects, each of which must be as safe as `url`."""
        if self._session is None:
            raise RuntimeError("use Downloads in `async with`")
        at = url
        for _ in range(self._options.redirects + 1):
            try:
                answer = await self._session.get(at, headers=headers, allow_redirects=False)
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
                raise Unavailable(f"“{at}” is not an address; check the settings.") from error
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Interrupted(_reason(error)) from error
            if answer.status not in MOVED:
                break
            answer.release()
            at = urljoin(at, answer.headers.get("Location", ""))
            if not allowed(at, url):
                raise Unavailable(
                    f"“{url}” sends on to “{at}”, which is not safe (https, or the same host); nothing was fetched."
                )
        else:
            raise Unavailable(f"“{url}” sends on too often; check its address.")
        try:
            yield answer
        except TimeoutError as error:
            raise Interrupted(_reason(error)) from error
        finally:
            answer.close()

    def _check(self, answer: aiohttp.ClientResponse, url: str, good: tuple[int, ...]) -> None:
        if answer.status in AGAIN:
            raise Interrupted(f"the server answered {answer.status}")
        if answer.status not in good:
            raise Unavailable(
                f"“{url}” cannot be fetched: the server answered {answer.status}; check its address."
            )

    async def _retried(self, url: str, once: Callable[[], Awaitable[Result]]) -> Result:
        pause = self._options.pause_s
        for left in reversed(range(self._options.tries)):
            try:
                return await once()
            except Interrupted as error:
                reason = str(error)
            if left:
                RETRIES.inc()
                log.info("download_tried_again", reason=reason, pause_s=pause)
                await asyncio.sleep(pause)
                pause *= 2
        raise Unavailable(
            f"“{url}” cannot be fetched: {reason}. Run the same command again later; it goes on where it stopped."
        )

    def _path(self, url: str, kind: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.{kind}"

    def _read_partial(self, url: str) -> Partial:
        try:
            found = Partial(**json.loads(self._path(url, "json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return Partial(url)
        return found if found.url == url and isinstance(found.validator, str) else Partial(url)

    def _write_partial(self, partial: Partial) -> None:
        with writing_to(self._folder):
            self._path(partial.url, "part").unlink(missing_ok=True)
            self._path(partial.url, "json").write_text(json.dumps(asdict(partial)), "utf-8")


async def _write(file: io.FileIO, waiting: bytearray) -> None:
    if waiting:
        await asyncio.to_thread(_write_all, file, bytes(waiting))
        waiting.clear()


def _write_all(file: io.FileIO, data: bytes) -> None:
    """An unbuffered file may write a part only, as on a disk that is nearly full."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _extent(answer: aiohttp.ClientResponse, have: int) -> tuple[int, int]:
    """Where the body starts in the file, and how long the whole file is (0: not said)."""
    if answer.status == 200:
        return 0, answer.content_length or 0
    found = CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if not found:
        return -1, 0
    start, total = int(found.group(1)), found.group(3)
    return start, 0 if total == "*" else int(total)


def _validator(headers: Mapping[str, str]) -> str:
    """What If-Range may carry: a strong ETag, else the date. A weak ETag does not promise the same bytes."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def _too_large(url: str, found: int, limit: int, size: int) -> str:
    if size and found != size:
        return f"“{url}” has {found} bytes where {size} were announced; tell whoever keeps it."
    return (
        f"“{url}” has {found >> 20} MB, more than the {limit >> 20} MB that a model may have; "
        "raise MADOGUCHI_TRANSLATION__MAX_MODEL_MB if it is right."
    )


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the server is silent"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host is not known here; check the network"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "its host does not answer; check the network"
    return "the connection was cut"
