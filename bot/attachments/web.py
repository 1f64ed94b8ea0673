"""`/desk/attachments/{id}`: a file of a resident, for staff."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.attachments.kinds import ENDINGS, what
from bot.attachments.model import Attachment
from bot.attachments.service import Attachments
from core.web import require

# Whatever the file is, a browser that is led to open it runs nothing and loads nothing.
CONTENT_SECURITY_POLICY = "default-src 'none'; sandbox"


def shown(attachment: Attachment) -> dict[str, Any]:
    """An attachment for a page, or as JSON."""
    return {
        "id": attachment.id,
        "state": attachment.state,
        "what": what(attachment.media_type),
        "media_type": attachment.media_type,
        "ending": ENDINGS.get(attachment.media_type, ""),
        "bytes": attachment.size,
        "size": _size(attachment.size),
    }


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} KB"


class AttachmentPages:
    """The route."""

    def __init__(self, attachments: Attachments) -> None:
        self._attachments = attachments

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/desk/attachments/{id}", self.show)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The file, as a download: pictures and recordings in the desk's pages are shown all the same. Parts of it are
        given too (Range), which players ask for."""
        require(request, "staff")
        found, path = await self._attachments.open(request.match_info["id"])
        name = f"{found.created_at:%Y%m%d}-{found.id[:8]}.{ENDINGS.get(found.media_type, 'bin')}"
        return web.FileResponse(
            path,
            headers={
                "Content-Type": found.media_type,
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Security-Policy": CONTENT_SECURITY_POLICY,
                "Cross-Origin-Resource-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )
