"""Many callers, a few workers.

While the workers decode, sentences gather; a worker that is free takes the next batch. No timer is involved: a single
caller waits for nobody, and the more callers there are the larger the batches become. One worker is never given to
bulk work, so that a caption or a chat finds it free or nearly so.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from core.clock import Clock
from core.errors import Busy, Unavailable
from core.log import get_logger
from core.metrics import counter, gauge, histogram
from core.tasks import Tasks
from translation.engine import Output, Pair, TranslationEngine
from translation.errors import BrokenModel, EngineFailed
from translation.lanes import LANES, Waiting, WaitingRoom
from translation.loading import LoadedModels, LoadingOptions
from translation.model import Lane

log = get_logger(__name__)

STOPPING = "The translator is stopping; try again when the service is back."

WAITING = gauge("translation_waiting", "Sentences that wait for an engine", ["lane"])
RUNNING = gauge("translation_running", "Batches that are being decoded")
REFUSED = counter("translation_refused", "Sentences refused because the lane's queue was full", ["lane"])
LEFT = counter("translation_left", "Sentences whose callers all left before they were decoded", ["lane"])
BATCHES = histogram(
    "translation_batch_sentences", "Sentences in a batch", ["engine"], buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)
SECONDS = histogram("translation_batch_seconds", "Time that one batch takes", ["engine"])
FAILED = counter("translation_batch_failures", "Batches that failed and were tried again alone", ["engine"])
REUSED = counter("translation_reused", "Sentences answered from recent or running work", ["how"])
FORGOTTEN = counter("translation_recent_forgotten", "Recent sentences dropped because the cache was full")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchingOptions:
    """Limits of the queues in front of all engines."""

    bulk_batch: int = 2  # sentences of bulk work decoded together while captions come: they share the cores
    quiet_s: float = 10.0  # seconds without captions after which bulk work takes as much as the engine likes
    waiting_live: int = 500  # sentences of captions that may wait; more are refused
    waiting_chat: int = 2000  # sentences of chats that may wait
    waiting_bulk: int = 2000  # sentences of bulk work that may wait
    window: int = 128  # waiting sentences of one kind that are compared by length
    recent: int = 5000  # results kept
    recent_characters: int = 1_000_000  # of all results kept
    # Seconds after which a busy event loop lets another thread have Python's lock. At Python's own 0.005 a worker
    # would stand still while the answers of the last batch are looked at.
    switch_s: float = 0.0005

    def waiting(self, lane: Lane) -> int:
        """The limit of one lane."""
        return {"live": self.waiting_live, "chat": self.waiting_chat, "bulk": self.waiting_bulk}[lane]


class Group(NamedTuple):
    """What may go into one batch: an engine, one of its pairs or all (None), and how careful it is to be."""

    runner: EngineRunner
    pair: Pair | None
    careful: bool


class _Key(NamedTuple):
    engine: str
    version: str
    text: str
    pair: Pair
    careful: bool


@dataclass(slots=True, eq=False)
class _Sentence(Waiting[Group]):
    """A sentence that waits or is being decoded, and who asked for it."""

    key: _Key = field(kw_only=True)
    callers: dict[asyncio.Future[Output], Lane] = field(default_factory=dict)
    runs: bool = False


class EngineRunner:
    """One engine, as its callers see it."""

    def __init__(self, engine: TranslationEngine, scheduler: Scheduler) -> None:
        self.engine = engine
        self.broken: BrokenModel | None = None  # why routes should leave it out
        self.broken_at = 0.0  # seconds on the monotonic clock
        self.running = 0  # batches
        self.running_bulk = 0
        self._scheduler = scheduler
        self._batch_sizes = BATCHES.labels(engine.name)
        self._seconds = SECONDS.labels(engine.name)

    def translate(
        self, sentence: str, pair: Pair, *, lane: Lane, careful: bool = False
    ) -> Coroutine[Any, Any, Output]:
        """One sentence. Identical sentences are decoded once; `Busy` when too many wait in the lane, `BrokenModel`
        when the model does not load, `EngineFailed` when the engine died of the sentence twice."""
        return self._scheduler.translate(self, sentence, pair, lane, careful)

    def limit(self, lane: Lane) -> int:
        """How many sentences the engine takes in one batch now; 0 where its workers have all they should."""
        if self.running >= self.engine.workers:
            return 0
        if lane == "bulk" and self.running_bulk >= max(1, self.engine.workers - 1):
            return 0
        return self.engine.batch

    def begin(self, lane: Lane) -> None:
        """A batch goes to a worker."""
        self.running += 1
        self.running_bulk += lane == "bulk"

    def end(self, lane: Lane) -> None:
        """It has come back."""
        self.running -= 1
        self.running_bulk -= lane == "bulk"

    def note(self, sentences: int, seconds: float) -> None:
        """Keep the figures of a batch. From any thread."""
        self._batch_sizes.observe(sentences)
        self._seconds.observe(seconds)


class Scheduler:
    """The queue in front of all engines, and the threads that decode. Use from one event loop."""

    def __init__(
        self, options: BatchingOptions, loading: LoadingOptions, tasks: Tasks, clock: Clock, *, parallel: int
    ) -> None:
        """`parallel` is how many batches are decoded at once, over all engines."""
        self._options = options
        self._clock = clock
        self._parallel = parallel
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="translate")
        self._room: WaitingRoom[Group] = WaitingRoom(options.window)
        self._sentences: dict[_Key, _Sentence] = {}
        self._recent = _Recent(options.recent, options.recent_characters)
        self._runners: dict[TranslationEngine, EngineRunner] = {}
        self._running: dict[Lane, int] = dict.fromkeys(LANES, 0)  # batches
        self._held_back: deque[tuple[_Sentence, Output | BaseException]] = deque()
        self._live_at = -math.inf  # when the last caption came, in seconds on the monotonic clock
        self._called = False
        self._closed = False
        self.models = LoadedModels(loading, clock, tasks, self._model_is_there)
        for lane in LANES:
            WAITING.labels(lane).set_function(partial(self._room.size, lane))
        RUNNING.set_function(self._batches)
        sys.setswitchinterval(min(options.switch_s, sys.getswitchinterval()))

    def runner(self, engine: TranslationEngine) -> EngineRunner:
        """The way to an engine; the same one each time."""
        if engine not in self._runners:
            self._runners[engine] = EngineRunner(engine, self)
        return self._runners[engine]

    async def translate(
        self, runner: EngineRunner, text: str, pair: Pair, lane: Lane, careful: bool
    ) -> Output:
        """See `EngineRunner.translate`."""
        if self._closed:
            raise Unavailable(STOPPING)
        key = _Key(runner.engine.name, runner.engine.version, text, pair, careful)
        if (recent := self._recent.get(key)) is not None:
            REUSED.labels("recent").inc()
            return recent
        sentence = self._join(runner, key, lane)
        future: asyncio.Future[Output] = asyncio.get_running_loop().create_future()
        sentence.callers[future] = lane
        try:
            return await future
        finally:
            del sentence.callers[future]
            if future.cancelled() and not sentence.runs and self._sentences.get(key) is sentence:
                self._caller_left(sentence)

    def _join(self, runner: EngineRunner, key: _Key, lane: Lane) -> _Sentence:
        sentence = self._sentences.get(key)
        if sentence is not None:
            REUSED.labels("running").inc()
            if not sentence.runs and LANES.index(lane) < LANES.index(sentence.lane):
                self._room.move(sentence, lane)
            return sentence
        if self._room.size(lane) >= self._options.waiting(lane):
            REFUSED.labels(lane).inc()
            raise Busy("Too many texts wait for translation; try again in a moment.")
        group = Group(runner, None if runner.engine.mixes_pairs else key.pair, key.careful)
        sentence = _Sentence(group, len(key.text), lane, key=key)
        self._sentences[key] = sentence
        self._room.add(sentence)
        if lane == "live":
            self._live_at = self._clock.monotonic()
        if lane == "live" or self._room.size(lane) >= runner.engine.batch:
            # A caption waits for nobody, and a full batch is decoded while others are still being prepared.
            self._start_batches()
        else:
            self._start_soon()  # whoever is about to ask in this turn of the loop comes along
        return sentence

    def _caller_left(self, sentence: _Sentence) -> None:
        """Without callers a sentence leaves; with less urgent ones only, it waits where they do."""
        if not sentence.callers:
            LEFT.labels(sentence.lane).inc()
            self._room.remove(sentence)
            del self._sentences[sentence.key]
        else:
            lane = min(sentence.callers.values(), key=LANES.index)
            if lane != sentence.lane:
                self._room.move(sentence, lane)

    def _start_soon(self) -> None:
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._called_to_start)

    def _called_to_start(self) -> None:
        self._called = False
        self._start_batches()

    def _start_batches(self) -> None:
        while self._batches() < self._parallel and (batch := self._room.take(self._limit)):
            self._start(batch)  # type: ignore[arg-type]
        for group in self._room.groups():
            self.models.want(group.runner.engine)

    def _batches(self) -> int:
        """How many run."""
        return sum(self._running.values())

    def _limit(self, group: Group, lane: Lane) -> int:
        if not self.models.ready(group.runner.engine):
            return 0
        limit = group.runner.limit(lane)
        if lane != "bulk":
            return self._share(group, lane, limit)
        if not self._bulk_may_begin():
            return 0
        quiet = self._clock.monotonic() - self._live_at >= self._options.quiet_s
        return limit if quiet else min(limit, self._options.bulk_batch)

    def _share(self, group: Group, lane: Lane, limit: int) -> int:
        """What does not fill a batch is parted among the workers that are free: two cores are done sooner than one."""
        waiting = self._room.waiting(group, lane)
        free = min(self._parallel - self._batches(), group.runner.engine.workers - group.runner.running)
        return -(-waiting // free) if 0 < waiting < limit and free > 0 else limit

    def _bulk_may_begin(self) -> bool:
        """Bulk work leaves one worker free, and begins nothing while a caption is decoded: it would share the cores
        with it. Passed over too often, it goes ahead all the same."""
        if self._running["bulk"] >= max(1, self._parallel - 1):
            return False
        return not self._running["live"] or self._room.is_late("bulk")

    def _start(self, batch: list[_Sentence]) -> None:
        runner, lane = batch[0].group.runner, batch[0].lane
        loop = asyncio.get_running_loop()
        self._threads.submit(
            _work,
            runner,
            batch,
            self._clock,
            lambda results: _tell(loop, self._ended, batch, lane, results),
        )
        for sentence in batch:
            sentence.runs = True
        self._running[lane] += 1
        runner.begin(lane)
        self.models.hold(runner.engine)

    def _ended(
        self,
        batch: list[_Sentence],
        lane: Lane,
        results: Sequence[Output | BaseException],
    ) -> None:
        runner = batch[0].group.runner
        self._running[lane] -= 1
        runner.end(lane)
        self.models.release(runner.engine)
        if isinstance(results[0], BrokenModel):
            runner.broken, runner.broken_at = results[0], self._clock.monotonic()
        if lane != "live" or self._room.size(lane):
            self._start_batches()
        answers = list(zip(batch, results, strict=True))
        if lane == "bulk":
            begun = bool(self._held_back)
            self._held_back.extend(answers)
            if not begun:
                self._answer_bulk()
            return
        for sentence, result in answers:
            self._answer(sentence, result)
        self._start_soon()  # after a caption has been looked at; perhaps it is to be decoded once more
        if lane == "live" and self._held_back:
            asyncio.get_running_loop().call_soon(self._answer_bulk)

    def _answer_bulk(self) -> None:
        """One answer to bulk work, and the next in a later turn of the loop: each sets off work on the event loop, and
        a caption would have to wait for all of it. While a caption is decoded the rest waits for its end."""
        if self._held_back:
            self._answer(*self._held_back.popleft())
        if self._held_back and not self._running["live"]:
            asyncio.get_running_loop().call_soon(self._answer_bulk)

    def _answer(self, sentence: _Sentence, result: Output | BaseException) -> None:
        self._sentences.pop(sentence.key, None)
        if isinstance(result, Output):
            self._recent.put(sentence.key, result)
        for future in sentence.callers:
            if future.done():
                continue
            if isinstance(result, Output):
                future.set_result(result)
            else:
                future.set_exception(result)
                future.exception()  # the caller may be leaving this very moment; then nobody is to be told

    def _model_is_there(self, engine: TranslationEngine, broken: BrokenModel | None) -> None:
        runner = self._runners[engine]
        runner.broken, runner.broken_at = broken, self._clock.monotonic()
        if broken is not None:
            self._refuse(
                [
                    sentence
                    for sentence in self._sentences.values()
                    if sentence.group.runner is runner and not sentence.runs
                ],
                broken,
            )
        self._start_batches()

    def _refuse(self, sentences: list[_Sentence], error: Exception) -> None:
        for sentence in sentences:
            if not sentence.runs:
                self._room.remove(sentence)
            self._answer(sentence, error)

    async def close(self) -> None:
        """Unload the models after the batches that run, and end the threads. Callers get `Unavailable`."""
        if self._closed:
            return
        self._closed = True
        self._refuse(list(self._sentences.values()), Unavailable(STOPPING))
        self._held_back.clear()
        await self.models.close()
        self._threads.shutdown(wait=False)


class _Recent:
    """The results used last."""

    def __init__(self, results: int, characters: int) -> None:
        self._results = results
        self._characters = characters
        self._held: OrderedDict[_Key, Output] = OrderedDict()
        self._size = 0

    def get(self, key: _Key) -> Output | None:
        if (found := self._held.get(key)) is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: _Key, output: Output) -> None:
        if (old := self._held.pop(key, None)) is not None:
            self._size -= _size(key, old)
        self._held[key] = output
        self._size += _size(key, output)
        while self._held and (len(self._held) > self._results or self._size > self._characters):
            self._size -= _size(*self._held.popitem(last=False))
            FORGOTTEN.inc()


def _size(key: _Key, output: Output) -> int:
    return len(key.text) + len(output.text) + sum(len(other.text) for other in output.others)


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: object) -> None:
    """Call back on the loop. A loop that ended meanwhile has nobody left who wants the answer."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *arguments)


