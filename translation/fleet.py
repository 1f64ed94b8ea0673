"""The engines at hand, and which of them lead from one language to another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from core.log import get_logger
from translation.batching import EngineRunner, Scheduler
from translation.engine import Pair, TranslationEngine
from translation.routes import Candidate, Quality, Route, find_route

log = get_logger(__name__)


class EngineSource(Protocol):
    """Where engines come from while the service runs. Both methods block."""

    def changed(self) -> bool:
        """Is anything other than when `engines` was called last?"""
        ...

    def engines(self) -> Sequence[TranslationEngine]:
        """All engines; one that was there before is the same object."""
        ...


class Fleet:
    """Engines come and go; a route never leads over one whose model does not load."""

    def __init__(self, scheduler: Scheduler, quality: Quality, engines: Sequence[TranslationEngine]) -> None:
        self.runners: list[EngineRunner] = []  # a candidate's index is its place here; only ever appended to
        self._scheduler = scheduler
        self._quality = quality
        self._engines: list[TranslationEngine] = []
        self._candidates: list[Candidate] = []
        self._routes: dict[Pair, Route | None] = {}
        self._install(engines)

    def route(self, source: str, target: str) -> Route | None:
        """The best way with the models that are there and not broken."""
        pair = source, target
        if pair not in self._routes or self._is_broken(self._routes[pair]):
            usable = (one for one in self._candidates if self.runners[one.index].broken is None)
            self._routes[pair] = find_route(source, target, usable, self._quality)
        return self._routes[pair]

    def _is_broken(self, route: Route | None) -> bool:
        return route is not None and any(self.runners[hop.index].broken for hop in route.hops)

    def forgive(self, before: float) -> None:
        """Give models that were found broken `before` (seconds on the monotonic clock) another chance: perhaps
        memory was short, or the files are whole again."""
        for runner in self.runners:
            if runner.broken is not None and runner.broken_at <= before:
                runner.broken = None
                self._routes = {}

    async def refresh(self, source: EngineSource) -> None:
        """Take in the models that came, let go of those that went, and give broken ones another chance, if anything
        has changed."""
        if not await asyncio.to_thread(source.changed):
            return
        engines = await asyncio.to_thread(source.engines)
        gone = set(self._engines) - set(engines)
        self._install(engines)
        log.info("models_changed", models=len(engines), gone=len(gone))
        for engine in gone:
            await self._scheduler.models.unload(engine)

    def _install(self, engines: Sequence[TranslationEngine]) -> None:
        self._engines = list(engines)
        self._candidates = []
        self._routes = {}
        for engine in engines:
            runner = self._scheduler.runner(engine)
            runner.broken = None
            if runner not in self.runners:
                self.runners.append(runner)
            version = engine.version.partition("+")[0]
            index = self.runners.index(runner)
            self._candidates += [
                Candidate(index, engine.name, version, pair) for pair in sorted(engine.pairs)
            ]
