"""How long one caption takes: alone against the raw engine call, and while bulk work runs, with the loop's stalls."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from operator import truediv
from typing import Any

from benchmarks.translate.bench import Bench, Report, say
from benchmarks.translate.figures import milliseconds, percentile, ratio
from benchmarks.translate.ours import open_ours
from benchmarks.translate.sentences import captions, plain
from benchmarks.translate.sides import open_raw
from core.tasks import Tasks
from translation.service import Translator

PAIRS = (("ja", "en"), ("en", "ja"), ("en", "pt-BR"))
FIREFOX = ("en", "pt-BR")
IN_FLIGHT = 64  # bulk requests at any moment
TICK_S = 0.005
PAUSE_S = 0.05  # between captions under load: people do not speak faster
WARM_UP = 10
IDLE_S = 2.0


async def measure(bench: Bench) -> Report:
    """Every pair alone and with bulk work of its own pair, then the loop's stalls with Firefox bulk work."""
    async with open_ours(bench) as ours:
        found: Report = {f"{pair[0]}>{pair[1]}": await _pair(bench, ours, pair) for pair in PAIRS}
        found["event_loop_gap"] = await _stalls(bench, ours)
    return found


async def _pair(bench: Bench, ours: Translator, pair: tuple[str, str]) -> Report:
    say(f"latency: {pair[0]} → {pair[1]}")
    raw = open_raw(bench.models, pair)
    texts = iter(captions(pair[0]))
    for text in itertools.islice(texts, WARM_UP):
        await ours.translate(text, source=pair[0], target=pair[1], lane="live")
        raw.translate([text])
    alone: list[float] = []
    by_hand: list[float] = []
    for number, text in enumerate(itertools.islice(texts, bench.captions)):
        sides = (_caption(ours, text, pair, alone), _by_hand(raw, text, by_hand))
        for side in sides if number % 2 else sides[::-1]:
            await side
    loaded: list[float] = []
    async with bulk_work(ours, pair):
        await asyncio.sleep(10 * PAUSE_S)
        for text in itertools.islice(texts, bench.captions):
            await _caption(ours, text, pair, loaded)
            await asyncio.sleep(PAUSE_S)
    limit = statistics.median(by_hand)
    return {
        "raw_ms": milliseconds(by_hand),
        "alone_ms": milliseconds(alone),
        "under_load_ms": milliseconds(loaded),
        "alone_to_raw": ratio(statistics.median(alone), limit),
        "alone_to_raw_each": round(statistics.median(map(truediv, alone, by_hand)), 2),
        "under_load_p50_to_raw": ratio(statistics.median(loaded), limit),
        "under_load_p95_to_raw": ratio(percentile(loaded, 95), limit),
        "under_load_p95_to_raw_p95": ratio(
            percentile(loaded, 95),
            percentile(by_hand, 95),
        ),
    }


async def _caption(ours: Translator, text: str, pair: tuple[str, str], spent: list[float]) -> None:
    began = time.perf_counter()
    await ours.translate(text, source=pair[0], target=pair[1], lane="live")
    spent.append(time.perf_counter() - began)


async def _by_hand(raw: Any, text: str, spent: list[float]) -> None:
    began = time.perf_counter()
    raw.translate([text])
    spent.append(time.perf_counter() - began)


@asynccontextmanager
async def bulk_work(ours: Translator, pair: tuple[str, str]) -> AsyncIterator[None]:
    """`IN_FLIGHT` bulk sentences of this pair at any moment, never the same twice, for as long as it is open."""
    texts = _endless(pair[0])
    stopping = asyncio.Event()

    async def work() -> None:
        while not stopping.is_set():
            await ours.translate(next(texts), source=pair[0], target=pair[1], lane="bulk")

    tasks = Tasks()
    running = [tasks.spawn(f"bulk-{number}", work()) for number in range(IN_FLIGHT)]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*running)
        await tasks.close()


def _endless(language: str) -> Iterator[str]:
    """Different sentences without an end: two of them together once all were used."""
    sentences = plain(language)[::-1]
    yield from sentences
    separator = "" if language == "ja" else " "
    for one, other in itertools.permutations(sentences, 2):
        yield one + separator + other


async def _stalls(bench: Bench, ours: Translator) -> Report:
    """Gaps of a 5 ms ticker beyond its 5 ms: idle, and while Firefox translates in bulk."""
    say("latency: stalls of the event loop")
    idle = await _gaps(IDLE_S)
    async with bulk_work(ours, FIREFOX):
        await asyncio.sleep(0.5)
        busy = await _gaps(max(IDLE_S, bench.captions * PAUSE_S))
    return {"tick_ms": 1000 * TICK_S, "idle_ms": milliseconds(idle), "firefox_bulk_ms": milliseconds(busy)}


async def _gaps(seconds: float) -> list[float]:
    gaps, end = [], time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        await asyncio.sleep(TICK_S)
        gaps.append(time.perf_counter() - began - TICK_S)
    return gaps
