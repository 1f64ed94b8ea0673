"""Notices to many residents: one sentence in Japanese, every language shown and checked by people, then sent.

Usual notices come from templates that people wrote in every language. Another sentence is translated by the city's own
models in a job of its own; without models it stays Japanese and says so. Nothing goes out that nobody looked at: each
language is ticked as checked, or gets Japanese and Easy Japanese instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.actions import Tell
from bot.city import City
from bot.disaster import notices, store
from bot.disaster.checkin import TOPIC
from bot.disaster.interview import HELP_BUTTON, SAFE_BUTTON
from bot.disaster.model import DisasterOptions
from bot.disaster.notices import Counts, Notice, NoticeText, Reader
from bot.disaster.sending import SEND
from bot.disaster.templates import Templates
from bot.replies import Renderer, Reply, with_sender
from core.accounts import Account
from core.bus import Bus
from core.database import Database
from core.errors import AppError, Conflict, InvalidInput, NotFound
from core.jobs import Job, Jobs
from core.log import get_logger
from core.metrics import counter
from translation.makers import maker_of
from translation.service import Translator

log = get_logger(__name__)

WRITE = "disaster.translate"  # queue of notices that are to be put into the other languages
DEPARTMENT = "disaster"
EASY = "ja-Hira"

NOTICES = counter("disaster_notices", "Notices to many residents", ["change"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom a notice is for."""

    areas: tuple[str, ...] = ()  # empty: the whole city
    unknown_area: bool = True
    languages: tuple[str, ...] = ()  # empty: all
    check_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A notice as staff see it."""

    notice: Notice
    texts: tuple[NoticeText, ...]  # in the city's order of languages
    counts: Counts  # of recipients, once it was sent
    reach: Mapping[str, int]  # language → how many it would go to, before it is sent

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Languages that have readers but no text that somebody checked."""
        return tuple(
            text.language for text in self.texts if not text.checked_by and self.reach.get(text.language)
        )


