"""Many callers, one engine at a time.

Each engine has a thread of its own. While it works, sentences gather; when it is free it takes the next batch. No
timer is involved: a single caller waits for nobody, and the more callers there are the larger the batches become.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from core.errors import Busy, Unavailable
from core.metrics import counter, gauge, histogram
from core.tasks import Tasks
from translation.engine import Output, Pair, TranslationEngine
from translation.model import Lane

LANES: tuple[Lane, ...] = ("live", "chat", "bulk")
# Every so many batches, the lane that waits longest behind the others goes first.
UPSIDE_DOWN_EVERY = 4
STOPPING = "The translator is stopping; try again when the service is back."

WAITING = gauge("translation_waiting", "Sentences that wait for an engine", ["engine"])
REFUSED = counter("translation_refused", "Sentences refused because the queue was full", ["engine"])
BATCHES = histogram(
    "translation_batch_sentences", "Sentences in a batch", ["engine"], buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)
SECONDS = histogram("translation_batch_seconds", "Time that one batch takes", ["engine"])
REUSED = counter("translation_reused", "Sentences answered from recent or running work", ["how"])
FORGOTTEN = counter("translation_recent_forgotten", "Recent sentences dropped because the cache was full")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchingOptions:
    """Limits of one engine's queue."""

    batch: int = 32  # sentences decoded together at most
    bulk_batch: int = 4  # bulk work fills a batch up to this: a caption may have to wait for it
    waiting: int = 2000  # sentences that may wait; more are refused
    recent: int = 2000  # results kept


_Key = tuple[str, Pair, bool]


@dataclass(slots=True, eq=False)
class _Entry:
    key: _Key
    future: asyncio.Future[Output]
    callers: int = 0
    lanes: set[Lane] = field(default_factory=set)


class EngineRunner:
    """The queue in front of one engine. Use from one event loop."""

    def __init__(
        self, engine: TranslationEngine, options: BatchingOptions, tasks: Tasks, gate: asyncio.Semaphore
    ) -> None:
        self.engine = engine
        self._options = options
        self._tasks = tasks
        self._gate = gate  # bounds how many engines decode at once
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"translate-{engine.name}")
        self._lanes: dict[Lane, deque[_Entry]] = {lane: deque() for lane in LANES}
        self._entries: dict[_Key, _Entry] = {}
        self._recent: OrderedDict[_Key, Output] = OrderedDict()
        self._working = False
        self._closed = False
        self._turn = 0

    async def translate(self, sentence: str, pair: Pair, *, lane: Lane, careful: bool = False) -> Output:
        """One sentence. Identical sentences are decoded once; `Busy` when too many wait."""
        key = (sentence, pair, careful)
        if (recent := self._recent.get(key)) is not None:
            self._recent.move_to_end(key)
            REUSED.labels("recent").inc()
            return recent
        entry = self._join(key, lane)
        entry.callers += 1
        try:
            return await asyncio.shield(entry.future)
        finally:
            entry.callers -= 1

    async def translate_many(
        self, sentences: Sequence[str], pair: Pair, *, lane: Lane, careful: bool = False
    ) -> list[Output]:
        """Several sentences of one caller, in order."""
        return await asyncio.gather(
            *(self.translate(sentence, pair, lane=lane, careful=careful) for sentence in sentences)
        )

    def _join(self, key: _Key, lane: Lane) -> _Entry:
        if self._closed:
            raise Unavailable(STOPPING)
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= self._options.waiting:
                REFUSED.labels(self.engine.name).inc()
                raise Busy("Too many texts wait for translation; try again in a moment.")
            entry = _Entry(key, asyncio.get_running_loop().create_future())
            self._entries[key] = entry
        else:
            REUSED.labels("running").inc()
        if lane not in entry.lanes:
            entry.lanes.add(lane)
            self._lanes[lane].append(entry)
        if not self._working:
            self._working = True
            self._tasks.spawn("translation_batches", self._work())
        return entry

    async def _work(self) -> None:
        try:
            await asyncio.sleep(0)  # whoever is about to ask in this turn of the loop comes along
            while batch := self._take():
                await self._decode(batch)
        finally:
            self._working = False

    def _take(self) -> list[_Entry]:
        """The next sentences to decode together: one pair, one mode, most urgent lanes first."""
        self._turn += 1
        order = LANES if self._turn % UPSIDE_DOWN_EVERY else LANES[::-1]
        batch: list[_Entry] = []
        for lane in order:
            kept: deque[_Entry] = deque()
            queue = self._lanes[lane]
            while queue and len(batch) < self._limit(lane):
                entry = queue.popleft()
                if entry.key not in self._entries or entry in batch:
                    continue  # decoded for another lane
                if entry.callers == 0:
                    self._drop(entry)  # everybody who asked has gone
                elif not batch or entry.key[1:] == batch[0].key[1:]:
                    batch.append(entry)
                else:
                    kept.append(entry)
            kept.extend(queue)
            self._lanes[lane] = kept
        WAITING.labels(self.engine.name).set(len(self._entries) - len(batch))
        return batch

    def _limit(self, lane: Lane) -> int:
        return self._options.bulk_batch if lane == "bulk" else self._options.batch

    def _drop(self, entry: _Entry) -> None:
        del self._entries[entry.key]
        entry.future.cancel()

    async def _decode(self, batch: list[_Entry]) -> None:
        sentences = [entry.key[0] for entry in batch]
        _, pair, careful = batch[0].key
        BATCHES.labels(self.engine.name).observe(len(batch))
        loop = asyncio.get_running_loop()
        try:
            async with self._gate:
                with SECONDS.labels(self.engine.name).time():
                    outputs = await loop.run_in_executor(
                        self._thread,
                        lambda: self.engine.translate_batch(sentences, pair, careful=careful),
                    )
        except BaseException as error:
            self._fail(batch, error)
            if not isinstance(error, Exception):
                raise
            return
        for entry, output in zip(batch, outputs, strict=True):
            self._entries.pop(entry.key, None)
            self._remember(entry.key, output)
            if not entry.future.done():
                entry.future.set_result(output)

    def _fail(self, batch: list[_Entry], error: BaseException) -> None:
        for entry in batch:
            self._entries.pop(entry.key, None)
            if entry.future.done():
                continue
            if isinstance(error, Exception):
                entry.future.set_exception(error)
                entry.future.exception()  # the callers may all have gone; then nobody is to be told
            else:
                entry.future.cancel()

    def _remember(self, key: _Key, output: Output) -> None:
        self._recent[key] = output
        while len(self._recent) > self._options.recent:
            self._recent.popitem(last=False)
            FORGOTTEN.inc()

    async def close(self) -> None:
        """Unload the model on its own thread and end the thread. Callers that wait get `Unavailable`."""
        if self._closed:
            return
        self._closed = True
        self._fail(list(self._entries.values()), Unavailable(STOPPING))
        await asyncio.get_running_loop().run_in_executor(self._thread, self.engine.unload)
        self._thread.shutdown(wait=False)
