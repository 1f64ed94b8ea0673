"""`/memory`: what people translated, to be searched, added to and put right.

Every change is a form that works without a script.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.web_request import FileField

from core.accounts import Account
from core.errors import AppError, Conflict, InvalidInput, TooLarge
from core.log import get_logger
from core.web import require
from core.web.pages import PAGES, page_language
from translation.languages import languages
from translation.memory import Unit
from translation.memory.exchange import Imported, import_tmx
from translation.memory.tmx import write_tmx
from translation.web.site import LanguageSite, check_pair, check_texts, chosen_tag

log = get_logger(__name__)

DONE = ("learnt", "changed", "forgotten")  # what a page may say that was done
MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024  # bytes of a file that are written or sent at once


class MemoryPages:
    """`/memory` and what hangs on it."""

    def __init__(self, site: LanguageSite) -> None:
        self._site = site

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/memory", self.index),
            web.get("/memory/new", self.new),
            web.post("/memory/new", self.learn),
            web.get("/memory/import", self.import_form),
            web.post("/memory/import", self.import_file),
            web.get("/memory/export.tmx", self.export),
            web.get("/memory/{id}", self.unit),
            web.post("/memory/{id}", self.change),
            web.post("/memory/{id}/delete", self.forget),
        ]

    async def index(self, request: web.Request) -> web.StreamResponse:
        """A page of the units that a search finds, the newest first."""
        self._site.reader(request)
        words = request.query.get("words", "").strip()[: self._site.options.words_limit]
        source, target = chosen_tag(request, "from"), chosen_tag(request, "to")
        after, rows = request.query.get("after", "")[:36], self._site.options.page_rows
        found = await self._site.memory.search(
            words=words, source=source, target=target, after=after, limit=rows + 1
        )
        return await self._site.show(
            request,
            "translation/memory.html",
            units=found[:rows],
            next=found[rows - 1].id if len(found) > rows else "",
            after=after,
            words=words,
            source=source,
            target=target,
            tags=list(languages()),
            query=_query(words=words, source=source, target=target),
            done=_done(request),
        )

    async def new(self, request: web.Request) -> web.StreamResponse:
        self._site.reader(request)
        return await self._form(
            request,
            None,
            source=chosen_tag(request, "from") or "ja",
            target=chosen_tag(request, "to") or "en",
        )

    async def learn(self, request: web.Request) -> web.StreamResponse:
        here = self._site.reader(request)
        form = await _texts(request)
        try:
            check_pair(form["source"], form["target"])
            check_texts(form["source_text"], form["target_text"], self._site.options.text_limit)
            await self._site.memory.learn(**form, author=here.display_name, came_from="page")
        except AppError as error:
            return await self._form(request, None, error=error, **form)
        raise web.HTTPSeeOther("/memory?done=learnt")

    async def unit(self, request: web.Request) -> web.StreamResponse:
        self._site.reader(request)
        unit = await self._site.memory.get(request.match_info["id"])
        return await self._form(request, unit)

    async def change(self, request: web.Request) -> web.StreamResponse:
        here = self._site.reader(request)
        unit = await self._site.memory.get(request.match_info["id"])
        form = await _texts(request)
        texts = {name: form[name] for name in ("source_text", "target_text")}
        try:
            await changed(self._site, unit.id, texts, here)
        except AppError as error:
            return await self._form(request, unit, error=error, **texts)
        raise web.HTTPSeeOther("/memory?done=changed")

    async def forget(self, request: web.Request) -> web.StreamResponse:
        self._site.reader(request)
        await self._site.memory.forget(request.match_info["id"])
        raise web.HTTPSeeOther("/memory?done=forgotten")

    async def _form(
        self, request: web.Request, unit: Unit | None, *, error: AppError | None = None, **typed: str
    ) -> web.Response:
        """The form for one unit, with what was typed where it could not be kept."""
        names = ("source", "target", "source_text", "target_text")
        shown = {name: getattr(unit, name, "") for name in names} | typed
        for name in ("source", "target"):
            if shown[name] not in languages():
                shown[name] = next(iter(languages()))  # what the choice then shows
        return await self._site.show(
            request,
            "translation/unit.html",
            status=error.status if error else 200,
            unit=unit,
            error=self._site.refusal(request, error) if error else None,
            tags=list(languages()),
            text_limit=self._site.options.text_limit,
            **shown,
        )

    # Files

    async def import_form(self, request: web.Request) -> web.StreamResponse:
        require(request, "interpreter")
        return await self._import_page(request)

    async def import_file(self, request: web.Request) -> web.StreamResponse:
        """Take in a file, from the form or, where a script sends it, as the body itself with its name in the query."""
        here = require(request, "interpreter")
        with tempfile.TemporaryDirectory(prefix="tmx-") as folder:
            try:
                path = await self._received(request, Path(folder))
                imported = await import_tmx(self._site.memory, path, author=here.display_name)
                if not imported.count.taken:
                    raise InvalidInput("The file has nothing to take.", key="memory.error.nothing")
            except TooLarge as error:
                return await self._import_page(request, error=error)
            except InvalidInput as error:
                broken = error if error.key else _broken(error)
                return await self._import_page(request, error=broken)
        log.info("memory_imported", account=here.id, written=imported.written)
        return await self._import_page(request, imported=imported)

    async def _received(self, request: web.Request, folder: Path) -> Path:
        if request.content_type == "multipart/form-data":
            field = (await request.post()).get("file")
            if not isinstance(field, FileField) or not field.filename:
                raise InvalidInput("Choose a TMX file.", key="memory.error.file")
            path = folder / _file_name(field.filename)
            await asyncio.to_thread(_copy, field, path)
            return path
        path = folder / _file_name(request.query.get("name", ""))
        limit, size = self._site.options.file_bytes, 0
        with await asyncio.to_thread(path.open, "wb") as file:
            async for part in request.content.iter_chunked(CHUNK):
                size += len(part)
                if size > limit:
                    raise TooLarge(
                        f"The file is larger than {limit} bytes.",
                        key="memory.error.too_large",
                        limit=limit // MEGABYTE,
                    )
                await asyncio.to_thread(file.write, part)
        return path

    async def _import_page(
        self, request: web.Request, *, error: AppError | None = None, imported: Imported | None = None
    ) -> web.Response:
        options = self._site.options
        return await self._site.show(
            request,
            "translation/import.html",
            status=error.status if error else 200,
            error=self._site.refusal(request, error) if error else None,
            imported=imported,
            file_bytes=options.file_bytes,
            file_mb=options.file_bytes // MEGABYTE,
            form_mb=max(1, options.form_bytes // MEGABYTE),
        )

    async def export(self, request: web.Request) -> web.StreamResponse:
        """The units of a pair, or all, as a file; sent while they are read."""
        here = self._site.reader(request)
        source, target = chosen_tag(request, "from"), chosen_tag(request, "to")
        name = "-".join(filter(None, ("memory", source, target)))
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/x-tmx+xml; charset=utf-8",
                "Content-Disposition": f'attachment; filename="{name}.tmx"',
                "Cache-Control": "no-store",
            }
        )
        buffer = io.BytesIO()

        async def units() -> AsyncIterator[Unit]:
            async for unit in self._site.memory.units(source=source, target=target):
                if buffer.tell() > CHUNK:
                    await response.write(buffer.getvalue())
                    buffer.seek(0)
                    buffer.truncate()
                yield unit

        await response.prepare(request)
        written = await write_tmx(units(), buffer)
        await response.write(buffer.getvalue())
        await response.write_eof()
        log.info("memory_exported", account=here.id, units=written)
        return response


async def changed(site: LanguageSite, unit_id: str, texts: Mapping[str, str], account: Account) -> Unit:
    """Give a unit other texts. Raises InvalidInput, NotFound, and Conflict where another one has that original."""
    check_texts(texts["source_text"], texts["target_text"], site.options.text_limit)
    try:
        return await site.memory.change(
            unit_id,
            source_text=texts["source_text"],
            target_text=texts["target_text"],
            author=account.display_name,
        )
    except Conflict as error:
        raise Conflict(str(error), key="memory.error.taken") from error


async def _texts(request: web.Request) -> dict[str, Any]:
    form = await request.post()

    def text(name: str) -> str:
        return str(form.get(name, "")).replace("\r\n", "\n").strip()

    return {
        "source": text("from"),
        "target": text("to"),
        "source_text": text("source_text"),
        "target_text": text("target_text"),
    }


def _query(*, words: str, source: str, target: str) -> str:
    """What was searched for, as a query; empty when everything is shown."""
    given = {"words": words, "from": source, "to": target}
    return urlencode({name: value for name, value in given.items() if value})


def _done(request: web.Request) -> str:
    done = request.query.get("done", "")
    return request.app[PAGES].words.get(page_language(request), f"memory.done.{done}") if done in DONE else ""


def _file_name(given: str) -> str:
    """The last part of a name, as short and plain as a name here may be."""
    name = PurePosixPath(given.replace("\\", "/")).name
    plain = "".join(character for character in name if character.isprintable() and character not in '<>:"|?*')
    return plain.strip(". ")[-80:] or "file.tmx"


def _copy(field: FileField, path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(field.file, file)


def _broken(error: InvalidInput) -> InvalidInput:
    broken = InvalidInput(str(error), key="memory.error.broken")
    broken.__cause__ = error
    return broken
