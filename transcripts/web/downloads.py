"""`/meetings/{meeting}/transcript.{format}`: the record of a meeting as a file (docs/exports.md)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from core.errors import Busy, InvalidInput, NotFound
from core.metrics import counter
from core.web import account
from core.web.pages import PAGES, page_language
from transcripts.documents import Labels, style, to_docx, to_html
from transcripts.exports import plain, to_srt, to_txt, to_vtt
from transcripts.model import Meeting
from transcripts.records import Record, TextChoice, text_choice
from transcripts.web.api import meeting_data
from transcripts.web.site import CaptionsSite
from translation.languages import language as served

REFUSED = counter(
    "transcript_files_refused", "Transcript files refused because too many were asked for at once"
)

NAME_LIMIT = 80  # characters of the title in a file's name
COLUMNS = 3  # languages side by side in a document
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f%]+')


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a request asks for."""

    meeting: Meeting
    tags: tuple[str, ...]
    choice: TextChoice
    times: bool
    people: bool  # whether who wrote and approved a caption may be told
    labels: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One format. `write` runs in a thread; None where the file is written in parts."""

    content_type: str
    languages: int  # at most
    inline: bool  # browsers show it rather than save it
    write: Callable[[Record, Order], str | bytes] | None


def _vtt(record: Record, order: Order) -> str:
    about = (order.meeting.title, served(order.tags[0]).english_name, order.labels.mark(record))
    return to_vtt(record.captions(), about=about)


FORMS = {
    "vtt": Form(content_type="text/vtt", languages=1, inline=True, write=_vtt),
    "srt": Form(
        content_type="application/x-subrip",
        languages=1,
        inline=True,
        write=lambda record, order: to_srt(record.captions()),
    ),
    "txt": Form(
        content_type="text/plain",
        languages=1,
        inline=True,
        write=lambda record, order: to_txt(record.captions(), times=order.times),
    ),
    "html": Form(
        content_type="text/html",
        languages=COLUMNS,
        inline=True,
        write=lambda record, order: to_html(record, order.labels),
    ),
    "docx": Form(
        content_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        languages=COLUMNS,
        inline=False,
        write=lambda record, order: to_docx(record, order.labels),
    ),
    "json": Form(content_type="application/json", languages=100, inline=False, write=None),
}


class Downloads:
    """Files are written in threads, few at a time, so that meetings that are live do not wait for them."""

    def __init__(self, site: CaptionsSite) -> None:
        self._site = site
        self._desk = asyncio.Semaphore(site.options.files_at_once)
        self._asked = 0

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/meetings/{meeting}/transcript.{format}", self.file)]

    async def file(self, request: web.Request) -> web.Response:
        meeting = await self._site.meeting(request)
        ending = request.match_info["format"]
        form = FORMS.get(ending)
        if form is None:
            raise NotFound(f"Transcripts come as {', '.join(FORMS)}; choose one of these endings.")
        order = self._order(request, meeting, form, ending)
        if order.choice != "approved":
            wait_s = self._site.options.file_wait_s
            await self._site.service.complete(meeting, order.tags, wait_s=wait_s)
        headers = {"Cache-Control": "private, no-cache", "ETag": await self._tag(request, order, ending)}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        async with self._turn():
            body = await self._write(form, order)
        headers["Content-Disposition"] = disposition(order, ending, inline=form.inline)
        if ending == "html":
            headers["Content-Security-Policy"] = _policy()
        charset = "utf-8" if ending != "docx" else None
        return web.Response(body=body, content_type=form.content_type, charset=charset, headers=headers)

    def _order(self, request: web.Request, meeting: Meeting, form: Form, ending: str) -> Order:
        wanted = tuple(tag for part in request.query.getall("lang", []) for tag in part.split(",") if tag)
        tags = tuple(dict.fromkeys(wanted)) or (
            meeting.languages if ending == "json" else (meeting.language,)
        )
        self._site.service.check_languages(meeting, tags)
        if len(tags) > form.languages:
            raise InvalidInput(f"A .{ending} file holds at most {form.languages} languages; ask for fewer.")
        pages, shown = request.app[PAGES], page_language(request)
        labels = Labels(
            language=shown,
            t=lambda key, /, **values: pages.words.get(shown, key, **values),
            city=pages.city_name.get(shown) or next(iter(pages.city_name.values())),
        )
        here = account(request)
        return Order(
            meeting=meeting,
            tags=tags,
            choice=text_choice(request.query.get("text", "")),
            times=request.query.get("times") == "1",
            people=here is not None,
            labels=labels,
        )

    async def _tag(self, request: web.Request, order: Order, ending: str) -> str:
        """Changes whenever the file would (RFC 9110, 8.8.3)."""
        version = await self._site.service.version(order.meeting.id)
        parts = (version, order.meeting.state, ending, order.tags, order.choice, order.times, order.people)
        told = repr((*parts, order.labels.language, order.labels.city)).encode()
        return f'"{hashlib.sha256(told).hexdigest()[:24]}"'

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a turn to write. Raises Busy when too many wait."""
        options = self._site.options
        if self._asked >= options.files_at_once + options.files_waiting:
            REFUSED.inc()
            raise Busy("Too many transcripts are being written at the moment; try again in a minute.")
        self._asked += 1
        try:
            async with self._desk:
                yield
        finally:
            self._asked -= 1

    async def _write(self, form: Form, order: Order) -> bytes:
        if form.write is None:
            return await self._json(order)
        record = await self._site.service.record(order.meeting, order.tags, order.choice)
        body = await asyncio.to_thread(form.write, record, order)
        return body.encode("utf-8", "replace") if isinstance(body, str) else body

    async def _json(self, order: Order) -> bytes:
        """One document, put together from parts so that no single step is long."""
        parts = [json.dumps(_head(order), ensure_ascii=False)[:-1].encode() + b', "segments": [']
        found = self._site.service.everything(
            order.meeting, order.tags, order.choice, with_people=order.people
        )
        between = b""
        async for rows in found:
            text = await asyncio.to_thread(_rows_as_json, rows)
            parts += [between, text]
            between = b",\n"
        return b"".join([*parts, b"]}\n"])


def _rows_as_json(rows: Sequence[dict[str, object]]) -> bytes:
    return ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode("utf-8", "replace")


def _head(order: Order) -> dict[str, object]:
    return {
        "format": "madoguchi-transcript",
        "version": 1,
        "meeting": meeting_data(order.meeting),
        "text": order.choice,
        "languages": list(order.tags),
    }


def disposition(order: Order, ending: str, *, inline: bool) -> str:
    """Content-Disposition with the title as the file's name (RFC 6266), and a plain name for old programs."""
    tags = "-".join(order.tags)
    title = _NOT_IN_NAMES.sub("_", plain(order.meeting.title).replace("\n", " "))[:NAME_LIMIT].strip(" ._")
    plain_name = f"{order.meeting.id}.{tags}.{ending}"
    name = quote(f"{title or order.meeting.id}.{tags}.{ending}", safe="", errors="replace")
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain_name}\"; filename*=UTF-8''{name}"


def _policy() -> str:
    """What the printed page may do: use its own style sheet, nothing else."""
    known = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    rules = ["default-src 'none'", f"style-src 'sha256-{known}'", "base-uri 'none'", "frame-ancestors 'self'"]
    return "; ".join([*rules, "sandbox allow-modals"])  # printing is a modal
