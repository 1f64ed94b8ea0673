"""What the handlers of these pages need, and helpers that they share."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from core.accounts import Account
from core.errors import AppError, Busy, InvalidInput, NotFound
from core.metrics import counter
from core.web import render, require
from core.web.pages import PAGES, page_language
from translation.errors import MissingModel
from translation.glossary import Glossary
from translation.languages import language, languages
from translation.memory import Memory, Unit
from translation.model import Translation
from translation.service import Translator

ROLES = ("staff", "interpreter")  # an admin may do everything
TRIALS_LIMITED = counter(
    "translation_trials_limited", "Sentences not tried because an account tried too many"
)

_REVIEW = re.compile(r"review:([0-9a-z]{1,36})/([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """Limits of the pages and the API."""

    page_rows: int = 50  # units on one page
    text_limit: int = 2_000  # characters of one side of a unit, and of a sentence that is tried
    words_limit: int = 200  # characters of a search
    form_bytes: int = 1024 * 1024  # of a file that comes as a form: the site's limit on bodies
    file_bytes: int = 32 * 1024 * 1024  # of a file that comes by itself
    trials: str = "60/minute"  # sentences that an account may try


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a unit came from, ready to be shown."""

    kind: str  # a key below `memory.where`
    detail: str = ""
    address: str = ""  # where it can be seen; empty where nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why something was not done, in the language of the page where there are words for it."""

    sentence: str
    language: str
    detail: str = ""  # what only the English sentence says


class LanguageSite:
    """Everything behind the routes."""

    def __init__(
        self,
        *,
        memory: Memory,
        glossary: Glossary,
        translator: Translator,
        japanese_names: Mapping[str, str],
        zone: dt.tzinfo,
        options: WebOptions = WebOptions(),
    ) -> None:
        """`japanese_names` is language tag → its name in Japanese; `zone` is the city's own time."""
        self.memory = memory
        self.glossary = glossary
        self.translator = translator
        self.options = options
        self._japanese_names = japanese_names
        self._zone = zone
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._trials = parse(options.trials)

    def reader(self, request: web.Request) -> Account:
        """Whoever works here. Raises NotAuthorised."""
        return require(request, *ROLES)

    def name(self, tag: str, page: str) -> str:
        """What a language is called in the language of the page; the tag itself where it is not served."""
        if tag not in languages():
            return tag
        return self._japanese_names.get(tag, tag) if page == "ja" else language(tag).english_name

    async def show(
        self, request: web.Request, template: str, *, status: int = 200, **context: Any
    ) -> web.Response:
        """A page of this package."""
        page = page_language(request)
        return await render(
            request,
            template,
            status=status,
            language_name=lambda tag: self.name(tag, page),
            zone=self._zone,
            place=place_of,
            **context,
        )

    def refusal(self, request: web.Request, error: AppError) -> Refusal:
        """The reason of `error` for the page. Raises it where there is nothing to show it on."""
        if isinstance(error, NotFound):
            raise error
        page = page_language(request)
        if not error.key:
            return Refusal(sentence=str(error), language="en")
        sentence = request.app[PAGES].words.get(page, error.key, **error.values)
        detail = str(error.__cause__) if isinstance(error.__cause__, AppError) else ""
        return Refusal(sentence=sentence, language=page, detail=detail)

    async def translate(
        self, account: Account, text: str, source: str, target: str, page: str
    ) -> Translation:
        """A sentence that somebody tries. Raises InvalidInput, MissingModel, and Busy when it was too often."""
        if not text.strip():
            raise InvalidInput("Write a sentence to translate.", key="try.error.empty")
        if len(text) > (limit := self.options.text_limit):
            raise InvalidInput(
                f"A sentence has at most {limit} characters.", key="try.error.too_long", limit=limit
            )
        check_pair(source, target)
        if not await self._limiter.hit(self._trials, account.id):
            TRIALS_LIMITED.inc()
            raise Busy("Too many sentences were tried; wait a minute.", key="try.error.often")
        try:
            return await self.translator.translate(text.strip(), source=source, target=target)
        except MissingModel as error:
            names = {"source": self.name(source, page), "target": self.name(target, page)}
            raise MissingModel(str(error), key="try.error.no_way", **names) from error


def check_pair(source: str, target: str) -> None:
    """Raise InvalidInput unless these are two languages that are served."""
    if source not in languages() or target not in languages():
        raise InvalidInput(
            f"Choose two of the languages served: {', '.join(languages())}.", key="memory.error.language"
        )
    if source == target:
        raise InvalidInput("Choose two different languages.", key="memory.error.same_language")


def check_texts(source_text: str, target_text: str, limit: int) -> None:
    """Raise InvalidInput unless both texts can be kept."""
    if not source_text.strip() or not target_text.strip():
        raise InvalidInput("Write both texts.", key="memory.error.empty")
    if max(len(source_text), len(target_text)) > limit:
        raise InvalidInput(
            f"A text has at most {limit} characters.", key="memory.error.too_long", limit=limit
        )


def place_of(unit: Unit) -> Place:
    """Where a unit came from. What it says may come from a file, so an address is only made from what fits exactly."""
    if found := _REVIEW.fullmatch(unit.came_from):
        meeting, seq = found.groups()
        query = urlencode({"lang": unit.target, "at": seq})
        return Place(kind="review", detail=seq, address=f"/review/{quote(meeting)}?{query}#s{seq}")
    if unit.came_from.startswith("tmx:"):
        return Place(kind="tmx", detail=unit.came_from.removeprefix("tmx:"))
    return Place(kind="page" if unit.came_from == "page" else "other")


def chosen_tag(request: web.Request, name: str) -> str:
    """The language in the query; empty for none. Raises InvalidInput for one that is not served."""
    tag = request.query.get(name, "")
    return language(tag).tag if tag else ""
