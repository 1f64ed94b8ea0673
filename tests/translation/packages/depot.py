"""A real HTTP server that holds model files, and that fails on demand."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from backports import zstd

from translation.languages import language
from translation.starter import Starter, starters


@dataclass
class Depot:
    """Files by path. `asked` keeps each request: its path, its Range header, and the bytes of body sent."""

    files: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)  # ETag by path, instead of one made from the bytes
    cuts: dict[str, list[int]] = field(default_factory=dict)  # cut the next answers after so many bytes
    holds: dict[str, list[int]] = field(
        default_factory=dict
    )  # fall silent in the next answers after so many bytes
    end: asyncio.Event = field(default_factory=asyncio.Event)  # of those silences
    statuses: dict[str, list[int]] = field(default_factory=dict)  # give these statuses first
    moved: dict[str, str] = field(default_factory=dict)  # redirects by path
    knows_ranges: bool = True
    validates: bool = True  # sends ETags
    sends_length: bool = True
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    def of(self, path: str) -> list[tuple[str, int]]:
        """Range header and bytes sent of each request for `path`."""
        return [(wanted, sent) for asked, wanted, sent in self.asked if asked == path]

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path, wanted = request.path, request.headers.get("Range", "")
        if statuses := self.statuses.get(path):
            self.asked.append((path, wanted, 0))
            return web.Response(status=statuses.pop(0))
        if path in self.moved:
            return web.Response(status=302, headers={"Location": self.moved[path]})
        if path not in self.files:
            self.asked.append((path, wanted, 0))
            return web.Response(status=404)
        return await self._send(request, path, wanted)

    async def _send(self, request: web.Request, path: str, wanted: str) -> web.StreamResponse:
        data = self.files[path]
        tag = self.tags.get(path, f'"{hashlib.sha256(data).hexdigest()[:16]}"')
        start = 0
        if self.knows_ranges and wanted and request.headers.get("If-Range", tag) == tag:
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])  # type: ignore[index]
            if start >= len(data):
                self.asked.append((path, wanted, 0))
                return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
        answer = web.StreamResponse(status=206 if start else 200)
        if self.validates:
            answer.headers["ETag"] = tag
        if start:
            answer.headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if self.sends_length:
            answer.content_length = len(data) - start
        await answer.prepare(request)
        if holds := self.holds.get(path):
            await answer.write(data[start : start + holds.pop(0)])
            self.asked.append((path, wanted, 0))
            await self.end.wait()
            return answer
        cuts = self.cuts.get(path)
        end = start + cuts.pop(0) if cuts else len(data)
        await answer.write(data[start:end])
        self.asked.append((path, wanted, min(end, len(data)) - start))
        if end < len(data):
            await asyncio.to_thread(lambda: None)  # what was written goes out before the line is cut
            assert request.transport is not None
            request.transport.close()
        else:
            await answer.write_eof()
        return answer

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve from a thread of its own, for commands that run in another process; gives the address."""
        loop = asyncio.new_event_loop()
        server = TestServer(self.app(), host="127.0.0.1")
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        asyncio.run_coroutine_threadsafe(server.start_server(), loop).result()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            loop.call_soon_threadsafe(self.end.set)
            asyncio.run_coroutine_threadsafe(server.close(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def put_argos(self, archive: bytes, source: str, target: str, version: str, **more: object) -> str:
        """Add a package and its line in the index; gives its path."""
        path = f"/argos/translate-{source}_{target}-{version.replace('.', '_')}.argosmodel"
        self.files[path] = archive
        row = {
            "package_version": version,
            "argos_version": "1.9.0",
            "from_code": source,
            "from_name": source,
            "to_code": target,
            "to_name": target,
            "links": [path.removeprefix("/argos/")],
            "code": f"translate-{source}_{target}",
        } | more
        rows = json.loads(self.files.get("/argos/index.json", b"[]"))
        self.files["/argos/index.json"] = json.dumps([*rows, row]).encode()
        return path

    def put_firefox(
        self, files: Mapping[str, bytes], source: str, target: str, version: object = "3.0", **more: object
    ) -> list[str]:
        """Add a model's files, compressed, and their records; gives their paths."""
        rows = json.loads(self.files.get("/records", b'{"data": []}'))["data"]
        paths = []
        for name, data in files.items():
            packed = zstd.compress(data)
            place = f"main-workspace/translations-models-v2/{hashlib.sha256(packed).hexdigest()[:32]}.zst"
            self.files[f"/cdn/{place}"] = packed
            paths.append(f"/cdn/{place}")
            rows.append(record(name, data, packed, place, source, target, version) | more)
        self.files["/records"] = json.dumps({"data": rows}).encode()
        return paths

    def settings(self, address: str) -> dict[str, str]:
        """Settings of the command line that use this depot."""
        return {
            "TRANSLATION__ARGOS_INDEX": f"{address}/argos/index.json",
            "TRANSLATION__FIREFOX_RECORDS": f"{address}/records",
            "TRANSLATION__FIREFOX_ATTACHMENTS": f"{address}/cdn/",
        }


def record(
    name: str, data: bytes, packed: bytes, place: str, source: str, target: str, version: object
) -> dict[str, object]:
    """One Remote Settings record, as the collection `translations-models-v2` has them."""
    return {
        "name": name,
        "fileType": name.split(".")[0],
        "sourceLanguage": source,
        "targetLanguage": target,
        "version": version,
        "architecture": "tiny",
        "filter_expression": "",
        "decompressedSize": len(data),
        "decompressedHash": hashlib.sha256(data).hexdigest(),
        "attachment": {
            "hash": hashlib.sha256(packed).hexdigest(),
            "size": len(packed),
            "filename": f"{name}.zst",
            "location": place,
            "mimetype": "application/zstd",
        },
    }


def argos_package(source: str, target: str, version: str = "1.1", **files: bytes) -> bytes:
    """A small Argos package that no engine would load."""
    metadata = {"from_code": source, "to_code": target, "package_version": version}
    inside = {
        "metadata.json": json.dumps(metadata).encode(),
        "sentencepiece.model": b"pieces",
        "model/model.bin": hashlib.sha256(f"{source}{target}{version}".encode()).digest() * 2000,
    } | {name.replace("__", "/"): data for name, data in files.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as made:
        for name, data in inside.items():
            made.writestr(f"top/{name}", data)
    return packed.getvalue()


def firefox_files(codes: str, seed: bytes = b"weights") -> dict[str, bytes]:
    """Files of a Firefox model that no engine would load."""
    return {
        f"model.{codes}.intgemm.alphas.bin": seed * 1000,
        f"lex.50.50.{codes}.s2t.bin": b"shortlist",
        f"vocab.{codes}.spm": b"pieces",
    }


def starter(source: str, target: str) -> Starter:
    """The project's own model of a pair."""
    return next(one for one in starters() if one.pair == (source, target))


def starter_archive(source: str, target: str) -> bytes:
    """A real Argos package."""
    origin = starter(source, target).origin
    assert origin is not None
    return origin.read_bytes()


def starter_files(source: str, target: str) -> dict[str, bytes]:
    """The files of a real Firefox model."""
    found = starter(source, target)
    assert found.origin is not None
    return {name: (found.origin / name).read_bytes() for name in found.files}


def firefox_code(tag: str) -> str:
    """What Firefox calls a language."""
    return language(tag).firefox_codes[0]