class Notices:
    """Write, check, send, cancel."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        bus: Bus,
        city: City,
        templates: Templates,
        translator: Translator,
        renderer: Renderer,
        options: DisasterOptions,
    ) -> None:
        self._jobs = jobs
        self._bus = bus
        self._city = city
        self._templates = templates
        self._translator = translator
        self._renderer = renderer
        self._options = options

    @property
    def _database(self) -> Database:
        return self._jobs.database

    async def draft_template(
        self, account: Account, template: str, values: Mapping[str, str], target: Target
    ) -> str:
        """Begin a notice from a template; gives its id. Raises InvalidInput."""
        filled = self._templates.check(template, values)
        target = replace(target, check_in=target.check_in or template == "check_in")
        found = [self._filled(template, filled, target, language) for language in self._city.languages]
        return await self._draft(account, found, target, template=template, filled=filled)

    def _filled(self, template: str, values: Mapping[str, str], target: Target, language: str) -> NoticeText:
        text = self._templates.fill(template, values, target.areas, language)
        if text is None:
            return NoticeText(language=language, text="", source="none", flags=("untranslated",))
        return NoticeText(language=language, text=text.strip(), source="people", checked_by="—")

    async def draft_sentence(self, account: Account, japanese: str, target: Target) -> str:
        """Begin a notice with a sentence of one's own, which is then translated; gives its id."""
        japanese = self._usable(japanese)
        found = [self._untranslated(japanese, language, account) for language in self._city.languages]
        return await self._draft(account, found, target, template="", filled={})

    def _untranslated(self, japanese: str, language: str, account: Account) -> NoticeText:
        if language == "ja":
            return NoticeText(
                language="ja", text=japanese, source="staff", checked_by=account.display_name[:60]
            )
        if language.split("-")[0] == "ja":  # Easy Japanese is written by people only
            return NoticeText(language=language, text="", source="none", flags=("human_only",))
        return NoticeText(language=language, text="", source="waiting")

    async def _draft(
        self,
        account: Account,
        found: Sequence[NoticeText],
        target: Target,
        *,
        template: str,
        filled: Mapping[str, str],
    ) -> str:
        now = self._jobs.clock.now()
        async with self._database.write() as connection:
            notice_id = await notices.add_notice(
                connection,
                found,
                template=template,
                filled=dict(filled),
                areas=list(target.areas),
                unknown_area=target.unknown_area,
                languages=list(target.languages or self._city.languages),
                check_in=target.check_in,
                unchecked_japanese=False,
                created_at=now,
                created_by=account.display_name[:60],
            )
            await store.note(connection, account, "notice_drafted", now=now, subject=notice_id)
            if any(text.source == "waiting" for text in found):
                await self._jobs.add(connection, queue=WRITE, payload={"notice": notice_id}, key=notice_id)
        self._jobs.hint(WRITE)
        NOTICES.labels("drafted").inc()
        return notice_id

    async def translate(self, job: Job) -> None:
        """Handle a job of the queue `disaster.translate`: put a sentence into the languages that wait for it. What
        staff wrote meanwhile stays."""
        notice_id = job.payload["notice"]
        async with self._database.read() as connection:
            found = await notices.texts_of(connection, notice_id)
        for text in found.values():
            if text.source != "waiting":
                continue
            made = await self._translated(found["ja"].text, text.language)
            async with self._database.write() as connection:
                await notices.set_text(connection, notice_id, made, only_source="waiting")
            self._bus.publish(TOPIC)
        async with self._database.write() as connection:
            await self._jobs.finish(connection, job)

    async def _translated(self, japanese: str, language: str) -> NoticeText:
        try:
            forward = await self._translator.translate(japanese, source="ja", target=language)
        except AppError as error:
            log.info("notice_not_translated", language=language, reason=error.code)
            return NoticeText(language=language, text="", source="none", flags=("untranslated",))
        by_people = maker_of(forward.engine) == "human"
        return NoticeText(
            language=language,
            text=forward.text,
            source="people" if by_people else "machine",
            back="" if by_people else await self._back(forward.text, language),
            flags=forward.flags,
            lost=tuple(fact.text for fact in forward.lost),
            confidence=None if by_people else forward.confidence,
        )

    async def _back(self, text: str, language: str) -> str:
        try:
            return (await self._translator.translate(text, source=language, target="ja")).text
        except AppError:
            return ""

    async def edit(
        self, account: Account, notice_id: str, language: str, text: str, *, checked: bool
    ) -> None:
        """Change a text of a draft, and say whether somebody checked it. What was changed is translated back again."""
        opened = await self.open(notice_id)
        before = next((one for one in opened.texts if one.language == language), None)
        if before is None:
            raise NotFound("The notice has no such language.")
        text = self._usable(text) if checked or text.strip() else ""
        by = account.display_name[:60] if checked else ""
        after = replace(before, checked_by=by)
        if text != before.text:
            back = ""
            if text and language.split("-")[0] != "ja":
                back = await self._back(text, language)
            after = NoticeText(language=language, text=text, source="staff", back=back, checked_by=by)
        now = self._jobs.clock.now()
        async with self._database.write() as connection:
            await self._change(connection, opened.notice, state="draft")
            await notices.set_text(connection, notice_id, after)
            await store.note(
                connection,
                account,
                "notice_checked" if checked else "notice_edited",
                now=now,
                subject=notice_id,
                language=language,
            )
        self._bus.publish(TOPIC)

    async def aim(
        self, account: Account, notice_id: str, target: Target, *, unchecked_japanese: bool
    ) -> None:
        """Change whom a draft is for. A template's texts follow its areas, unless staff changed them."""
        opened = await self.open(notice_id)
        notice = opened.notice
        async with self._database.write() as connection:
            await self._change(
                connection,
                notice,
                state="draft",
                areas=list(target.areas),
                unknown_area=target.unknown_area,
                languages=list(target.languages or self._city.languages),
                check_in=target.check_in,
                unchecked_japanese=unchecked_japanese,
            )
            if notice.template:
                for text in opened.texts:
                    if text.source == "people":
                        filled = self._filled(notice.template, notice.filled, target, text.language)
                        await notices.set_text(connection, notice_id, filled)
        self._bus.publish(TOPIC)

    async def open(self, notice_id: str) -> Opened:
        """A notice with its texts and counts. Raises NotFound."""
        async with self._database.read() as connection:
            notice = await notices.get_notice(connection, notice_id)
            if notice is None:
                raise NotFound("There is no such notice.")
            found = await notices.texts_of(connection, notice_id)
            counts = await notices.count_recipients(connection, notice_id)
            wanted = await self._wanted(connection, notice) if notice.state == "draft" else {}
        return Opened(
            notice=notice,
            texts=tuple(found[language] for language in self._city.languages if language in found),
            counts=counts,
            reach={language: sum(reader.reachable for reader in all_) for language, all_ in wanted.items()},
        )

    async def newest(self) -> list[tuple[Notice, str, dict[str, int]]]:
        """The newest notices with their Japanese words and counts."""
        async with self._database.read() as connection:
            found = []
            for notice in await notices.list_notices(connection):
                japanese = (await notices.texts_of(connection, notice.id)).get("ja")
                counts = (await notices.count_recipients(connection, notice.id)).total
                found.append((notice, japanese.text if japanese else "", counts))
            return found

    async def _wanted(self, connection: AsyncConnection, notice: Notice) -> dict[str, list[Reader]]:
        """Whom a notice goes to, by the language in which they read it."""
        disaster = await store.active_disaster(connection)
        found: dict[str, list[Reader]] = {}
        for reader in await notices.readers(connection, disaster.id if disaster else ""):
            language = self._language_of(reader)
            here = (
                not notice.areas or reader.area in notice.areas or (notice.unknown_area and not reader.area)
            )
            if here and language in notice.languages:
                found.setdefault(language, []).append(reader)
        return found

    def _language_of(self, reader: Reader) -> str:
        """The city's language that somebody reads; Japanese where nothing is known."""
        for tag in filter(None, (reader.language, reader.profile_language)):
            if tag in self._city.languages:
                return tag
            base = tag.split("-")[0]
            for language in self._city.languages:
                if language.split("-")[0] == base:
                    return language
        return "ja"

    async def send(self, account: Account, notice_id: str, *, version: int) -> None:
        """Queue a notice for everybody whom it is for, once. Raises Conflict when it was changed or sent meanwhile,
        and InvalidInput while a language that has readers was not checked."""
        opened = await self.open(notice_id)
        notice = opened.notice
        if opened.unchecked and not notice.unchecked_japanese:
            raise InvalidInput(
                "Some languages were not checked yet; check them, or send Japanese to their readers.",
                key="disaster.error.unchecked",
            )
        if notice.version != version:
            raise _too_late()
        now = self._jobs.clock.now()
        async with self._database.write() as connection:
            wanted = await self._wanted(connection, notice)
            await self._change(
                connection,
                notice,
                state="draft",
                to="sending",
                sent_at=now,
                sent_by=account.display_name[:60],
            )
            waiting = await self._queue(connection, notice, opened.texts, wanted, now=now)
            disaster = await store.active_disaster(connection)
            if notice.check_in and disaster is not None:
                asked = [one.id for readers in wanted.values() for one in readers if one.reachable]
                await store.mark_asked(connection, disaster.id, asked, now=now)
            await store.note(connection, account, "notice_sent", now=now, subject=notice_id, people=waiting)
            await notices.end_if_over(connection, notice_id, now=now)
        self._jobs.hint(SEND)
        self._bus.publish(TOPIC)
        NOTICES.labels("sent").inc()

    async def _queue(
        self,
        connection: AsyncConnection,
        notice: Notice,
        found: Sequence[NoticeText],
        wanted: Mapping[str, Sequence[Reader]],
        *,
        now: dt.datetime,
    ) -> int:
        """Batches by language, each with its job; they come due one after another. Gives how many people wait."""
        by_language = {text.language: text for text in found}
        waiting = 0
        for language, readers in wanted.items():
            replies = self._replies(notice, by_language, language)
            reachable = [reader.id for reader in readers if reader.reachable]
            blocked = [reader.id for reader in readers if not reader.reachable]
            await notices.add_recipients(connection, _rows(notice.id, "", language, "blocked", blocked))
            for start in range(0, len(reachable), self._options.batch):
                ids = reachable[start : start + self._options.batch]
                batch_id = await notices.add_batch(
                    connection,
                    notice_id=notice.id,
                    language=language,
                    lines=[reply.line for reply in replies],
                    text="\n\n".join(reply.text for reply in replies),
                )
                await notices.add_recipients(connection, _rows(notice.id, batch_id, language, "queued", ids))
                due = now + dt.timedelta(seconds=waiting / self._options.people_per_s)
                await self._jobs.add(connection, queue=SEND, payload={"batch": batch_id}, available_at=due)
                waiting += len(ids)
        return waiting

    def _replies(self, notice: Notice, found: Mapping[str, NoticeText], language: str) -> list[Reply]:
        """The messages for readers of a language."""
        text = found.get(language)
        if text is not None and text.checked_by and text.text:
            words = text.text
            if text.source == "machine":
                words += "\n\n" + self._renderer.phrase("staff.machine_note", language)
        else:
            words = self._in_japanese(found, language)
        heading = self._renderer.phrase("disaster.notice.heading", language)
        said = Tell(
            texts={"ja": "{words}"},
            values=(("words", f"{heading}\n{words}"),),
            buttons=(SAFE_BUTTON, HELP_BUTTON) if notice.check_in else (),
        )
        sender = self._city.department(DEPARTMENT, language)
        return with_sender(self._renderer.render([said], language), sender)

    def _in_japanese(self, found: Mapping[str, NoticeText], language: str) -> str:
        """For a language that nobody checked: why it is Japanese, the words, and the same in Easy Japanese."""
        parts = (
            []
            if language.split("-")[0] == "ja"
            else [self._renderer.phrase("disaster.notice.unchecked", language)]
        )
        parts.append(found["ja"].text)
        easy = found.get(EASY)
        if language != EASY and easy is not None and easy.checked_by and easy.text:
            parts.append(easy.text)
        return "\n\n".join(parts)

    async def cancel(self, account: Account, notice_id: str) -> int:
        """Take back what is not sent yet; a draft goes entirely. Gives how many people that spares."""
        opened = await self.open(notice_id)
        if opened.notice.state not in ("draft", "sending"):
            raise _too_late()
        now = self._jobs.clock.now()
        async with self._database.write() as connection:
            await self._change(
                connection, opened.notice, state=opened.notice.state, to="cancelled", ended_at=now, trouble=""
            )
            spared = await notices.cancel_waiting(connection, notice_id)
            await store.note(
                connection, account, "notice_cancelled", now=now, subject=notice_id, people=spared
            )
        self._bus.publish(TOPIC)
        NOTICES.labels("cancelled").inc()
        return spared

    async def _change(
        self, connection: AsyncConnection, notice: Notice, *, state: str, **values: Any
    ) -> None:
        changed = await notices.change_notice(
            connection, notice.id, version=notice.version, state=state, **values
        )
        if not changed:
            raise _too_late()

    def _usable(self, text: str) -> str:
        text = text.replace("\r\n", "\n").strip()
        if not text:
            raise InvalidInput("Write the notice first.", key="disaster.error.empty")
        if len(text) > self._options.longest_notice:
            raise InvalidInput(
                f"A notice has at most {self._options.longest_notice} characters.",
                key="disaster.error.too_long",
                limit=self._options.longest_notice,
            )
        return text


def _rows(
    notice_id: str, batch_id: str, language: str, state: str, ids: Sequence[str]
) -> list[dict[str, str]]:
    row = {"notice_id": notice_id, "batch_id": batch_id, "language": language, "state": state}
    return [{**row, "resident_id": resident} for resident in ids]


def _too_late() -> Conflict:
    return Conflict("Somebody else changed the notice first; look again.", key="disaster.error.too_late")
