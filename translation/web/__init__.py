"""What people see of translation: the memory, the glossary, and a box in which a sentence can be tried.

site      what the handlers need, and small helpers that they share
memory    `/memory`: search, add, change, forget, import and export
glossary  `/glossary`: the city's terms, read only, and the try-it box
trials    pure: what a tried sentence became, ready to be shown
api       `/api/v1/memory` and `/api/v1/translate`

Everybody who works here may use these pages; only interpreters import files.
"""

from __future__ import annotations

from aiohttp import web

from translation.web.api import Api
from translation.web.glossary import GlossaryPages
from translation.web.memory import MemoryPages
from translation.web.site import LanguageSite, WebOptions

__all__ = ["LanguageSite", "WebOptions", "routes"]


def routes(site: LanguageSite) -> list[web.AbstractRouteDef]:
    """All routes of the package."""
    rooms = (MemoryPages(site), GlossaryPages(site), Api(site))
    return [route for room in rooms for route in room.routes()]
