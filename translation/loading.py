"""Which models are in memory: loaded at first use, unloaded when idle or when others need the room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from core.clock import Clock
from core.log import get_logger
from core.metrics import counter, gauge
from core.tasks import Tasks
from translation.engine import TranslationEngine
from translation.errors import BrokenModel

log = get_logger(__name__)

LOADED = gauge("translation_models_loaded", "Models in memory")
BYTES = gauge("translation_model_bytes", "Memory that the loaded models take, estimated")
LOADS = counter("translation_loads", "Models loaded", ["engine"])
UNLOADS = counter("translation_unloads", "Models unloaded: idle, memory, removed or closing", ["reason"])
BROKEN = counter("translation_broken_models", "Models that did not load", ["engine"])

# Called when an engine can be used (None) or cannot be loaded (the reason).
Told = Callable[[TranslationEngine, BrokenModel | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadingOptions:
    """How long models stay, and how much memory they may take together."""

    idle_s: float = 1800.0  # seconds without work after which a model is unloaded
    memory_mb: int = 2048  # MiB of all loaded models, estimated; one that is larger loads alone


@dataclass(slots=True, eq=False)
class _Loaded:
    engine: TranslationEngine
    used_at: float  # seconds on the monotonic clock
    batches: int = 0  # that run now
    leaving: bool = False  # takes no further batch, because another model needs the room
    free: asyncio.Event = field(default_factory=asyncio.Event)


class LoadedModels:
    """Loads and unloads, one model at a time, on a thread of its own. Use from one event loop.

    A model that is decoding is never unloaded: one that has to leave takes no more batches, and leaves when the last
    has ended.
    """

    def __init__(self, options: LoadingOptions, clock: Clock, tasks: Tasks, tell: Told) -> None:
        self._limit = options.memory_mb << 20
        self._idle_s = options.idle_s
        self._clock = clock
        self._tasks = tasks
        self._tell = tell
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="translate-load")
        self._turn = asyncio.Lock()
        self._loaded: dict[TranslationEngine, _Loaded] = {}
        self._loading: set[TranslationEngine] = set()
        self._closed = False

    def ready(self, engine: TranslationEngine) -> bool:
        """May a batch begin now?"""
        held = self._loaded.get(engine)
        return held is not None and not held.leaving

    def want(self, engine: TranslationEngine) -> None:
        """Load it, unless that has begun; `tell` is called when it is done."""
        if engine in self._loading or self.ready(engine) or self._closed:
            return
        self._loading.add(engine)
        self._tasks.spawn("translation_load", self._load(engine))

    def hold(self, engine: TranslationEngine) -> None:
        """A batch begins."""
        held = self._loaded[engine]
        held.batches += 1
        held.free.clear()

    def release(self, engine: TranslationEngine) -> None:
        """A batch has ended."""
        held = self._loaded[engine]
        held.batches -= 1
        held.used_at = self._clock.monotonic()
        if held.batches == 0:
            held.free.set()

    async def unload_idle(self) -> None:
        """Unload what has had nothing to do for long enough."""
        latest = self._clock.monotonic() - self._idle_s
        async with self._turn:
            for held in [held for held in self._loaded.values() if held.used_at <= latest]:
                if held.batches == 0:
                    await self._unload(held, "idle")

    async def unload(self, engine: TranslationEngine) -> None:
        """Unload one whose files are gone, after its last batch."""
        async with self._turn:
            if held := self._loaded.get(engine):
                await self._unload(held, "removed")

    async def close(self) -> None:
        """Unload all, each after its last batch, and end the thread."""
        self._closed = True
        async with self._turn:
            for held in list(self._loaded.values()):
                await self._unload(held, "closing")
        self._thread.shutdown(wait=False)

    async def _load(self, engine: TranslationEngine) -> None:
        broken: BrokenModel | None = None
        async with self._turn:
            try:
                if self._closed:
                    return
                await self._make_room(engine)
                await self._run(engine.load)
                self._loaded[engine] = _Loaded(engine, self._clock.monotonic())
                self._loaded[engine].free.set()
                LOADS.labels(engine.name).inc()
                self._show()
            except Exception as error:
                broken = _broken(engine, error)
            finally:
                self._loading.discard(engine)
            # Before the next model gets its turn, which may need the room of this one.
            self._tell(engine, broken)

    async def _make_room(self, engine: TranslationEngine) -> None:
        """Unload the least recently used, those first that have nothing to do now."""
        while self._loaded and self._bytes() + engine.bytes_needed > self._limit:
            await self._unload(
                min(self._loaded.values(), key=lambda held: (held.batches > 0, held.used_at)), "memory"
            )
        if engine.bytes_needed > self._limit:
            log.warning(
                "model_exceeds_memory",
                engine=engine.name,
                needs_mb=engine.bytes_needed >> 20,
                limit_mb=self._limit >> 20,
            )

    async def _unload(self, held: _Loaded, reason: str) -> None:
        held.leaving = True
        await held.free.wait()
        await self._run(held.engine.unload)
        del self._loaded[held.engine]
        UNLOADS.labels(reason).inc()
        log.info("model_unloaded", engine=held.engine.name, reason=reason)
        self._show()

    async def _run(self, work: Callable[[], Any]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _bytes(self) -> int:
        return sum(engine.bytes_needed for engine in self._loaded)

    def _show(self) -> None:
        LOADED.set(len(self._loaded))
        BYTES.set(self._bytes())


def _broken(engine: TranslationEngine, error: Exception) -> BrokenModel:
    BROKEN.labels(engine.name).inc()
    log.error("model_broken", engine=engine.name, version=engine.version, reason=str(error))
    if isinstance(error, BrokenModel):
        return error
    return BrokenModel(f"A model of {engine.name} does not load ({error}); import it again.")
