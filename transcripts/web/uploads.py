"""Recordings on a page and in the API: handing one in, seeing how far it came, stopping it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiohttp import BodyPartReader, web

from core.accounts import Account
from core.errors import AppError, InvalidInput
from core.web import check_form_token, checks_form, render, require
from core.web.sessions import CSRF_FIELD, CSRF_HEADER
from transcripts.model import Meeting
from transcripts.uploads import Upload, Uploads
from transcripts.web.site import CaptionsSite

ROLES = ("staff", "interpreter")
FILE_FIELD = "file"
TOKEN_LIMIT = 200  # bytes of the form's token
FIELDS_LIMIT = 8  # parts of a form before the file


class UploadPages:
    """`/meetings/{meeting}/recording`: a form that works without scripts."""

    def __init__(self, site: CaptionsSite, uploads: Uploads) -> None:
        self._site = site
        self._uploads = uploads

    def routes(self) -> list[web.AbstractRouteDef]:
        page = "/meetings/{meeting}/recording"
        return [
            web.get(page, self.show),
            web.post(page, self.receive),
            web.post(page + "/{upload}/stop", self.stop),
        ]

    async def show(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        return await self._page(request, await self._site.meeting(request))

    async def _page(
        self, request: web.Request, meeting: Meeting, *, error: AppError | None = None
    ) -> web.Response:
        uploads = await self._uploads.of_meeting(meeting.id)
        return await render(
            request,
            "transcripts/recording.html",
            status=error.status if error else 200,
            meeting=meeting,
            uploads=uploads,
            active=any(upload.active for upload in uploads),
            error=error,
            megabytes=self._uploads.limits.bytes // (1024 * 1024),
            minutes=int(self._uploads.limits.seconds // 60),
        )

    @checks_form
    async def receive(self, request: web.Request) -> web.Response:
        here = require(request, *ROLES)
        meeting = await self._site.meeting(request)
        part = await _file_of_form(request)
        try:
            await take(self._uploads, meeting.id, request, part, here)
        except AppError as error:
            if not error.key:
                raise
            return await self._page(request, meeting, error=error)
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/recording")

    async def stop(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        meeting = await self._site.meeting(request)
        await self._uploads.stop(meeting.id, request.match_info["upload"])
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/recording")


class UploadApi:
    """`/api/v1/meetings/{meeting}/recording`."""

    def __init__(self, site: CaptionsSite, uploads: Uploads) -> None:
        self._site = site
        self._uploads = uploads

    def routes(self) -> list[web.AbstractRouteDef]:
        recording = "/api/v1/meetings/{meeting}/recording"
        return [
            web.get(recording, self.list),
            web.post(recording, self.receive),
            web.delete(recording + "/{upload}", self.stop),
        ]

    async def list(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        meeting = await self._site.meeting(request)
        found = await self._uploads.of_meeting(meeting.id)
        return web.json_response({"recordings": [_data(upload) for upload in found]})

    @checks_form
    async def receive(self, request: web.Request) -> web.Response:
        """The file as the body, or as the part `file` of a multipart form."""
        here = require(request, *ROLES)
        meeting = await self._site.meeting(request)
        multipart = request.content_type == "multipart/form-data"
        part = await _file_of_form(request) if multipart else None
        upload = await take(self._uploads, meeting.id, request, part, here)
        return web.json_response(_data(upload), status=202)

    async def stop(self, request: web.Request) -> web.Response:
        require(request, *ROLES)
        meeting = await self._site.meeting(request)
        return web.json_response(_data(await self._uploads.stop(meeting.id, request.match_info["upload"])))


async def take(
    uploads: Uploads, meeting_id: str, request: web.Request, part: BodyPartReader | None, here: Account
) -> Upload:
    """Hand what comes over to the service, with the name that the sender gives it."""
    if part is None:
        name = request.query.get("name", "")
        return await uploads.receive(meeting_id, _body(request), name=name, account=here)
    return await uploads.receive(meeting_id, _part(part), name=part.filename or "", account=here)


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_any():
        yield chunk


async def _part(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(64 * 1024):
        yield chunk


async def _file_of_form(request: web.Request) -> BodyPartReader:
    """The part that holds the file; the token must come before it, unless the header shows it.

    Raises InvalidInput and NotAuthorised.
    """
    proved = CSRF_HEADER in request.headers  # checked before any handler runs
    try:
        reader = await request.multipart()
        for _ in range(FIELDS_LIMIT):
            part = await reader.next()
            if not isinstance(part, BodyPartReader):
                break
            if part.name == CSRF_FIELD and not proved:
                shown = await part.read_chunk(TOKEN_LIMIT)
                await check_form_token(request, shown.decode("ascii", "replace"))
                proved = True
            elif part.name == FILE_FIELD:
                if not proved:
                    await check_form_token(request, "")
                return part
    except ValueError as error:
        raise InvalidInput("This form cannot be read; choose the file again.") from error
    raise InvalidInput("There is no file in the form; choose one.", key="uploads.no_file")


def _data(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "name": upload.name,
        "state": upload.state,
        "seconds": upload.seconds,
        "heard_s": upload.heard_s,
        "broken": upload.broken,
        "trouble": upload.trouble,
        "created_at": upload.created_at.isoformat(),
    }


def upload_routes(site: CaptionsSite, uploads: Uploads) -> Sequence[web.AbstractRouteDef]:
    """All routes of recordings."""
    return [*UploadPages(site, uploads).routes(), *UploadApi(site, uploads).routes()]