def _work(
    runner: EngineRunner,
    batch: Sequence[_Sentence],
    clock: Clock,
    ended: Callable[[Sequence[Output | BaseException]], object],
) -> None:
    """Decode a batch on a worker's thread and tell the event loop of it."""
    began = clock.monotonic()
    results: Sequence[Output | BaseException]
    try:
        results = _decode(runner.engine, batch)
    except BaseException as error:
        results = [error] * len(batch)
    with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
        ended(results)
    runner.note(len(batch), clock.monotonic() - began)


def _decode(engine: TranslationEngine, batch: Sequence[_Sentence]) -> list[Output | Exception]:
    """Decode a batch, on a worker's thread. Where it fails, each sentence is tried once more alone, so that one that
    kills the engine does not take the others along."""
    careful = batch[0].key.careful
    try:
        return [
            *engine.translate_batch(
                [sentence.key.text for sentence in batch],
                [sentence.key.pair for sentence in batch],
                careful=careful,
            )
        ]
    except BrokenModel:
        raise
    except Exception as error:
        FAILED.labels(engine.name).inc()
        log.warning("batch_failed", engine=engine.name, sentences=len(batch), error=type(error).__name__)
    return [_decode_alone(engine, sentence) for sentence in batch]


def _decode_alone(engine: TranslationEngine, sentence: _Sentence) -> Output | Exception:
    try:
        (output,) = engine.translate_batch(
            [sentence.key.text], [sentence.key.pair], careful=sentence.key.careful
        )
    except BrokenModel:
        raise
    except EngineFailed as error:
        return error
    except Exception as error:
        log.error("sentence_failed", engine=engine.name, error=type(error).__name__)
        return EngineFailed("The translation engine could not work on this text; change it and try again.")
    return output
