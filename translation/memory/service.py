"""The translation memory as the rest of the house uses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from core.bus import Bus
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, InvalidInput, NotFound, TooLarge
from core.log import get_logger
from core.metrics import counter, histogram
from core.tasks import Tasks
from translation.facts import mask
from translation.languages import language
from translation.memory import store
from translation.memory.index import Entry, Index, entry_of
from translation.memory.likeness import LikenessThread
from translation.memory.model import Draft, Match, Origin, Suggestion, Unit
from translation.memory.store import Change, Selection
from translation.memory.wording import key_of, storable

log = get_logger(__name__)

TOPIC = "memory"  # hints that units changed
LISTED = 500  # units in one answer of a search, at most

MATCHES = counter("memory_matches", "Sentences that a human unit answered", ["facts"])
_SAME, _OTHER = MATCHES.labels("same"), MATCHES.labels("other")
SUGGEST_SECONDS = histogram("memory_suggest_seconds", "Looking for units with similar words")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryOptions:
    """Limits of the memory."""

    units: int = 200_000  # held in each process; the newest, human ones first
    longest_text: int = 2_000  # characters of a source or a target text
    poll_s: float = 2.0  # between looks at the table when no hint comes
    chunk: int = 500  # rows read or written at once
    suggestions: int = 20  # at most, for one text
    waiting: int = 32  # searches for similar units at once; one runs, the others wait


class Memory:
    """Finds, learns and forgets units. Open it before use; `close` it in the end.

    The table is the truth. This process looks at it again at a hint on the bus and every `poll_s` seconds.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        options: MemoryOptions = MemoryOptions(),
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self.options = options
        self._tasks = tasks
        self._index = Index(options.units)
        self._seen = 0  # the position of the last change that the index has
        self._looking = asyncio.Lock()
        self._keys = ThreadPoolExecutor(1, thread_name_prefix="memory-keys")
        self._likeness = LikenessThread(options.waiting)
        self._following: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Load the units and keep up with changes from now on."""
        await self.refresh()
        log.info("memory_loaded", units=len(self._index))
        self._following = self._tasks.keep("memory", self._follow)

    async def close(self) -> None:
        """Stop following changes."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
        self._keys.shutdown(wait=False, cancel_futures=True)
        self._likeness.close()

    async def _follow(self) -> None:
        with self._bus.subscribe(TOPIC) as hint:
            while True:
                await self.refresh()
                await hint.wait(self.options.poll_s)

    # Looking

    def find(self, text: str, source: str, target: str) -> Match | None:
        """The human unit with the same words as `text`, its facts replaced by those of `text`; None where there is
        none, or where a fact would not come through for certain."""
        if len(text) > self.options.longest_text:
            return None
        match = self._index.find(text, source, target)
        if match is not None:
            (_SAME if match.exact else _OTHER).inc()
        return match

    async def suggest(
        self, text: str, source: str, target: str, *, limit: int = 3, floor: float = 0.7
    ) -> list[Suggestion]:
        """Units of the pair, in either direction, at least `floor` of whose words are those of `text`; the most
        similar first, human before machine. Raises `Busy`."""
        if len(text) > self.options.longest_text or not text.strip():
            return []
        masked = mask(text)
        with SUGGEST_SECONDS.time():
            return await self._likeness.suggest(
                masked, (source, target), self._index, min(limit, self.options.suggestions), floor
            )

    async def search(
        self, *, words: str = "", source: str = "", target: str = "", after: str = "", limit: int = 50
    ) -> list[Unit]:
        """Units that have all of `words` somewhere, the newest first; `after` is the id of the last one seen."""
        wanted = tuple(storable(words[:200]).split()[:10])
        selection = Selection(words=wanted, source=storable(source), target=storable(target))
        async with self._database.read() as connection:
            return await store.list_units(
                connection, selection, after=storable(after), limit=min(limit, LISTED)
            )

    async def get(self, id: str) -> Unit:
        """The unit. Raises `NotFound`."""
        async with self._database.read() as connection:
            unit = await store.find_unit(connection, storable(id))
        if unit is None:
            raise NotFound("There is no such unit in the translation memory.")
        return unit

    # Changing

    async def learn(
        self,
        *,
        source: str,
        target: str,
        source_text: str,
        target_text: str,
        author: str,
        came_from: str,
        origin: Origin = "human",
    ) -> Unit:
        """Store a translation, in place of the unit of the same wording, pair and origin. `find` gives it when this
        returns; in other processes a moment later.

        A My Number is masked first. Raises `UnknownLanguage`, `InvalidInput` for an empty text or one language on
        both sides, and `TooLarge`.
        """
        async with self._database.write() as connection:
            unit = await self.learn_in(
                connection,
                source=source,
                target=target,
                source_text=source_text,
                target_text=target_text,
                author=author,
                came_from=came_from,
                origin=origin,
            )
        await self.committed()
        return unit

    async def learn_in(
        self,
        connection: AsyncConnection,
        *,
        source: str,
        target: str,
        source_text: str,
        target_text: str,
        author: str,
        came_from: str,
        origin: Origin = "human",
    ) -> Unit:
        """`learn` inside the caller's transaction, as its last step: until it ends no other unit can be written. Call
        `committed` after the commit."""
        draft = self._checked(
            Draft(
                source=source,
                target=target,
                source_text=source_text,
                target_text=target_text,
                origin=origin,
                author=author,
                came_from=came_from,
            )
        )
        [unit] = await store.put_units(connection, [draft], now=self._clock.now())
        return unit

    def _checked(self, draft: Draft) -> Draft:
        """A draft as it may be stored. No time lies ahead of our clock: it would make the unit win for ever."""
        if language(draft.source) == language(draft.target):
            raise InvalidInput("A unit needs two languages.")
        now = self._clock.now()
        return replace(
            draft,
            source_text=self._text(draft.source_text),
            target_text=self._text(draft.target_text),
            author=storable(draft.author)[:60],
            came_from=storable(draft.came_from)[:200],
            created_at=min(draft.created_at or now, now),
            updated_at=min(draft.updated_at or now, now),
        )

    def _text(self, text: str) -> str:
        kept = mask(storable(text))
        if len(kept) > self.options.longest_text:
            raise TooLarge(f"A text of the memory has at most {self.options.longest_text} characters.")
        if not key_of(kept).strip("?"):
            raise InvalidInput("A unit needs words in both languages.")
        return kept

    async def learn_many(self, drafts: Sequence[Draft]) -> int:
        """Store many units in one transaction; one that changed later than its draft stays as it is. Of two with the
        same wording the later one counts. Gives how many were written; `find` has them at the next look.

        Keep it to `options.chunk` at once: until it ends nobody else can write. Raises what `learn` raises.
        """
        checked = [self._checked(draft) for draft in drafts]
        async with self._database.write() as connection:
            units = await store.put_units(connection, checked, now=self._clock.now(), keep_newer=True)
        self._bus.publish(TOPIC)
        return len(units)

    async def change(self, id: str, *, source_text: str, target_text: str, author: str) -> Unit:
        """Give a unit other texts. A person did it, so it counts as human from now on.

        Raises `NotFound`, `Conflict` where another human unit has the new wording, and what `learn` raises.
        """
        source_text, target_text = self._text(source_text), self._text(target_text)
        async with self._database.write() as connection:
            unit = await store.find_unit(connection, storable(id))
            if unit is None:
                raise NotFound("There is no such unit in the translation memory.")
            unit = replace(
                unit,
                source_text=source_text,
                target_text=target_text,
                origin="human",
                author=storable(author)[:60],
                updated_at=self._clock.now(),
            )
            if not await store.rewrite_unit(connection, unit):
                raise Conflict("Another unit has this wording already; change that one.")
        await self.committed()
        return unit

    async def forget(self, id: str) -> None:
        """Erase a unit. Raises `NotFound`."""
        async with self._database.write() as connection:
            if not await store.forget_unit(connection, storable(id), now=self._clock.now()):
                raise NotFound("There is no such unit in the translation memory.")
        await self.committed()

    async def forget_in(
        self, connection: AsyncConnection, *, source: str, target: str, source_text: str, came_from: str
    ) -> bool:
        """Erase, inside the caller's transaction, the human unit of this wording if it came from `came_from`; what was
        learnt elsewhere since stays. False where there is none. Call `committed` after the commit."""
        unit = await store.find_wording(
            connection, source=source, target=target, source_text=mask(storable(source_text)), origin="human"
        )
        if unit is None or unit.came_from != came_from:
            return False
        return await store.forget_unit(connection, unit.id, now=self._clock.now())

    async def units(
        self, *, source: str = "", target: str = "", origin: Origin | None = None
    ) -> AsyncIterator[Unit]:
        """Every unit, the oldest first, read in chunks; also those that the index has no room for."""
        selection = Selection(source=source, target=target, origin=origin)
        after = ""
        while True:
            async with self._database.read() as connection:
                found = await store.list_units(
                    connection, selection, after=after, limit=self.options.chunk, oldest_first=True
                )
            for unit in found:
                yield unit
            if len(found) < self.options.chunk:
                return
            after = found[-1].id

    # Keeping up

    async def committed(self) -> None:
        """Take in what was changed, once its transaction is committed, and tell the others. Changes are taken in by
        their rows' order alone: one of our own that another followed must not come after it."""
        await self.refresh()
        self._bus.publish(TOPIC)

    async def refresh(self) -> None:
        """Take in everything that was committed before this call."""
        while True:
            async with self._looking:
                async with self._database.read() as connection:
                    changes = await store.changes_after(connection, self._seen, limit=self.options.chunk)
                if changes:
                    await self._take_in(changes)
                    self._seen = changes[-1].position
            if len(changes) < self.options.chunk:
                return

    async def _take_in(self, changes: Sequence[Change]) -> None:
        units = [change.unit for change in changes if change.unit is not None]
        entries = await asyncio.get_running_loop().run_in_executor(self._keys, _entries, units)
        gone = [change.id for change in changes]
        for change in changes:
            entry = entries.get(change.id)
            if entry is None:
                self._index.remove(change.id)
            else:
                gone += [unit.id for unit in self._index.put(entry)]
        self._index.show()
        self._likeness.update(gone, [unit for unit in units if unit.id in self._index])


def _entries(units: Sequence[Unit]) -> dict[str, Entry]:
    return {unit.id: entry_of(unit) for unit in units}
