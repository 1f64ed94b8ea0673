"""The staff desk's transactions: take a request, answer it in Japanese, send the answer in the resident's language.

A clerk sees before sending what the resident will read, and what that says when it is translated back. A number,
date or address that got lost on the way is named, and the answer is only sent when the clerk confirms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot import store
from bot.city import City
from bot.model import Message, Request, Resident
from bot.outbox import Outbox
from bot.replies import Renderer, Reply
from core.accounts import Account
from core.bus import Bus
from core.clock import Clock
from core.database import Database
from core.errors import AppError, Busy, Conflict, InvalidInput, NotAuthorised, NotFound, Unavailable
from core.jobs import Job, Jobs
from core.log import get_logger
from core.metrics import counter, histogram
from translation.facts import find, twins
from translation.makers import maker_of
from translation.memory import Memory, Suggestion
from translation.model import Fact, Translation
from translation.service import Translator

log = get_logger(__name__)

ANSWER_MAX = 2000  # characters of a clerk's answer
SUGGESTIONS = 2  # that a clerk sees at once: more would be in the way
ALIKE = 0.75  # share of words that a suggestion has in common with what is being written

REQUESTS = counter("requests", "Changes of requests", ["change"])
ANSWER_SECONDS = histogram(
    "request_answer_seconds",
    "From opening a request to its answer",
    buckets=(60, 300, 900, 3600, 14400, 86400),
)


class FactsLost(Conflict):
    """The translation of an answer lacks facts; it is sent only when the clerk confirms."""

    code = "facts_lost"

    def __init__(self, preview: Preview) -> None:
        missing = ", ".join(fact.text for fact in preview.lost)
        super().__init__(f"The translation lacks: {missing}", key="desk.error.facts_lost", facts=missing)
        self.preview = preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the resident would read, and how far to trust it."""

    text: str
    language: str
    back: str  # the text translated back into Japanese; empty where that is not possible
    route: tuple[str, ...]
    engine: str  # of the translation; empty where nothing was translated
    confidence: float | None  # None where no machine wrote any of it
    flags: tuple[str, ...]
    kept: tuple[Fact, ...]
    lost: tuple[Fact, ...]
    suggestions: tuple[Suggested, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """An answer that people translated before and that is like the one being written."""

    id: str
    japanese: str
    text: str  # what the resident would read
    score: float  # 0..1, the share of words that are the same
    author: str
    at: dt.datetime
    other_facts: bool  # has other numbers, dates … than what is being written


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request in the queue, with what a clerk needs to choose."""

    request: Request
    resident: Resident
    first: Message | None
    claimed_by_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A request with its conversation."""

    request: Request
    resident: Resident
    messages: list[Message]
    claimed_by_name: str


class RequestDesk:
    """Queue, claim, preview, answer, close."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        bus: Bus,
        clock: Clock,
        city: City,
        translator: Translator,
        renderer: Renderer,
        outbox: Outbox,
        names: AccountNames,
        saved: Mapping[str, Mapping[str, str]] | None = None,
        memory: Memory | None = None,
    ) -> None:
        """`saved` are replies that people wrote in every language: Japanese text → language → text. `memory` has what
        people translated before, to be suggested."""
        self._memory = memory
        self._saved = saved or {}
        self._jobs = jobs
        self._bus = bus
        self._clock = clock
        self._city = city
        self._translator = translator
        self._renderer = renderer
        self._outbox = outbox
        self._names = names

    @property
    def _database(self) -> Database:
        return self._jobs.database

    async def queue(self) -> list[Waiting]:
        """All requests that are not closed, urgent first, then by waiting time."""
        async with self._database.read() as connection:
            rows = await store.queue(connection)
            first = await store.first_messages(connection, [request.id for request, _ in rows])
        return [
            Waiting(
                request=request,
                resident=resident,
                first=first.get(request.id),
                claimed_by_name=await self._names.of(request.claimed_by),
            )
            for request, resident in rows
        ]

    async def done_today(self) -> int:
        """How many requests were closed since midnight at the city hall."""
        local = self._clock.now().astimezone(self._city.hours.zone)
        midnight = dt.datetime.combine(local.date(), dt.time(), self._city.hours.zone)
        async with self._database.read() as connection:
            return await store.count_closed_since(connection, midnight.astimezone(dt.UTC))

    async def open(self, request_id: str) -> Opened:
        """A request with its conversation. Raises NotFound."""
        async with self._database.read() as connection:
            request = await store.get_request(connection, request_id)
            if request is None:
                raise NotFound("There is no such request.")
            resident = await store.get_resident(connection, request.resident_id)
            messages = await store.conversation_messages(connection, resident.id)
        return Opened(
            request=request,
            resident=resident,
            messages=messages,
            claimed_by_name=await self._names.of(request.claimed_by),
        )

    async def claim(self, request_id: str, account: Account) -> None:
        """Take a request. Raises Conflict if somebody else has it; claiming one's own again is harmless."""
        request = (await self.open(request_id)).request
        if request.claimed_by == account.id and request.state == "claimed":
            return
        await self._change(request, allowed=("open",), state="claimed", claimed_by=account.id)
        REQUESTS.labels("claimed").inc()

    async def release(self, request_id: str, account: Account) -> None:
        """Put a request back into the queue."""
        request = await self._mine(request_id, account)
        await self._change(request, allowed=("claimed", "answered"), state="open", claimed_by="")
        REQUESTS.labels("released").inc()

    async def close(self, request_id: str, account: Account) -> None:
        """End a request; the resident is told if it was answered."""
        request = await self._mine(request_id, account)
        async with self._database.write() as connection:
            changed = await store.change_request(
                connection,
                request,
                allowed=("claimed", "answered"),
                state="closed",
                closed_at=self._clock.now(),
            )
            if not changed:
                raise _too_late()
            if request.state == "answered":
                resident = await store.get_resident(connection, request.resident_id)
                language = resident.conversation.language or "ja"
                replies = self._renderer.text(self._renderer.phrase("staff.closed", language))
                await self._outbox.add(connection, resident, replies, message_ids=[])
        self._outbox.hint()
        self._bus.publish("desk")
        REQUESTS.labels("closed").inc()

    async def preview(self, request_id: str, text: str) -> Preview:
        """What the resident would read, and what people wrote before that is like it."""
        opened = await self.open(request_id)
        language = opened.resident.conversation.language or "ja"
        preview = await self._preview(text, language)
        if maker_of(preview.engine) == "human":
            return preview  # nothing could be better
        return replace(preview, suggestions=await self._suggestions(text.strip(), language))

    async def _suggestions(self, text: str, language: str) -> tuple[Suggested, ...]:
        if self._memory is None or language.split("-")[0] == "ja":
            return ()
        try:
            found = await self._memory.suggest(text, "ja", language, limit=4 * SUGGESTIONS, floor=ALIKE)
        except Busy:
            return ()  # the preview matters more
        useful = [one for one in found if _is_useful(one, text)]
        return tuple(_suggested(one, text) for one in useful[:SUGGESTIONS])

    async def wording(self, suggestion_id: str) -> str:
        """The Japanese of a suggestion. Raises NotFound."""
        if self._memory is None:
            raise NotFound("There is no translation memory here.")
        return (await self._memory.get(suggestion_id)).source_text

    async def _preview(self, text: str, language: str) -> Preview:
        text = text.strip()
        if not text:
            raise InvalidInput("Write an answer first.", key="desk.error.empty")
        if len(text) > ANSWER_MAX:
            raise InvalidInput(
                f"An answer has at most {ANSWER_MAX} characters.", key="desk.error.too_long", limit=ANSWER_MAX
            )
        if human := self._saved.get(text, {}).get(language):
            return _untouched(human, language)
        if language.split("-")[0] == "ja":
            return _untouched(text, language)
        try:
            forward = await self._translator.translate(text, source="ja", target=language)
        except AppError as error:
            # A missing pair never fails a conversation: the resident gets the Japanese words, marked as such.
            if not isinstance(error, (Unavailable, InvalidInput)):
                raise
            return _untouched(text, "ja", flags=("untranslated",))
        by_people = maker_of(forward.engine) == "human"
        return Preview(
            text=forward.text,
            language=language,
            back="" if by_people else await self._back(forward),
            route=forward.route,
            engine=forward.engine,
            confidence=None if by_people else forward.confidence,
            flags=forward.flags,
            kept=forward.kept,
            lost=forward.lost,
        )

    async def _back(self, forward: Translation) -> str:
        try:
            back = await self._translator.translate(forward.text, source=forward.target, target="ja")
        except (Unavailable, InvalidInput):
            return ""
        return back.text

    async def answer(
        self,
        request_id: str,
        account: Account,
        text: str,
        *,
        confirmed: bool = False,
        version: int | None = None,
    ) -> None:
        """Send an answer. Raises FactsLost unless confirmed, NotAuthorised if the request is not the clerk's, and
        Conflict if it is no longer at the `version` that the clerk saw, so that a form sent twice answers once."""
        request = await self._mine(request_id, account)
        if version is not None and version != request.version:
            raise _too_late()
        opened = await self.open(request_id)
        reader = opened.resident.conversation.language or "ja"
        preview = await self._preview(text, reader)
        if preview.lost and not confirmed:
            raise FactsLost(preview)
        now = self._clock.now()
        async with self._database.write() as connection:
            if not await store.change_request(
                connection, request, allowed=("claimed", "answered"), state="answered", answered_at=now
            ):
                raise _too_late()
            question = await store.last_from_resident(connection, request.id)
            replies = self._answer_replies(request, text.strip(), preview, question, reader)
            message_id = await store.add_message(
                connection,
                now=now,
                resident_id=opened.resident.id,
                request_id=request.id,
                direction="staff",
                text=preview.text,
                language=preview.language,
                japanese=text.strip(),
                translation=describe(preview),
                state="waiting",
                author=account.display_name,
            )
            await self._outbox.add(connection, opened.resident, replies, message_ids=[message_id])
        self._outbox.hint()
        self._bus.publish("desk")
        REQUESTS.labels("answered").inc()
        if request.answered_at is None:
            ANSWER_SECONDS.observe((now - request.opened_at).total_seconds())

    def _answer_replies(
        self, request: Request, japanese: str, preview: Preview, question: Message | None, reader: str
    ) -> list[Reply]:
        """The answer for somebody who reads `reader`. What could not be translated says so in their language."""
        untranslated = "untranslated" in preview.flags
        language = reader if untranslated else preview.language
        department = self._city.department(request.department, language)
        heading = self._renderer.phrase("staff.answer", language, department=department)
        quote = question.quote_token if question else ""
        original = self._renderer.phrase("staff.original", language)
        if untranslated:
            why = self._renderer.phrase("translation.missing", language)
            return self._renderer.text(
                f"{heading}\n{why}\n\n{original}\n{japanese}", sender=department, quote_token=quote
            )
        if preview.confidence is None:
            return self._renderer.text(f"{heading}\n{preview.text}", sender=department, quote_token=quote)
        note = self._renderer.phrase("staff.machine_note", language)
        return [
            *self._renderer.text(
                f"{heading}\n{preview.text}\n\n{note}", sender=department, quote_token=quote
            ),
            *self._renderer.text(f"{original}\n{japanese}", sender=department),
        ]

    async def translate_message(self, job: Job) -> None:
        """Handle a job of the queue `desk.translate`: put a resident's message into Japanese for the desk."""
        async with self._database.read() as connection:
            message = await store.get_message(connection, job.payload["message_id"])
        japanese = ""
        details: dict[str, Any] = {}
        if message is not None and message.text:
            japanese, details = await self._into_japanese(message)
        async with self._database.write() as connection:
            if message is not None:
                await store.set_japanese(connection, message.id, japanese, details)
            await self._jobs.finish(connection, job)
        self._bus.publish("desk")

    async def _into_japanese(self, message: Message) -> tuple[str, dict[str, Any]]:
        if message.kind not in ("text", "voice") or message.language.split("-")[0] == "ja":
            return message.text, {}
        try:
            result = await self._translator.translate(message.text, source=message.language, target="ja")
        except (Unavailable, InvalidInput) as error:
            log.info("message_not_translated", language=message.language, reason=error.code)
            return "", {"flags": ["untranslated"]}
        return result.text, {
            "route": list(result.route),
            "engine": result.engine,
            "confidence": result.confidence,
            "flags": list(result.flags),
            "facts": kept_views(result.kept, result.text, "ja"),
            "lost": [fact_view(fact) for fact in result.lost],
        }

    async def _mine(self, request_id: str, account: Account) -> Request:
        request = (await self.open(request_id)).request
        if request.claimed_by != account.id:
            raise NotAuthorised("The request is not yours; claim it first.", key="desk.error.not_mine")
        return request

    async def _change(self, request: Request, *, allowed: tuple[str, ...], **values: Any) -> None:
        async with self._database.write() as connection:
            if not await store.change_request(connection, request, allowed=allowed, **values):
                raise _too_late()
        self._bus.publish("desk")


class AccountNames:
    """Display names of clerks, remembered: the queue shows them in every row."""

    def __init__(self, find: Any) -> None:
        self._find = find
        self._names: dict[str, str] = {"": ""}

    async def of(self, account_id: str) -> str:
        """The display name of an account; its id if it is gone."""
        if account_id not in self._names:
            account: Account | None = await self._find(account_id)
            self._names[account_id] = account.display_name if account else account_id
        return self._names[account_id]


def _untouched(text: str, language: str, *, flags: tuple[str, ...] = ()) -> Preview:
    """A text that no machine translated."""
    return Preview(
        text=text,
        language=language,
        back="",
        route=(),
        engine="",
        confidence=None,
        flags=flags,
        kept=(),
        lost=(),
    )


def _is_useful(suggestion: Suggestion, text: str) -> bool:
    """Only what people translated from Japanese, and not the very words that are being written."""
    unit = suggestion.unit
    return unit.source == "ja" and unit.origin == "human" and unit.source_text != text


def _suggested(suggestion: Suggestion, text: str) -> Suggested:
    unit = suggestion.unit
    return Suggested(
        id=unit.id,
        japanese=unit.source_text,
        text=unit.target_text,
        score=suggestion.score,
        author=unit.author,
        at=unit.updated_at,
        other_facts=_values(unit.source_text) != _values(text),
    )


def _values(text: str) -> list[str]:
    return sorted(fact.value for fact in find(text, "ja"))


def fact_view(fact: Fact) -> dict[str, str]:
    """A fact as JSON."""
    return {"kind": fact.kind, "text": fact.text, "value": fact.value}


def kept_views(facts: Sequence[Fact], text: str, language: str) -> list[dict[str, str]]:
    """Kept facts as JSON, each with its `twin`: how it stands in the translation."""
    return [
        {**fact_view(fact), "twin": twin}
        for fact, twin in zip(facts, twins(facts, text, language), strict=True)
    ]


def describe(preview: Preview) -> dict[str, Any]:
    """A preview as JSON."""
    return {
        "text": preview.text,
        "language": preview.language,
        "back": preview.back,
        "route": list(preview.route),
        "engine": preview.engine,
        "confidence": preview.confidence,
        "flags": list(preview.flags),
        "kept": kept_views(preview.kept, preview.text, preview.language),
        "lost": [fact_view(fact) for fact in preview.lost],
    }


def _too_late() -> Conflict:
    return Conflict("Somebody else changed the request first; look again.", key="desk.error.too_late")
